// SPDX-License-Identifier: Apache-2.0
// The one answer to a request: set once, by whoever is first.
//
// Who sets it only stores plain data and signals; what the answer means in
// the asker's world (an interpreter, an event loop) is the asker's to decode.
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

namespace troupe {

/// Why something has no value: words for people and, if user code raised, the
/// exception as the layer above encoded it.
struct fault {
  error what;
  payload raised;
};

enum class wait_result { done, timed_out, interrupted };

namespace detail {
class wait_in_progress;
}  // namespace detail

class completion final : public ref_counted {
public:
  /// Any thread. True: this was the first answer. False: it came too late and
  /// is still the caller's.
  bool set_value(payload&& value) noexcept;
  bool set_fault(fault&& why) noexcept;

  /// Any thread, never blocks.
  bool done() const noexcept { return state() != state_kind::pending; }
  bool has_value() const noexcept { return state() == state_kind::value; }
  /// Only when done(); constant from then on.
  const payload& value() const noexcept { return content_; }
  const fault& why() const noexcept { return *fault_; }

  /// Blocks the calling thread, at most `timeout`. `interrupted`: a signal
  /// handler ran in this thread, or interrupt_waits() was called. Never call it
  /// attached to an interpreter, and in a turn only inside a blocking_region.
  wait_result wait(std::optional<std::chrono::nanoseconds> timeout);
  /// Any thread: ends the waits in progress, as `interrupted`.
  void interrupt_waits() noexcept;

  /// Calls `f` once: now, when it is done already, else on the thread that
  /// completes it. `f` must be brief and must not throw.
  void on_done(std::function<void()> f);

private:
  enum class state_kind : std::uint8_t { pending, value, fault };

  state_kind state() const noexcept {
    return state_.load(std::memory_order_acquire);  // pairs with finish()
  }
  bool finish(std::unique_lock<std::mutex> lock, state_kind state) noexcept;
  void wake_waits_locked() noexcept;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::function<void()>> listeners_;
  std::vector<detail::wait_in_progress*> waits_;  // on their threads' stacks
  // Written once under mutex_, before state_ leaves `pending`.
  payload content_;
  std::unique_ptr<const fault> fault_;  // apart: most answers are values
  std::atomic<state_kind> state_{state_kind::pending};
};

}  // namespace troupe
