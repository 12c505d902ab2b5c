// SPDX-License-Identifier: Apache-2.0
#include "scheduler/worker.hpp"

#include <system_error>

#include "scheduler/thread_name.hpp"
#include "scheduler/worker_group.hpp"

namespace troupe {
namespace {

// So many picks from the hot slot, then the queue has a turn.
constexpr std::uint32_t hot_limit = 16;
// So many turns, then the injector has one.
constexpr std::uint32_t injector_interval = 61;

constinit thread_local worker* current_worker = nullptr;

// Writes only what is new: the runnable may have gone to another core already.
template <typename T>
void update(std::atomic<T>& hint, T value) noexcept {
  if (hint.load(std::memory_order_relaxed) != value) {
    hint.store(value, std::memory_order_relaxed);
  }
}

}  // namespace

worker::worker(worker_group& group, own_activity& counts, std::uint32_t index,
               worker_kind kind)
    : group_{group},
      counts_{counts},
      index_{index},
      kind_{kind},
      queue_{kind == worker_kind::base ? run_queue::initially::open
                                       : run_queue::initially::closed} {}

worker* worker::current() noexcept {
  return current_worker;
}

bool worker::in_turn_for(ticks age) const noexcept {
  // A stale value makes one decision worse, no more.
  const auto present = mark_.age();
  return present && *present >= age;
}

bool worker::in_long_turn() const noexcept {
  // Relaxed: as above.
  const bool expected = expects_long_turn_.load(std::memory_order_relaxed);
  return in_turn_for(expected ? 0 : group_.long_turn());
}

bool worker::start(const std::string& thread_name) noexcept {
  has_thread_ = true;
  try {
    thread_ = std::thread{[this, thread_name] { run(thread_name); }};
  } catch (const std::system_error&) {
    has_thread_ = false;
  }
  return has_thread_;
}

void worker::join() noexcept {
  if (thread_.joinable()) {
    thread_.join();
  }
}

void worker::run(const std::string& thread_name) noexcept {
  name_this_thread(thread_name + std::to_string(index_));
  current_worker = this;
  while (runnable* const r = next()) {
    run_turn(*r);
  }
}

// Null: the group is stopping.
runnable* worker::next() noexcept {
  while (!group_.is_stopping()) {
    if (has_seat()) {
      if (runnable* const r = take_own()) {
        hand_search_on();
        return r;
      }
      if (runnable* const r = search()) {
        return r;
      }
    }
    sleep();
  }
  return nullptr;
}

bool worker::has_seat() noexcept {
  if (!is_away()) {
    if (kind_ == worker_kind::base || !group_.seats_.too_few()) {
      return true;
    }
    group_.vacate(*this);
    return false;
  }
  if (kind_ == worker_kind::base) {
    group_.seats_.take();
  } else if (!group_.seats_.try_take()) {
    return false;
  }
  queue_.open();
  return true;
}

runnable* worker::take_own() noexcept {
  if (++picks_ % injector_interval == 0) {
    if (runnable* const r = group_.take_injected()) {
      return r;
    }
  }
  if (hot_in_a_row_ < hot_limit) {
    if (runnable* const r = take_hot()) {
      ++hot_in_a_row_;
      return r;
    }
  }
  hot_in_a_row_ = 0;
  runnable* const r = queue_.pop();
  return r != nullptr ? r : take_hot();
}

runnable* worker::search() noexcept {
  runnable* const r = group_.steal_for(*this);
  end_search();
  if (r != nullptr) {
    group_.share_work();
  }
  return r;
}

// It has work already, which may block or last: others go on searching.
void worker::hand_search_on() noexcept {
  if (searching_) {
    end_search();
    group_.share_work();
  }
}

void worker::end_search() noexcept {
  if (searching_) {
    searching_ = false;
    group_.end_search();
  }
}

void worker::sleep() noexcept {
  end_search();
  if (kind_ == worker_kind::spare) {
    group_.vacate(*this);
  }
  idle_set& bed = group_.bed_of(*this);
  bed.announce(index_);
  group_.counts_.before_sleep();
  if (!group_.has_work_for(*this)) {
    parker_.wait();
  }
  if (!bed.withdraw(index_)) {
    parker_.take_wake();
  }
}

void worker::run_turn(runnable& r) noexcept {
  const ticks began = ticks_now();
  mark_.begin(r, began);
  // Relaxed: hints, see in_long_turn() and runnable.
  update(expects_long_turn_, r.was_long_.load(std::memory_order_relaxed));
  update(r.worker_, index_);
  counts_.turns.increment();
  const turn_result result = r.resume();
  mark_.end();
  update(r.was_long_, ticks_now() - began >= group_.long_turn());
  if (result == turn_result::more) {
    group_.leave_with(*this, r);
    return;
  }
  r.release();
  counts_.ended.increment();
}

}  // namespace troupe
