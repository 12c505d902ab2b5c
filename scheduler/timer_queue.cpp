// SPDX-License-Identifier: Apache-2.0
#include "scheduler/timer_queue.hpp"

namespace troupe {

timer_id timer_queue::add(clock_duration deadline, std::function<void()> fire) {
  const timer_id id{++last_id_};
  by_time_.emplace(key{deadline, id}, std::move(fire));
  deadlines_.emplace(id, deadline);
  return id;
}

std::function<void()> timer_queue::remove(timer_id id) {
  const auto found = deadlines_.find(id);
  if (found == deadlines_.end()) {
    return {};
  }
  auto node = by_time_.extract(key{found->second, id});
  deadlines_.erase(found);
  return std::move(node.mapped());
}

std::function<void()> timer_queue::take_due(clock_duration now) {
  if (by_time_.empty() || by_time_.begin()->first.first > now) {
    return {};
  }
  auto node = by_time_.extract(by_time_.begin());
  deadlines_.erase(node.key().second);
  return std::move(node.mapped());
}

std::optional<clock_duration> timer_queue::next_deadline() const {
  if (by_time_.empty()) {
    return std::nullopt;
  }
  return by_time_.begin()->first.first;
}

}  // namespace troupe
