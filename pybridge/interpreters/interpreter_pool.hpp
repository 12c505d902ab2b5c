// SPDX-License-Identifier: Apache-2.0
// Warm interpreters, so that an actor needn't wait 10 ms for its own.
//
// Creators refill the pool in the background, two at a time, and sleep when it
// is full. What a pool creates is the caller's choice: a second pool whose
// `create` also imports a module is a pool of spares for that module.
#pragma once

#include "pybridge/python.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "pybridge/interpreters/interpreter.hpp"
#include "pybridge/interpreters/reaper.hpp"
#include "pybridge/interpreters/service_threads.hpp"

namespace troupe {

struct pool_stats {
  std::size_t warm = 0;
  std::uint64_t created = 0;
  std::uint64_t failed = 0;  // creations
  /// Mean, of one creation.
  std::chrono::nanoseconds creation_time{0};
};

class interpreter_pool {
public:
  using create_function = std::function<result<ref_ptr<interpreter>>()>;
  using clock = std::chrono::steady_clock;

  /// Starts to fill at once. `create` is called on creator threads.
  interpreter_pool(create_function create, reaper& ended_by,
                   std::size_t target = 2);
  ~interpreter_pool();  // shuts down
  interpreter_pool(const interpreter_pool&) = delete;
  interpreter_pool& operator=(const interpreter_pool&) = delete;

  /// Detached, and in a blocking region if this is a turn: a warm interpreter
  /// at once, else the next that is made. Fails with timed_out, stopped, or
  /// what `create` failed with.
  result<ref_ptr<interpreter>> take(
      std::optional<clock::time_point> deadline = {}) TROUPE_EXCLUDES(gil);

  /// Detached. take() fails from now on; the reaper gets the warm ones.
  void shutdown() TROUPE_EXCLUDES(gil);

  pool_stats stats() const;

private:
  void refill_locked();
  result<ref_ptr<interpreter>> taken_locked();
  void create_one();

  // Constant after construction.
  const create_function create_;
  reaper& reaper_;
  const std::size_t target_;

  mutable std::mutex m_;
  std::condition_variable changed_;
  // Guarded by m_.
  std::vector<ref_ptr<interpreter>> warm_;
  std::vector<error> errors_;  // of creations, one for each waiting taker
  std::size_t creating_ = 0;   // posted or under way
  std::size_t takers_ = 0;     // waiting
  bool closed_ = false;
  pool_stats stats_;

  service_threads creators_;  // last: its threads use the above
};

}  // namespace troupe
