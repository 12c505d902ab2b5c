// SPDX-License-Identifier: Apache-2.0
// Actors for tests: what they do is a function, what they saw is a vector.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "actors/actor_system.hpp"

namespace troupe::testing {

class scripted final : public behaviour {
public:
  using message_function = std::function<void(actor_cell&, envelope&)>;
  using stop_function = std::function<void(stop_reason)>;

  explicit scripted(
      message_function on_message, stop_function on_stop = [](stop_reason) {},
      std::optional<fault> start_fault = std::nullopt)
      : on_message_{std::move(on_message)},
        on_stop_{std::move(on_stop)},
        start_fault_{std::move(start_fault)} {}

  std::optional<fault> on_start(actor_cell&) override {
    return std::move(start_fault_);
  }
  void on_message(actor_cell& self, envelope& e) override {
    on_message_(self, e);
  }
  void on_stop(actor_cell&, stop_reason reason) noexcept override {
    on_stop_(reason);
  }

private:
  message_function on_message_;
  stop_function on_stop_;
  std::optional<fault> start_fault_;
};

template <typename... Arguments>
ref_ptr<behaviour> make_scripted(Arguments&&... arguments) {
  return make_ref_counted<scripted>(std::forward<Arguments>(arguments)...);
}

inline int number_in(const envelope& e) {
  return e.content.as<int>();
}

/// An actor that appends each number it gets to `seen`.
inline ref_ptr<behaviour> make_recorder(std::vector<int>& seen) {
  return make_scripted(
      [&seen](actor_cell&, envelope& e) { seen.push_back(number_in(e)); });
}

}  // namespace troupe::testing
