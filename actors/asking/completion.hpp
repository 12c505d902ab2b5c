// SPDX-License-Identifier: Apache-2.0
// The one answer to a request: set once, by whoever is first.
//
// Who sets it only stores plain data and signals; what the answer means in
// the asker's world (an interpreter, an event loop) is the asker's to decode.
//
// It may have a deadline: from then on it is as if a fault `timed_out` had been
// set at that time. Whoever looks finds that out by the clock; a timer is set
// only when somebody wants to be told (on_done()), so most requests need none.
//
// Memory ordering: what was done before a set_*() is visible to whoever sees
// done(), returns from wait() with `done`, or is called by on_done().
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/ref_counted.hpp"
#include "base/result.hpp"
#include "mailbox/payload.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

/// Why something has no value: words for people and, if user code raised, the
/// exception as the layer above encoded it.
struct fault {
  error what;
  payload raised;
};

enum class wait_result {
  done,
  timed_out,
  interrupted,
  // From actor_cell::wait() only, see there.
  deadlock,
  exhausted,
};

namespace detail {
class wait_in_progress;
}  // namespace detail

class completion final : public ref_counted {
public:
  /// Before others see it. At `at` on `clock` (which must live until it is
  /// done) it ends by itself.
  void set_deadline(scheduler& clock, clock_duration at) noexcept;
  /// Any thread. Null or `clock` of set_deadline(), and its `at`.
  scheduler* clock() const noexcept { return clock_; }
  clock_duration deadline() const noexcept { return deadline_; }

  /// Any thread. True: this was the first answer. False: it came too late and
  /// is still the caller's.
  bool set_value(payload&& value) noexcept;
  bool set_fault(fault&& why) noexcept;

  /// Any thread, never blocks.
  bool done() noexcept {
    return state() != state_kind::pending || (clock_ != nullptr && expire());
  }
  /// As done(), but for a deadline that has passed without anybody's notice.
  bool answered() const noexcept { return state() != state_kind::pending; }
  /// Only when done(), as the two below.
  bool has_value() const noexcept { return state() == state_kind::value; }
  /// Constant from then on.
  const payload& value() const noexcept { return content_; }
  const fault& why() const noexcept { return *fault_; }

  /// Who owes the answer now: an actor's id, or 0. Any thread; relaxed, since
  /// it only tells who waits for whom.
  void set_holder(std::uint64_t id) noexcept {
    holder_.store(id, std::memory_order_relaxed);
  }
  std::uint64_t holder() const noexcept {
    return holder_.load(std::memory_order_relaxed) & ~deferred_bit;
  }
  /// The holder has its handler go on without the answer, which may come from
  /// anything that it does; until another one gets the request.
  void set_deferred() noexcept {
    holder_.fetch_or(deferred_bit, std::memory_order_relaxed);
  }
  bool deferred() const noexcept {
    return (holder_.load(std::memory_order_relaxed) & deferred_bit) != 0;
  }
  /// Whether the asker has given up on it.
  bool given_up() const noexcept {
    return state() == state_kind::fault && fault_->what.code == errc::cancelled;
  }

  /// Blocks the calling thread, at most `timeout`. `interrupted`: a signal
  /// handler ran in this thread, or interrupt_waits() was called, or `in_vain`
  /// is so. Never call it attached to an interpreter, and in a turn only inside
  /// a blocking_region.
  wait_result wait(std::optional<std::chrono::nanoseconds> timeout,
                   const std::function<bool()>& in_vain = {});
  /// Any thread: ends the waits in progress, as `interrupted`. One that is
  /// about to begin does not notice; its `in_vain` must be true before this
  /// call.
  void interrupt_waits() noexcept;

  /// Calls `f` once: now, when it is done already, else on the thread that
  /// completes it. `f` must be brief and must not throw. `owner`: who may
  /// forget() it.
  void on_done(std::function<void()> f, const void* owner = nullptr);
  /// Any thread. Functions of `owner` that have not been called yet won't be;
  /// one that is being called may go on.
  void forget(const void* owner) noexcept;

private:
  static constexpr std::uint64_t deferred_bit = std::uint64_t{1} << 63;

  enum class state_kind : std::uint8_t { pending, value, fault };

  state_kind state() const noexcept {
    return state_.load(std::memory_order_acquire);  // pairs with finish()
  }
  bool finish(std::unique_lock<std::mutex> lock, state_kind state) noexcept;
  bool closed_locked(std::unique_lock<std::mutex>& lock) noexcept;
  bool expire() noexcept;
  bool is_due() const noexcept;
  void set_timer_locked();
  bool bound_by_deadline(
      std::optional<std::chrono::nanoseconds>& timeout) const noexcept;
  void wake_waits_locked() noexcept;

  struct listener {
    std::function<void()> function;
    const void* owner;
  };

  // Constant once others see it.
  scheduler* clock_ = nullptr;
  clock_duration deadline_ = clock_duration::max();

  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<listener> listeners_;
  timer_id timer_ = timer_id::none;
  std::vector<detail::wait_in_progress*> waits_;  // on their threads' stacks
  // Written once under mutex_, before state_ leaves `pending`.
  payload content_;
  std::unique_ptr<const fault> fault_;  // apart: most answers are values
  std::atomic<state_kind> state_{state_kind::pending};
  std::atomic<std::uint64_t> holder_{0};
};

}  // namespace troupe
