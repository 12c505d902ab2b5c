// SPDX-License-Identifier: Apache-2.0
// Where an actor's envelopes wait: many writers, one reader, two lanes.
//
// Signals (stop, kill, ...) overtake messages and pass a full mailbox. Within
// a lane the order is that of the pushes.
//
// Wake-up: `count_` is what was pushed less what the reader has settled. The
// push that takes it from 0 to 1 answers `woke_reader`, and its caller alone
// must schedule the reader; settle() tells the reader whether to go on. A
// push counts after it has queued its envelope, so the reader may take one
// that isn't counted yet and settle below zero; the late count then ends at
// zero and wakes nobody, rightly: its envelope is gone. So a reader is never
// scheduled twice, never forgotten, and never spins for a slow writer.
//
// Memory ordering: what a writer did before push() is visible to the reader
// after the pop() that returns that envelope.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <boost/lockfree/stack.hpp>

#include "base/roles.hpp"
#include "mailbox/envelope.hpp"

namespace troupe {

enum class push_result {
  ok,           // accepted; the reader is awake
  woke_reader,  // accepted; the caller must schedule the reader
  full,         // refused: the caller keeps the envelope
  closed,       // refused, for good: the caller keeps the envelope
};

class mailbox {
public:
  static constexpr std::size_t unbounded = 0;

  /// `capacity`: messages that may wait (signals don't count), or `unbounded`.
  explicit mailbox(std::size_t capacity = unbounded) : capacity_{capacity} {}
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;
  ~mailbox();  // drops what is left

  /// Any thread, lock-free. Moves from `e` only if the envelope was accepted.
  [[nodiscard]] push_result push(envelope_ptr&& e) noexcept;
  /// As push(), into the lane of signals: never `full`.
  [[nodiscard]] push_result push_signal(envelope_ptr&& e) noexcept;

  /// The oldest signal, else the oldest message, else null.
  envelope_ptr pop() noexcept TROUPE_REQUIRES(turn);
  /// Ends a turn: accounts for what was popped. True: more has come, take
  /// another turn. False: the reader is parked until a push wakes it; another
  /// thread may be the reader by the time that this returns.
  [[nodiscard]] bool settle() noexcept TROUPE_REQUIRES(turn);

  /// From now on pushes are refused. One that overlaps with close() may still
  /// get in, and then wakes the reader like any other.
  void close() noexcept;

  /// Any thread: how many wait or are being handled, about.
  std::size_t size() const noexcept;
  std::size_t capacity() const noexcept { return capacity_; }

private:
  // A lane: Boost's stack takes pushes from all sides; the reader takes the
  // whole batch with one exchange and keeps it, oldest first, in a list.
  class lane {
  public:
    ~lane();
    bool push(envelope* e) noexcept;
    envelope* pop() noexcept;

  private:
    boost::lockfree::stack<envelope*> arrivals_{0};  // nodes: when needed
    envelope* oldest_ = nullptr;                     // reader only
  };

  push_result count_one() noexcept;
  bool reserve() noexcept;

  const std::size_t capacity_;

  // Reader only.
  std::int64_t popped_ = 0;          // since the last settle()
  std::size_t popped_messages_ = 0;  // of these, messages

  lane signals_;
  lane messages_;

  // Written by all sides, one line apart from the rest.
  alignas(64) std::atomic<std::int64_t> count_{0};
  std::atomic<std::size_t> messages_held_{0};  // only kept when bounded
  std::atomic<bool> closed_{false};
};

}  // namespace troupe
