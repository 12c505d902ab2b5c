// SPDX-License-Identifier: Apache-2.0
// What the two halves of supervisor share; nobody else includes it.
#pragma once

#include <utility>

#include "actors/actor_system.hpp"
#include "actors/supervision/supervisor.hpp"

namespace troupe {

class supervisor::same_again final : public incarnation_source {
public:
  explicit same_again(ref_ptr<supervisor> what) : what_{std::move(what)} {}

  result<incarnation> make() override { return incarnation{what_, nullptr}; }
  supervisor& what() const noexcept { return *what_; }

private:
  const ref_ptr<supervisor> what_;
};

class supervisor::parenthood final : public child_observer {
public:
  explicit parenthood(ref_ptr<supervisor> of) : of_{std::move(of)} {}

  void on_child_down(actor_cell& child, stop_reason reason,
                     const fault* why) noexcept override;
  void on_child_started(actor_cell& child,
                        const fault* why_not) noexcept override;
  void on_child_ended(actor_cell& child, stop_reason reason) noexcept override;
  void on_up(actor_cell& child) noexcept;

private:
  const ref_ptr<supervisor> of_;
};

template <typename Decision>
auto supervisor::decide(Decision d) {
  const std::lock_guard lock{mutex_};
  return d(decides_);
}

inline std::chrono::nanoseconds now_of(const actor_cell& self) {
  return self.system().get_scheduler().now();
}

inline fault copy_of(const fault& why) {
  return {why.what, why.raised.clone()};
}

inline fault has_ended() {
  return {make_error(errc::stopped, "the supervisor has ended"), {}};
}

}  // namespace troupe
