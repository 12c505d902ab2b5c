// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/channel_waiting.hpp"

#include <algorithm>

#include "actors/actor_system.hpp"
#include "pybridge/engine/running_engines.hpp"
#include "pybridge/engine/test_kit.hpp"
#include "pybridge/interpreters/interpreter.hpp"

namespace troupe {
namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

// The TestSystem that this thread has made last; null if there is none.
ref_ptr<engine> engine_stepped_here() {
  if (actor_cell::current() != nullptr) {
    return nullptr;
  }
  ref_ptr<engine> found;
  for (const ref_ptr<engine>& each : running_engines::of_process().all()) {
    const actor_hooks* const hooks = each->hooks();
    if (hooks != nullptr && static_cast<const test_kit*>(hooks)->made_here()) {
      found = each;
    }
  }
  return found;
}

scheduler* clock_of(const ref_ptr<engine>& stepped) {
  if (actor_cell* const cell = actor_cell::current()) {
    return &cell->system().get_scheduler();
  }
  return stepped == nullptr ? nullptr : &stepped->get_scheduler();
}

}  // namespace

waiting_place::waiting_place(std::optional<nanoseconds> timeout)
    : stepped_{engine_stepped_here()},
      clock_{clock_of(stepped_)},
      end_{timeout ? std::optional{now() + *timeout} : std::nullopt} {}

nanoseconds waiting_place::now() const {
  return clock_ == nullptr ? steady_clock::now().time_since_epoch()
                           : nanoseconds{clock_->now()};
}

std::optional<nanoseconds> waiting_place::left() const {
  if (!end_) {
    return std::nullopt;
  }
  return std::max(nanoseconds{0}, *end_ - now());
}

wait_result waiting_place::wait(completion& told) const {
  return clock_ == nullptr ? wait_as_thread(told)
                           : wait_detached(told, left(), *clock_);
}

// As wait_detached(), in a thread that belongs to no system.
wait_result waiting_place::wait_as_thread(completion& told) const {
  for (;;) {
    wait_result result{};
    {
      const detached no_gil;
      result = told.wait(left());
    }
    if (result != wait_result::interrupted || PyErr_CheckSignals() < 0) {
      return result;
    }
  }
}

}  // namespace troupe
