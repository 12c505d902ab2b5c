// SPDX-License-Identifier: Apache-2.0
// Runnables for tests, made of functions.
#pragma once

#include <functional>
#include <memory>
#include <semaphore>
#include <type_traits>
#include <utility>

#include "scheduler/scheduler.hpp"

namespace troupe {

/// Calls a function each turn.
class task final : public runnable {
public:
  explicit task(std::function<turn_result()> turn) : turn_{std::move(turn)} {}
  turn_result resume() noexcept override { return turn_(); }

private:
  const std::function<turn_result()> turn_;
};

/// `turn` answers a turn_result, or nothing: then each turn parks.
template <typename Function>
ref_ptr<task> make_task(Function turn) {
  if constexpr (std::is_void_v<std::invoke_result_t<Function>>) {
    return make_ref_counted<task>([turn = std::move(turn)]() mutable {
      turn();
      return turn_result::parked;
    });
  } else {
    return make_ref_counted<task>(std::move(turn));
  }
}

/// Returns when nothing is queued or running, without polling.
inline void wait_until_quiet(scheduler& s) {
  const auto gate = std::make_shared<std::counting_semaphore<>>(0);
  s.set_on_quiet([gate] { gate->release(); });
  while (!s.quiet()) {
    gate->acquire();
  }
  s.set_on_quiet({});
}

}  // namespace troupe
