// SPDX-License-Identifier: Apache-2.0
#include "actors/shared_home.hpp"

#include <utility>

#include "actors/cell/actor_cell.hpp"

namespace troupe {

void shared_home::append_locked(actor_cell& cell) noexcept {
  cell.next_ready_ = nullptr;
  if (last_ == nullptr) {
    first_ = &cell;
  } else {
    last_->next_ready_ = &cell;
  }
  last_ = &cell;
}

void shared_home::make_ready(actor_cell& cell) noexcept {
  cell.retain();
  {
    const std::lock_guard lock{mutex_};
    append_locked(cell);
    if (std::exchange(scheduled_, true)) {
      return;
    }
  }
  if (lane_) {
    scheduler_.schedule_dedicated(*this, *lane_);
  } else {
    scheduler_.schedule(*this);
  }
}

// One of those that are ready becomes the first.
void shared_home::draw_first_locked() noexcept {
  std::size_t count = 0;
  for (const actor_cell* c = first_; c != nullptr; c = c->next_ready_) {
    ++count;
  }
  for (std::size_t i = scheduler_.draw(count); i != 0; --i) {
    actor_cell* const passed = first_;
    first_ = passed->next_ready_;
    append_locked(*passed);
  }
}

ref_ptr<actor_cell> shared_home::next_ready() noexcept {
  const std::lock_guard lock{mutex_};
  if (first_ == nullptr) {
    return nullptr;
  }
  if (steps_) {
    draw_first_locked();
  }
  actor_cell* cell = first_;
  first_ = cell->next_ready_;
  if (first_ == nullptr) {
    last_ = nullptr;
  }
  return ref_ptr<actor_cell>{cell, /*add_ref=*/false};
}

turn_result shared_home::resume() noexcept {
  isolate_->enter();
  for (int i = 0; i < (steps_ ? 1 : cells_a_turn); ++i) {
    const ref_ptr<actor_cell> cell = next_ready();
    if (cell == nullptr) {
      break;
    }
    if (cell->run_in_home() == turn_result::more) {
      cell->retain();
      const std::lock_guard lock{mutex_};
      append_locked(*cell);
    }
  }
  isolate_->leave();
  const std::lock_guard lock{mutex_};
  scheduled_ = first_ != nullptr;
  return scheduled_ ? turn_result::more : turn_result::parked;
}

}  // namespace troupe
