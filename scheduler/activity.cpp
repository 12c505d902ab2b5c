// SPDX-License-Identifier: Apache-2.0
#include "scheduler/activity.hpp"

#include <utility>

namespace troupe {

bool activity::quiet() const noexcept {
  const std::uint64_t ended = ended_.load() + sum(&own_activity::ended);
  return ended == scheduled_.load() + sum(&own_activity::scheduled);
}

void activity::set_on_quiet(std::function<void()> on_quiet) {
  using function = const std::function<void()>;
  auto shared =
      on_quiet ? std::make_shared<function>(std::move(on_quiet)) : nullptr;
  const std::lock_guard lock{mutex_};
  on_quiet_.swap(shared);
}

void activity::before_sleep() noexcept {
  // Acquire and release: pairs with itself. Of two threads that fall asleep at
  // the same time, the second sees what the first counted as ended.
  sleeps_.fetch_add(1, std::memory_order_acq_rel);
  if (!quiet()) {
    return;
  }
  const std::lock_guard lock{mutex_};
  // A copy: it may be replaced while it runs, by itself. Again quiet(): while
  // we waited, another thread may have been in it, and have scheduled more.
  if (const auto on_quiet = on_quiet_; on_quiet && quiet()) {
    (*on_quiet)();
  }
}

std::uint64_t activity::turns() const noexcept {
  return turns_.load() + sum(&own_activity::turns);
}

std::uint64_t activity::steals() const noexcept {
  return sum(&own_activity::steals);
}

std::uint64_t activity::sum(own_counter own_activity::*counter) const noexcept {
  std::uint64_t total = 0;
  for (const own_activity& own : own_) {
    total += (own.*counter).get();
  }
  return total;
}

}  // namespace troupe
