// SPDX-License-Identifier: Apache-2.0
#include "actors/asking/arrivals.hpp"

#include <utility>

namespace troupe {

ref_ptr<arrivals> arrivals::of(std::vector<ref_ptr<completion>> awaited) {
  auto all = make_ref_counted<arrivals>(std::move(awaited));
  for (std::size_t i = 0; i < all->awaited_.size(); ++i) {
    all->awaited_[i]->on_done([all, i] { all->add(i); }, all.get());
  }
  return all;
}

ref_ptr<completion> arrivals::next(std::size_t count, bool or_fault) {
  const auto wanted = make_ref_counted<completion>();
  ref_ptr<completion> due;
  {
    const std::lock_guard lock{mutex_};
    next_ = wanted;
    needed_ = count;
    or_fault_ = or_fault;
    due = take_next_if_due_locked();
  }
  if (due != nullptr) {
    due->set_value({});
  }
  return wanted;
}

std::vector<std::size_t> arrivals::take() {
  const std::lock_guard lock{mutex_};
  fault_arrived_ = false;
  return std::exchange(arrived_, {});
}

void arrivals::close() noexcept {
  for (const auto& c : awaited_) {
    c->forget(this);
  }
}

void arrivals::add(std::size_t index) {
  ref_ptr<completion> due;
  {
    const std::lock_guard lock{mutex_};
    arrived_.push_back(index);
    fault_arrived_ = fault_arrived_ || !awaited_[index]->has_value();
    due = take_next_if_due_locked();
  }
  if (due != nullptr) {
    due->set_value({});
  }
}

ref_ptr<completion> arrivals::take_next_if_due_locked() {
  const bool enough = arrived_.size() >= needed_;
  return enough || (or_fault_ && fault_arrived_) ? std::exchange(next_, nullptr)
                                                 : nullptr;
}

}  // namespace troupe
