// SPDX-License-Identifier: Apache-2.0
// What an actor's event loop waits for: its descriptors, its next timer, calls
// from other threads. All of these end in one `ready` signal to the actor, or
// end a wait of its handler.
//
// Memory ordering: what was done before wake() is visible after the take()
// that comes next.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "actors/actor_ref.hpp"
#include "actors/asking/completion.hpp"
#include "base/ref_counted.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

class waker final : public ref_counted {
public:
  explicit waker(actor_ref receiver);

  /// Any thread: the loop is to be driven. One signal until the next take().
  void wake() noexcept;
  clock_duration now() const noexcept { return scheduler_.now(); }
  scheduler& clock() const noexcept { return scheduler_; }
  /// Any thread.
  bool killed() const noexcept { return receiver_.cell().killed(); }

  // The actor's turn only.
  /// The loop is driven now: what comes later wakes again.
  void take() noexcept {
    woken_.exchange(false, std::memory_order_acq_rel);  // pairs with wake()
  }
  /// Wakes once, after `delay`; instead of what was set before.
  void set_timer(clock_duration delay);
  /// Wakes when `descriptor` is readable, once it is armed. Throws
  /// std::system_error.
  void watch(int descriptor);
  /// Is it readable? Stays so until arm().
  bool readable() const noexcept {
    return readable_.load(std::memory_order_acquire);  // pairs with watch()
  }
  void arm() noexcept;
  /// Wakes again behind all that waits now: the loop has had its share.
  void wake_later();
  /// Last: the descriptor may be closed then. Without it a waker that watches
  /// keeps itself alive.
  void close() noexcept;

  /// Until end_block() a wake-up sets this completion, and sends no signal.
  /// Done already if one has come since take().
  ref_ptr<completion> begin_block();
  void end_block() noexcept;

private:
  ~waker() override = default;

  // Constant after construction.
  const actor_ref receiver_;
  scheduler& scheduler_;

  std::atomic<bool> woken_{false};
  std::atomic<bool> readable_{false};

  std::mutex mutex_;
  ref_ptr<completion> blocked_;  // guarded by mutex_

  // The turn only.
  std::unique_ptr<descriptor_watch> watch_;
  timer_id timer_ = timer_id::none;
};

}  // namespace troupe
