// SPDX-License-Identifier: Apache-2.0
// An interpreter as the place of actors' turns: attached for each turn.
#pragma once

#include "pybridge/python.hpp"

#include <optional>
#include <utility>

#include "actors/cell/behaviour.hpp"
#include "pybridge/interpreters/interpreter.hpp"
#include "pybridge/interpreters/reaper.hpp"

namespace troupe {

class python_isolate final : public isolate {
public:
  /// `ended_by`: gets the interpreter when the last actor has let go of this
  /// isolate; null for one that others end.
  python_isolate(ref_ptr<interpreter> home, interpreter_end* ended_by)
      : home_{std::move(home)}, ended_by_{ended_by} {}

  void enter() noexcept override { attached_.emplace(*home_); }
  void leave() noexcept override { attached_.reset(); }

  interpreter& home() const noexcept { return *home_; }

private:
  ~python_isolate() override {
    if (ended_by_ != nullptr) {
      ended_by_->end(home_);
    }
  }

  // Constant after construction.
  const ref_ptr<interpreter> home_;
  interpreter_end* const ended_by_;  // outlives the actors

  std::optional<interpreter::attach> attached_;  // the turn's only
};

}  // namespace troupe
