// SPDX-License-Identifier: Apache-2.0
// Several actors in one isolate, of which one at a time takes a turn.
//
// The home is what the scheduler runs; it enters the isolate once and gives
// each of its woken actors a quantum.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>

#include "actors/cell/behaviour.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

class actor_cell;

class shared_home final : public runnable {
public:
  /// `lane`: run on that dedicated worker of the scheduler, not on the others.
  shared_home(scheduler& s, ref_ptr<isolate> where,
              std::optional<std::size_t> lane = std::nullopt)
      : scheduler_{s},
        isolate_{std::move(where)},
        lane_{lane},
        steps_{s.steps()} {}

  /// Any thread: `cell` has been woken and takes a turn in here soon.
  void make_ready(actor_cell& cell) noexcept;

  turn_result resume() noexcept override;

  isolate& where() const noexcept { return *isolate_; }

private:
  static constexpr int cells_a_turn = 64;

  ref_ptr<actor_cell> next_ready() noexcept;
  void draw_first_locked() noexcept;
  void append_locked(actor_cell& cell) noexcept;

  // Constant.
  scheduler& scheduler_;
  const ref_ptr<isolate> isolate_;
  const std::optional<std::size_t> lane_;
  const bool steps_;  // one cell a turn, any of them

  std::mutex mutex_;
  // Guarded by mutex_: woken actors, each held by a count, oldest first.
  actor_cell* first_ = nullptr;
  actor_cell* last_ = nullptr;
  bool scheduled_ = false;
};

}  // namespace troupe
