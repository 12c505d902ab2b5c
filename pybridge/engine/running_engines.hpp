// SPDX-License-Identifier: Apache-2.0
// The engines of this process that have not shut down, for those who look at
// it from outside.
#pragma once

#include "pybridge/python.hpp"

#include <mutex>
#include <vector>

#include "pybridge/engine/engine.hpp"

namespace troupe {

/// Any thread. There is one for the process, because a signal or a client that
/// asks for the process knows nothing else.
class running_engines {
public:
  static running_engines& of_process() noexcept;

  void add(ref_ptr<engine> e);
  void remove(const engine& e) noexcept;
  std::vector<ref_ptr<engine>> all() const;

private:
  mutable std::mutex mutex_;
  std::vector<ref_ptr<engine>> engines_;  // guarded by mutex_
};

}  // namespace troupe
