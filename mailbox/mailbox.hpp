// SPDX-License-Identifier: Apache-2.0
// Where an actor's envelopes wait: many writers, one reader.
//
// Signals (stop, kill, ...) overtake urgent messages, which overtake the
// others; signals pass a full mailbox. Among equals the order is that of the
// pushes.
//
// Wake-up: `count_` is what was pushed less what the reader has settled. The
// push that takes it from 0 to 1 answers `woke_reader`, and its caller alone
// must schedule the reader; settle() tells the reader whether to go on. A
// push counts after it has queued its envelope, so the reader may take one
// that isn't counted yet and settle below zero; the late count then ends at
// zero and wakes nobody, rightly: its envelope is gone. So a reader is never
// scheduled twice, never forgotten, and never spins for a slow writer.
//
// Pausing: while paused the reader gets signals only, and parks although
// messages wait. For that, settle() shelves them: they leave `count_` as if
// they had been popped, and resume() counts them again.
//
// Memory ordering: what a writer did before push() is visible to the reader
// after the pop() that returns that envelope.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "base/roles.hpp"
#include "mailbox/envelope.hpp"

namespace troupe {

enum class push_result {
  ok,           // accepted; the reader is awake
  woke_reader,  // accepted; the caller must schedule the reader
  full,         // refused: the caller keeps the envelope
  closed,       // refused, for good: the caller keeps the envelope
};

/// What becomes of messages beyond the capacity.
enum class mailbox_limit : std::uint8_t {
  soft,        // accepted; crowded() tells, and others slow the senders down
  hard,        // refused
  displacing,  // accepted; the oldest makes room, see push_displacing()
};

class mailbox {
public:
  static constexpr std::size_t unbounded = 0;

  /// `capacity`: messages that may wait (signals don't count), or `unbounded`.
  explicit mailbox(std::size_t capacity = unbounded,
                   mailbox_limit limit = mailbox_limit::hard);
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;
  ~mailbox();  // drops what is left

  /// Any thread, lock-free. Moves from `e` only if the envelope was accepted.
  [[nodiscard]] push_result push(envelope_ptr&& e) noexcept;
  /// As push(), overtaking messages that aren't urgent.
  [[nodiscard]] push_result push_urgent(envelope_ptr&& e) noexcept;
  /// As push(), but never `full`: for notices that must arrive, and rank with
  /// the messages.
  [[nodiscard]] push_result push_notice(envelope_ptr&& e) noexcept;
  /// As push(), into the lane of signals: never `full`.
  [[nodiscard]] push_result push_signal(envelope_ptr&& e) noexcept;
  /// Any thread, for `displacing`: never `full`. The oldest message (the oldest
  /// urgent one if all are), if it had to make room, is then the caller's.
  /// Notices stay. Takes a lock when that is so.
  [[nodiscard]] push_result push_displacing(envelope_ptr&& e,
                                            envelope_ptr& oldest) noexcept;

  /// The oldest signal, else the oldest urgent message, else the oldest
  /// message, else null. While paused: the oldest signal, else null.
  envelope_ptr pop() noexcept TROUPE_REQUIRES(turn);
  /// Ends a turn: accounts for what was popped. True: more has come, take
  /// another turn. False: the reader is parked until a push wakes it; another
  /// thread may be the reader by the time that this returns.
  [[nodiscard]] bool settle() noexcept TROUPE_REQUIRES(turn);

  void pause() noexcept TROUPE_REQUIRES(turn) { paused_ = true; }
  void resume() noexcept TROUPE_REQUIRES(turn);
  bool paused() const noexcept TROUPE_REQUIRES(turn) { return paused_; }
  /// Whether one waits.
  bool has_signal() noexcept TROUPE_REQUIRES(turn);
  bool has_message() noexcept TROUPE_REQUIRES(turn);
  /// A message that was popped goes to the front again, before all others.
  void put_back(envelope_ptr e) noexcept TROUPE_REQUIRES(turn);

  /// Any thread, for tests: while set, messages are refused as `full`.
  void refuse(bool messages) noexcept;
  /// From now on pushes are refused. One that overlaps with close() may still
  /// get in, and then wakes the reader like any other.
  void close() noexcept;

  /// Any thread: how many wait or are being handled, about.
  std::size_t size() const noexcept;
  std::size_t capacity() const noexcept { return capacity_; }
  /// Any thread, for a soft limit: more than `capacity()`.
  bool crowded() const noexcept { return size() > crowd_; }
  /// Half of the capacity: when a crowd counts as gone.
  bool roomy() const noexcept {
    return (shut_.load(std::memory_order_relaxed) & refusing) == 0 &&
           (capacity_ == unbounded || size() <= capacity_ / 2);
  }

private:
  enum : std::uint8_t { closed = 1, refusing = 2 };  // to whom it is shut

  struct chain {
    envelope* first = nullptr;
    envelope* last = nullptr;
    std::size_t size = 0;
  };

  // Envelopes that only the reader knows, oldest first.
  class list {
  public:
    ~list();
    bool empty() const noexcept { return first_ == nullptr; }
    envelope* pop() noexcept;
    envelope* pop_reserved() noexcept;
    void push_front(envelope* e) noexcept;
    void append(const chain& added) noexcept;

  private:
    envelope* first_ = nullptr;
    envelope* last_ = nullptr;
  };

  // A stack of envelopes, linked by themselves: all sides push, and the reader
  // takes the whole batch with one exchange, so no ABA can be. (Boost's stack
  // has nodes of its own, for 40 instructions more a message.)
  class arrivals {
  public:
    ~arrivals();
    bool empty() const noexcept {
      return newest_.load(std::memory_order_relaxed) == nullptr;
    }
    void push(envelope* e) noexcept;
    // All of them, oldest first.
    chain take() noexcept;

  private:
    std::atomic<envelope*> newest_{nullptr};
  };

  push_result push_message(arrivals& where, envelope_ptr&& e) noexcept;
  push_result push_to(arrivals& where, envelope_ptr&& e,
                      std::uint8_t shut = closed) noexcept;
  push_result count_one() noexcept;
  bool reserve(envelope& e) noexcept;
  void unreserve(envelope& e) noexcept;
  envelope* pop_signal() noexcept;
  envelope* pop_message() noexcept;
  envelope* pop_any() noexcept;
  void sort_express() noexcept;
  void take_messages() noexcept;
  void shelve() noexcept;
  envelope* displace_locked() noexcept;

  // Constant after construction, or seldom written.
  const std::size_t capacity_;
  const std::size_t crowd_;
  const mailbox_limit limit_;
  std::atomic<std::uint8_t> shut_{0};  // bits as above
  arrivals express_;                   // signals and urgent messages

  // Reader only; in a displacing mailbox guarded by displacing_.
  // Since the last settle(), less what was put back.
  alignas(64) std::int64_t popped_ = 0;
  std::size_t listed_ = 0;  // in urgent_ and messages_
  list messages_;
  list signals_;
  list urgent_;
  bool paused_ = false;
  std::mutex displacing_;

  // Written by all sides, on one line apart from the rest.
  alignas(64) arrivals ordinary_;
  std::atomic<std::int64_t> count_{0};
  std::atomic<std::size_t> shelved_{0};        // by the reader, as listed_
  std::atomic<std::size_t> messages_held_{0};  // only kept with a hard limit
};

inline std::size_t mailbox::size() const noexcept {
  // seq_cst: see settle(). Shelved ones may be counted twice for a moment.
  const auto count = count_.load();
  return (count > 0 ? static_cast<std::size_t>(count) : 0) +
         shelved_.load(std::memory_order_relaxed);
}

}  // namespace troupe
