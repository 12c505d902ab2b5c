// SPDX-License-Identifier: Apache-2.0
// The behaviour of a cell whose actor is in another process: messages go over
// there, and are kept here until it is known what became of them.
//
// What the peer has to say comes by post(), on any thread, and is heard on the
// actor's own turn.
//
// Watches need nothing: the cell ends when its actor does. Links are told to
// the other side, so that each has the pair linked among its own cells; a
// failure then passes on where it happens, and what comes here by a link means
// nothing, so the cell traps it.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/cell/actor_cell.hpp"
#include "pybridge/process/peer.hpp"

namespace troupe {

// What is posted.
struct message_done {
  std::uint64_t number;
  outcome what;
};
struct actor_ended {
  stop_reason reason;
  std::optional<fault> why;
};
struct link_asked {
  ref_ptr<actor_cell> with;
  bool linked;
};
struct peer_gone {
  stop_reason reason;
  std::string why;  // for people
};
struct actor_started {
  std::optional<fault> why_not;
};
struct stash_changed {
  std::size_t stashed;
};
struct was_quiet {
  std::uint64_t asked;
};
struct look_again {};  // a timer of the behaviour's own has gone off

using far_event =
    std::variant<message_done, actor_ended, link_asked, peer_gone,
                 actor_started, stash_changed, was_quiet, look_again>;

class far_behaviour : public behaviour {
public:
  /// Messages that may be under way at a time: so many hide how long a socket
  /// takes, and are few beside a mailbox.
  static constexpr std::size_t window = 32;

  // Any thread.
  /// Nothing, once the cell has ended.
  void post(far_event what);
  void on_link(actor_cell& self, actor_cell& other, bool linked) override;

  // The actor's turn.
  void on_message(actor_cell& self, envelope& e) override;
  void on_ready(actor_cell& self) override;
  void on_exit(actor_cell& self, const end_notice& what) override;
  void on_stop(actor_cell& self, stop_reason reason) noexcept override;

protected:
  static constexpr std::uint32_t no_slot = ~std::uint32_t{0};
  struct kept_message {
    envelope_ptr what;
    std::uint32_t slot = no_slot;
    bool cancelled = false;
    bool returned = false;
  };
  struct place {
    ref_ptr<peer> other;
    std::uint64_t number = 0;
  };

  // The actor's turn.
  /// In on_start(), when the other side knows of the actor.
  void begin(actor_cell& self, ref_ptr<peer> other, std::uint64_t number);
  virtual void on_event(actor_cell& self, far_event& what) = 0;
  /// For a message's mark.
  virtual std::uint32_t take_slot() { return no_slot; }
  virtual void give_slot(std::uint32_t slot) noexcept {
    static_cast<void>(slot);
  }
  /// At the end: what became of one that the other side hasn't told of.
  virtual outcome last_outcome(const kept_message& m) noexcept {
    static_cast<void>(m);
    return outcome::returned;
  }
  /// At the end: what those are told who have asked for what was begun.
  virtual fault last_fault(const actor_cell& self, stop_reason reason) const;
  std::size_t kept() const noexcept { return kept_.size(); }

  /// Any thread. Null before begin().
  place where() const;

private:
  void settle(actor_cell& self, std::uint64_t number, outcome what);
  void finish(actor_cell& self, kept_message m, outcome what, fault&& why);
  void give_back_kept(actor_cell& self, stop_reason reason) noexcept;
  void cancel_given_up();

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  ref_ptr<actor_cell> cell_;  // from begin() to on_stop()
  std::vector<far_event> inbox_;
  bool over_ = false;
  place place_;  // the turn alone writes it
  // Told when there is a place to tell it to.
  std::vector<std::pair<ref_ptr<actor_cell>, bool>> early_links_;

  std::map<std::uint64_t, kept_message> kept_;  // the turn's; oldest first
};

}  // namespace troupe
