// SPDX-License-Identifier: Apache-2.0
// The system of actors at the other end of a link: what both sides have in
// common. A parent has a child_process for it, a child a parent_process.
//
// An actor of the other side is here a cell with a far_behaviour, which sends
// what it gets over the link. It keeps each message until the other side says
// what became of it (receipt), and has a few under way only; so mailboxes fill
// up, and slow senders down, as they do within a process.
//
// Actors have numbers. A side numbers those of its own that it has told of
// (exports), and calls those of the other by the other's numbers (imports). One
// that a parent has spawned in a child is the same actor on both sides: it has
// one number, with the top bit, in the exports of both. So a ref that comes
// home is the ref that was sent.
//
// Any thread may call what is public, unless it says something else.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/actor_system.hpp"
#include "pybridge/data/rewrite_symbols.hpp"
#include "pybridge/data/shared_buffer.hpp"
#include "pybridge/process/exports.hpp"
#include "pybridge/process/link.hpp"
#include "pybridge/process/peer_symbols.hpp"
#include "pybridge/process/receipt.hpp"

namespace troupe {

class far_behaviour;
struct peer_gone;

/// What an order asks of an actor.
enum class far_order : std::uint8_t {
  stop,
  drain,
  terminate,
  halt,
  kill,
  count_
};

class peer : public turn_listener, protected link_listener {
public:
  /// The system must outlive the link.
  peer(actor_system& system, descriptor socket);

  /// Once. Throws std::system_error.
  void start() { link_->start(ref_ptr<ref_counted>{this}, *this); }

  actor_system& system() const noexcept { return system_; }
  bool ended() const noexcept { return link_->ended(); }
  /// For people: "process 4711".
  virtual std::string describe() const = 0;
  /// What memory the other side maps of this one.
  virtual mappable is_trusted() const noexcept = 0;
  /// Whether this side notes the dead letters of both.
  virtual bool counts_dead_letters() const noexcept = 0;

  // --- For the far_behaviours here ---

  /// A frame with `e` for the actor `target`. Fails if something in it can't
  /// cross. Leaves `e` as it is.
  result<frame> make_message(std::uint64_t target, std::uint64_t number,
                             std::uint32_t slot, const envelope& e);
  std::uint64_t next_number() noexcept { return ++last_number_; }
  /// The answer goes to `asker`, if it isn't null, and what becomes of the
  /// message to `owner`. Call it before the frame is sent.
  void expect(std::uint64_t number, ref_ptr<far_behaviour> owner,
              ref_ptr<completion> asker);
  /// Neither is told of it any more.
  void forget(std::uint64_t number) noexcept;
  void send(frame&& f, link::when w = link::when::now);
  void flush() noexcept { link_->flush(); }
  void cancel(std::uint64_t number);
  void order(std::uint64_t target, far_order what);
  /// The actor `by` of this side links itself to `target`, or ends that.
  void tell_link(std::uint64_t target, actor_cell& by, bool linked);

  // --- For receipts and answers ---

  /// What became of a message of the other side's.
  void confirm(std::uint64_t number, outcome what);
  void flush_confirmed();
  void on_turn_end() noexcept final;

  // --- For frames of all kinds ---

  result<void> write_content(frame_writer& out, const payload& content,
                             encoded_form form, int depth = 0);
  void write_actor(frame_writer& out, actor_cell& cell);
  result<void> write_fault(frame_writer& out, const fault& why, int depth = 0);

protected:
  ~peer() override;

  // The service thread only.
  result<payload> read_content(received_frame& f, int depth = 0);
  result<ref_ptr<actor_cell>> read_actor(received_frame& f);
  result<fault> read_fault(received_frame& f, int depth = 0);
  symbol symbol_of(std::uint32_t theirs) const noexcept {
    return symbols_.ours(theirs);
  }
  /// The mark of a message for `receiver` that has this slot.
  virtual message_mark mark_of(const actor_cell& receiver, std::uint32_t slot) {
    static_cast<void>(receiver);
    static_cast<void>(slot);
    return {};
  }
  /// What memory of the other side's this one maps.
  virtual mappable trusts() const noexcept = 0;
  /// A frame that isn't for both sides alike.
  virtual result<void> on_other_frame(received_frame& f) = 0;
  /// Who stands here for the actor `number` of the other side; null: nobody.
  ref_ptr<far_behaviour> importer(std::uint64_t number);
  void add_importer(std::uint64_t number, ref_ptr<far_behaviour> who,
                    actor_cell* cell);
  void remove_importer(std::uint64_t number) noexcept;
  /// They get no more after that.
  void tell_importers(const peer_gone& how) noexcept;
  void answer(std::uint64_t number, const completion& c, link::when w);
  /// Tells the other side that `cell`, an actor of this side, has ended: after
  /// all that it had told actors of the other side, if they let it.
  void tell_end(std::uint64_t number, actor_cell& cell);

  link& wire() noexcept { return *link_; }
  exports& tables() noexcept { return exports_; }
  static error unreadable(const char* what) {
    return make_error(errc::invalid_argument, what);
  }

  result<void> on_frame(received_frame& f) final;
  /// Derived ones call it first.
  void on_link_ended(const std::string& why) noexcept override;

private:
  struct awaited_message {
    ref_ptr<far_behaviour> owner;
    ref_ptr<completion> asker;
  };
  struct importing {
    ref_ptr<far_behaviour> who;
    ref_ptr<actor_cell> cell;  // null while it is being made
  };
  class last_word;

  void tell_end_now(std::uint64_t number, actor_cell& cell);
  fault gone_fault() const;
  result<void> on_message(received_frame& f);
  void hand_over(const ref_ptr<actor_cell>& receiver, envelope_ptr e);
  void hand_over_waiting(const ref_ptr<actor_cell>& receiver);
  void when_room(const ref_ptr<actor_cell>& receiver);
  void expect_answer(std::uint64_t number, envelope& e,
                     ref_ptr<message_fate> fate, std::int64_t deadline);
  void on_answered(std::uint64_t number, const completion& c,
                   const message_fate& fate);
  result<void> on_answer(received_frame& f);
  result<void> on_done(received_frame& f);
  result<void> on_cancel(received_frame& f);
  result<void> on_ended(received_frame& f);
  result<void> on_link(received_frame& f);
  result<void> on_order(received_frame& f);
  template <typename Part>
  Part take(std::uint64_t number, Part awaited_message::*part);

  result<void> write_attachment(frame_writer& out, ref_counted& what,
                                int depth);
  void write_blob(frame_writer& out, ref_ptr<shared_buffer> buffer);
  result<void> write_outcome(frame_writer& out, const completion& c, int depth);
  result<ref_ptr<ref_counted>> read_attachment(received_frame& f, int depth);
  result<ref_ptr<ref_counted>> read_blob(received_frame& f, bool mapped);
  result<ref_ptr<ref_counted>> read_outcome(received_frame& f, int depth);
  result<ref_ptr<actor_cell>> read_actor_of(received_frame& f, bool ours);
  result<ref_ptr<actor_cell>> import(std::uint64_t number, std::string name,
                                     std::size_t capacity,
                                     overflow_policy overflow);
  void watch_export(std::uint64_t number, actor_cell& cell);

  // Constant after construction.
  actor_system& system_;
  const ref_ptr<link> link_;

  exports exports_;
  told_symbols told_;
  // The service thread only.
  peer_symbols symbols_;
  std::unordered_map<std::uint64_t, ref_ptr<actor_cell>> imported_;
  // Came, and don't fit into the mailbox yet; in order.
  std::unordered_map<actor_id, std::deque<envelope_ptr>> waiting_;
  // Told of before anybody has heard of the actor.
  std::unordered_map<std::uint64_t, stop_reason> ended_early_;

  std::atomic<std::uint64_t> last_number_{0};

  std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_map<std::uint64_t, awaited_message> sent_;
  std::unordered_map<std::uint64_t, ref_ptr<completion>> answering_;
  std::unordered_map<std::uint64_t, importing> imports_;
  std::vector<std::pair<std::uint64_t, outcome>> confirmed_;
  bool over_ = false;  // the link has ended, and all of them were told
};

}  // namespace troupe
