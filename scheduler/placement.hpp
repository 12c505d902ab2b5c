// SPDX-License-Identifier: Apache-2.0
// Where a runnable goes that is to be run: the policy, and nothing else.
//
//   from a turn, to a runnable that last ran
//     here                     the hot slot; the queue, if this turn is long
//     on a worker that's awake that worker's queue
//     on one that sleeps       here, if this turn is short and woke nothing
//                              else: a request and its reply need no thread
//                              switch. Otherwise there, and it is woken
//     on one that is away      the injector
//     nowhere yet              each base worker in turn; here, if none sleeps
//   from a turn that is away   as from outside
//   from outside               where it last ran; each base worker in turn
#pragma once

#include "base/ticks.hpp"
#include "scheduler/worker_group.hpp"

namespace troupe {

class placement {
public:
  placement(worker_group& group, activity& counts);

  /// Any thread. Takes over a reference to `r`.
  void place(runnable& r) noexcept;

private:
  void place_from_turn(worker& here, runnable& r) noexcept;
  void place_from_outside(runnable& r) noexcept;
  void keep(worker& here, runnable& r) noexcept;
  void spread(worker& here, runnable& r) noexcept;
  bool may_adopt(const worker& here) const noexcept;
  worker* last_worker_of(const runnable& r) noexcept;

  worker_group& group_;
  activity& counts_;
  const ticks young_turn_;
};

}  // namespace troupe
