// SPDX-License-Identifier: Apache-2.0
#include "scheduler/lanes.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "scheduler/scheduler.hpp"

namespace troupe {

lanes::lanes(activity& counts, lanes_options options)
    : counts_{counts}, options_{std::move(options)} {}

// Null: it has been released.
lane* lanes::find_or_start_locked(std::size_t index) {
  if (const auto found = lanes_.find(index); found != lanes_.end()) {
    return found->second.get();
  }
  return index < scheduler::first_acquired_lane ? &start_locked(index)
                                                : nullptr;
}

lane& lanes::start_locked(std::size_t index) {
  constexpr std::size_t acquired = scheduler::first_acquired_lane;
  auto started = std::make_unique<lane>(
      counts_, options_.thread_name +
                   (index < acquired ? std::to_string(index)
                                     : "a" + std::to_string(index - acquired)));
  if (stopped_) {
    started->stop();
  }
  return *lanes_.emplace(index, std::move(started)).first->second;
}

// The first number that nobody has.
std::size_t lanes::start_new_locked() {
  std::size_t index = scheduler::first_acquired_lane;
  for (auto next = lanes_.lower_bound(index);
       next != lanes_.end() && next->first == index; ++next) {
    ++index;
  }
  if (index - scheduler::first_acquired_lane >= options_.acquired_limit) {
    throw std::system_error{
        std::make_error_code(std::errc::resource_unavailable_try_again),
        "all " + std::to_string(options_.acquired_limit) +
            " threads for pinned and dedicated actors are in use"};
  }
  start_locked(index);
  return index;
}

bool lanes::push(runnable& r, std::size_t index) noexcept {
  // Under the lock: a lane that is released gets nothing more.
  const std::lock_guard lock{mutex_};
  lane* const found = find_or_start_locked(index);
  if (found != nullptr) {
    found->push(r);
  }
  return found != nullptr;
}

std::size_t lanes::acquire() {
  const std::lock_guard lock{mutex_};
  return start_new_locked();
}

std::size_t lanes::shared() {
  const std::lock_guard lock{mutex_};
  if (shared_.size() < options_.shared) {
    shared_.push_back(start_new_locked());
    return shared_.back();
  }
  return shared_[next_shared_++ % shared_.size()];
}

void lanes::release(std::size_t index) noexcept {
  const lane* which = nullptr;
  {
    const std::lock_guard lock{mutex_};
    auto node = lanes_.extract(index);
    which = node.mapped().get();
    node.mapped()->retire();
    released_.push_back(std::move(node.mapped()));
  }
  // It may be its own thread that is here.
  options_.elsewhere([this, which] { join_released(*which); });
}

void lanes::join_released(const lane& which) noexcept {
  std::unique_ptr<lane> gone;
  {
    const std::lock_guard lock{mutex_};
    const auto found =
        std::ranges::find(released_, &which, &std::unique_ptr<lane>::get);
    gone = std::move(*found);
    released_.erase(found);
  }
  gone->join();  // without the lock: the turn in progress may need it
}

void lanes::add_to(std::vector<turn_report>& turns) const {
  const std::lock_guard lock{mutex_};
  for (const auto& [index, l] : lanes_) {
    if (const auto age = l->mark().age()) {
      turns.push_back(
          {l->thread_name(), l->mark().running(), duration_of(*age)});
    }
  }
}

void lanes::stop() noexcept {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  for (lane* const l : started()) {
    l->stop();  // without the lock, as above
  }
}

void lanes::join_released() noexcept {
  std::vector<std::unique_ptr<lane>> gone;
  {
    const std::lock_guard lock{mutex_};
    gone.swap(released_);
  }
  for (const auto& l : gone) {
    l->join();
  }
}

bool lanes::drop_queued() noexcept {
  bool any = false;
  for (lane* const l : started()) {
    any = l->drop_queued() || any;
  }
  return any;
}

std::vector<lane*> lanes::started() const {
  std::vector<lane*> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [index, l] : lanes_) {
    all.push_back(l.get());
  }
  return all;
}

}  // namespace troupe
