// SPDX-License-Identifier: Apache-2.0
// What an actor in a child process has done with the messages under way to it,
// in memory that it shares with its parent: there to be read when the child is
// dead.
//
// The parent gives each message a slot, and takes it back when it has heard
// what became of it. The child writes there that it begins with the message,
// and that it is done. The gate is the parent's: once closed, nothing is begun.
//
// Memory ordering: sequentially consistent. A child that begins writes `begun`
// and then looks at the gate; a parent closes the gate and then looks at the
// slots. So one of the two sees the other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ref_counted.hpp"
#include "base/result.hpp"
#include "pybridge/process/descriptor.hpp"

namespace troupe {

class message_marks final : public ref_counted {
public:
  /// 0: it waits; 1: begun; from 2 on: what became of it (an `outcome` + 2).
  using state = std::uint8_t;
  static constexpr state waiting = 0;
  static constexpr state begun = 1;
  static constexpr state first_outcome = 2;

  static constexpr std::size_t max_slots = std::size_t{1} << 20;

  /// The parent's: memory for so many messages at a time.
  static result<ref_ptr<message_marks>> make(std::size_t slots);
  /// The child's: the same memory. Looks at its size before it is used.
  static result<ref_ptr<message_marks>> map(descriptor memory);

  /// Of the memory; the parent's only, else -1.
  int native() const noexcept { return memory_.get(); }
  std::size_t slots() const noexcept { return slots_; }

  std::atomic<state>& at(std::size_t slot) const noexcept {
    return states_[slot];
  }
  void close_gate() const noexcept { head_->closed.store(1); }
  bool gate_is_closed() const noexcept { return head_->closed.load() != 0; }
  /// The child's: its code runs since then, on the scheduler's clock; 0: none.
  void set_running_since(std::int64_t when) const noexcept {
    head_->running_since.store(when);
  }
  std::int64_t running_since() const noexcept {
    return head_->running_since.load();
  }

private:
  struct head {
    std::atomic<std::uint32_t> closed;
    std::atomic<std::int64_t> running_since;
  };
  static_assert(std::atomic<std::int64_t>::is_always_lock_free);

  message_marks(descriptor memory, void* at, std::size_t slots) noexcept;
  ~message_marks() override;

  // Constant.
  const descriptor memory_;
  head* const head_;
  std::atomic<state>* const states_;
  const std::size_t slots_;
};

/// The slot of one message; or none, where nobody keeps such accounts.
class message_mark {
public:
  message_mark() = default;
  message_mark(ref_ptr<message_marks> marks, std::size_t slot)
      : marks_{std::move(marks)}, slot_{slot} {}

  explicit operator bool() const noexcept { return marks_ != nullptr; }
  void set(message_marks::state s) const noexcept {
    if (marks_ != nullptr) {
      marks_->at(slot_).store(s);
    }
  }
  bool is_begun() const noexcept {
    return marks_ != nullptr &&
           marks_->at(slot_).load() == message_marks::begun;
  }

private:
  ref_ptr<message_marks> marks_;
  std::size_t slot_ = 0;
};

}  // namespace troupe
