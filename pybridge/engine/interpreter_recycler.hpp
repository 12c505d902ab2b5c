// SPDX-License-Identifier: Apache-2.0
// Interpreters that are used again, for tests, which begin and end many
// systems.
//
// A new interpreter takes 10 ms. One that is used again is made as good as new
// where tests care: the program's own modules are loaded anew, __main__ is
// empty, atexit functions have run. The standard library and what is installed
// stay loaded as they are. One that has threads of its own is not used again.
#pragma once

#include "pybridge/python.hpp"

#include <mutex>
#include <vector>

#include "pybridge/interpreters/reaper.hpp"
#include "pybridge/interpreters/runtime.hpp"

namespace troupe {

class interpreter_recycler final : public ref_counted, public interpreter_end {
public:
  explicit interpreter_recycler(runtime& r) : runtime_{r} {}

  /// Detached. One that was used before, or a new one.
  result<ref_ptr<interpreter>> take() TROUPE_EXCLUDES(gil);
  /// Any thread; doesn't block.
  void end(ref_ptr<interpreter> home) override;
  /// Detached. Runs the atexit functions of those that came back.
  void settle() TROUPE_EXCLUDES(gil);
  /// Detached. Ends all; take() makes new ones from then on.
  void shutdown() TROUPE_EXCLUDES(gil);

private:
  ref_ptr<interpreter> pop(std::vector<ref_ptr<interpreter>>& from);

  runtime& runtime_;
  reaper reaper_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<ref_ptr<interpreter>> used_;
  std::vector<ref_ptr<interpreter>> clean_;
};

}  // namespace troupe
