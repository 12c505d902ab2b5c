// SPDX-License-Identifier: Apache-2.0
#include "scheduler/worker_group.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/assert.hpp"

namespace troupe {
namespace {

void release_all(runnable_list list, activity& counts) noexcept {
  while (runnable* const r = list.pop_front()) {
    r->release();
    counts.count_ended();
  }
}

}  // namespace

worker_group::worker_group(worker_group_options options, activity& counts)
    : options_{std::move(options)},
      long_turn_{ticks_in(std::chrono::microseconds{100})},
      counts_{counts},
      idle_{options_.base_workers},
      resting_{options_.base_workers + options_.spares} {
  for (std::size_t i = 0; i < options_.base_workers + options_.spares; ++i) {
    const bool spare = i >= options_.base_workers;
    workers_.push_back(std::make_unique<worker>(
        *this, counts.of(i), static_cast<std::uint32_t>(i),
        spare ? worker_kind::spare : worker_kind::base));
    if (spare) {
      resting_.announce(i);
    }
  }
}

void worker_group::start() {
  const std::lock_guard lock{starting_};
  for (std::uint32_t i = 0; i < options_.base_workers; ++i) {
    started_.store(i + 1);
    if (!at(i).start(options_.thread_name)) {
      throw std::system_error{
          std::make_error_code(std::errc::resource_unavailable_try_again),
          "can't start a worker thread"};
    }
  }
}

void worker_group::stop() noexcept {
  stopping_.store(true);
  { const std::lock_guard no_start_is_under_way{starting_}; }
  for (const auto& w : workers_) {
    if (w->has_thread() && bed_of(*w).claim(w->index())) {
      w->wake();
    }
  }
  for (const auto& w : workers_) {
    w->join();
  }
}

bool worker_group::drop_queued() noexcept {
  if (!something_waits()) {
    return false;
  }
  release_all(injector_.take_half(), counts_);
  for (const auto& w : workers_) {
    release_all(w->queue().take_half(), counts_);
    if (runnable* const r = w->take_hot()) {
      runnable_list one;
      one.push_back(*r);
      release_all(std::move(one), counts_);
    }
  }
  return true;
}

void worker_group::add_to(scheduler_stats& stats) const noexcept {
  stats.workers += options_.base_workers;
  stats.spare_workers += started_.load() - options_.base_workers;
  // Relaxed: a statistic.
  stats.hand_overs += hand_overs_.load(std::memory_order_relaxed);
}

void worker_group::add_to(std::vector<turn_report>& turns) const {
  for (std::uint32_t i = 0; i < started_.load(); ++i) {
    const worker& w = *workers_[i];
    if (const auto age = w.mark().age()) {
      turns.push_back({options_.thread_name + std::to_string(i),
                       w.mark().running(), duration_of(*age)});
    }
  }
}

worker& worker_group::next_in_turn() noexcept {
  // Relaxed: any value will do.
  const auto turn = turn_of_.fetch_add(1, std::memory_order_relaxed);
  return at(turn % static_cast<std::uint32_t>(options_.base_workers));
}

idle_set& worker_group::bed_of(const worker& w) noexcept {
  return w.kind() == worker_kind::base ? idle_ : resting_;
}

void worker_group::leave_with(worker& w, runnable& r) noexcept {
  if (!w.queue().push(r)) {
    inject(r);
  } else if (idle_.claim(w.index())) {
    w.wake();
  } else {
    left_waiting(w);
  }
}

void worker_group::left_waiting(const worker& w) noexcept {
  if (has_room() && is_crowded(w)) {
    share_work();
  }
  watch();
}

void worker_group::inject(runnable& r) noexcept {
  runnable_list one;
  one.push_back(r);
  inject(std::move(one));
}

void worker_group::inject(runnable_list list) noexcept {
  if (!list.empty()) {
    const bool always_open = injector_.push_all(list);
    TROUPE_CHECK(always_open);
    watch();
  }
  share_work();
}

void worker_group::watch() noexcept {
  if (!watched_.load() && !watched_.exchange(true)) {
    options_.watch();
  }
}

bool worker_group::vacate(worker& w) noexcept {
  auto left = w.queue().close();
  if (!left) {
    return false;
  }
  if (runnable* const r = w.take_hot()) {
    left->push_back(*r);
  }
  seats_.leave();
  inject(std::move(*left));
  return true;
}

bool worker_group::begin_blocking(worker& w) noexcept {
  vacate(w);
  const std::size_t before =
      w.enter_region() ? blocked_.fetch_add(1) : blocked_.load() - 1;
  return before + 1 < size();
}

void worker_group::end_blocking(worker& w) noexcept {
  if (w.leave_region()) {
    blocked_.fetch_sub(1);
  }
}

bool worker_group::look_after(ticks too_long) noexcept {
  share_work();
  for (std::uint32_t i = 0; i < started_.load() && !somebody_sleeps(); ++i) {
    worker& w = at(i);
    const bool in_the_way = w.has_waiting() || !injector_.empty();
    if (in_the_way && !w.is_away() && w.in_turn_for(too_long)) {
      hand_overs_.fetch_add(1, std::memory_order_relaxed);  // a statistic
      vacate(w);
    }
  }
  if (something_waits()) {
    return true;
  }
  watched_.store(false);
  // Somebody may have relied on us meanwhile.
  return something_waits() && !watched_.exchange(true);
}

void worker_group::share_work() noexcept {
  while (has_room() && work_is_waiting()) {
    if (searching_.exchange(true)) {
      return;  // whoever searches will see to it
    }
    const wake_result result = wake_one();
    if (result == wake_result::woken) {
      return;
    }
    searching_.store(false);
    if (result == wake_result::failed) {
      return;  // whoever watches will try again
    }
    // Somebody may have relied on us meanwhile, and a worker may have gone to
    // sleep: look again.
  }
}

worker_group::wake_result worker_group::wake_one() noexcept {
  auto index = idle_.claim_any();
  if (!index && seats_.any_free()) {
    index = resting_.claim_any();
  }
  if (!index) {
    return wake_result::nobody;
  }
  worker& w = at(static_cast<std::uint32_t>(*index));
  w.tell_to_search(true);
  if (w.has_thread()) {
    w.wake();
    return wake_result::woken;
  }
  return start_spare(w) ? wake_result::woken : wake_result::failed;
}

bool worker_group::start_spare(worker& w) noexcept {
  const std::lock_guard lock{starting_};
  if (!is_stopping()) {
    started_.store(std::max(started_.load(), w.index() + 1));
    if (w.start(options_.thread_name)) {
      return true;
    }
  }
  w.tell_to_search(false);
  resting_.announce(w.index());
  return false;
}

runnable* worker_group::steal_for(worker& thief) noexcept {
  if (runnable* const r = keep_first(injector_.take_half(), thief)) {
    return r;
  }
  const std::uint32_t count = started_.load();
  for (std::uint32_t i = 1; i < count; ++i) {
    worker& victim = at((thief.index() + i) % count);
    if (runnable* const r = steal_from(victim, thief)) {
      thief.counts().steals.increment();
      return r;
    }
  }
  return nullptr;
}

runnable* worker_group::steal_from(worker& victim, worker& thief) noexcept {
  if (!is_crowded(victim)) {
    return nullptr;
  }
  if (runnable* const r = keep_first(victim.queue().take_half(), thief)) {
    return r;
  }
  return victim.in_long_turn() ? victim.take_hot() : nullptr;
}

runnable* worker_group::keep_first(runnable_list list, worker& thief) noexcept {
  runnable* const first = list.pop_front();
  if (list.empty()) {
    return first;
  }
  if (thief.queue().push_all(list)) {
    watch();
  } else {
    inject(std::move(list));
  }
  return first;
}

bool worker_group::has_room() const noexcept {
  return somebody_sleeps() || (seats_.any_free() && !resting_.empty());
}

bool worker_group::is_crowded(const worker& w) const noexcept {
  return w.queue().size() >= 2 || (w.has_waiting() && w.in_long_turn());
}

bool worker_group::work_is_waiting() const noexcept {
  const auto end = workers_.begin() + started_.load();
  return !injector_.empty() ||
         std::any_of(workers_.begin(), end,
                     [this](const auto& w) { return is_crowded(*w); });
}

bool worker_group::something_waits() const noexcept {
  const auto end = workers_.begin() + started_.load();
  return !injector_.empty() ||
         std::any_of(workers_.begin(), end,
                     [](const auto& w) { return w->has_waiting(); });
}

bool worker_group::has_work_for(const worker& w) const noexcept {
  if (is_stopping() || w.has_waiting()) {
    return true;
  }
  if (w.kind() == worker_kind::spare) {
    return seats_.any_free() && work_is_waiting();
  }
  return w.is_away() || work_is_waiting();
}

}  // namespace troupe
