// SPDX-License-Identifier: Apache-2.0
// How a thread waits for a channel, wherever it is: in a handler, in a test
// that steps a system, or in a thread that has nothing to do with actors.
//
// Everything here needs the GIL of the thread's interpreter.
#pragma once

#include "pybridge/python.hpp"

#include <chrono>
#include <optional>

#include "actors/channel.hpp"
#include "pybridge/engine/engine.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// A time that a thread may wait, on the clock of where it is.
class waiting_place {
public:
  /// None: for ever.
  explicit waiting_place(std::optional<std::chrono::nanoseconds> timeout);

  /// Whatever is left of the time. `interrupted`: an exception is set.
  wait_result wait(completion& told) const;

private:
  std::chrono::nanoseconds now() const;
  std::optional<std::chrono::nanoseconds> left() const;
  wait_result wait_as_thread(completion& told) const;

  const ref_ptr<engine> stepped_;  // by this thread, which is in no handler
  scheduler* const clock_;         // null: this thread is in no system
  const std::optional<std::chrono::nanoseconds> end_;
};

using tells = channel::waiter (channel::*)();

/// Repeats `attempt` until it doesn't answer `not_now`, or the time is over.
/// None: an exception is set.
template <typename Attempt>
std::optional<channel_result> retry(
    channel& c, tells when, std::optional<std::chrono::nanoseconds> timeout,
    Attempt attempt) {
  channel_result result = attempt();
  if (result != channel_result::not_now ||
      timeout == std::chrono::nanoseconds{0}) {
    return result;
  }
  const waiting_place here{timeout};
  for (;;) {
    const channel::waiter waiting = (c.*when)();
    const wait_result ended = here.wait(*waiting.told);
    if (ended == wait_result::interrupted) {
      c.give_up(waiting.id);
      return std::nullopt;
    }
    if (ended == wait_result::timed_out) {
      c.give_up(waiting.id);
      return attempt();  // one last look
    }
    result = attempt();
    if (result != channel_result::not_now) {
      return result;
    }
  }
}

}  // namespace troupe
