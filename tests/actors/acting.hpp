// SPDX-License-Identifier: Apache-2.0
// Actors for tests of the core: each hook of a behaviour is a function. And a
// supervisor that only writes down what it is told.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/actor_system.hpp"
#include "scheduler/manual_scheduler.hpp"

namespace troupe::testing {

struct hooks {
  std::function<void(actor_cell&, envelope&)> message{};
  std::function<std::optional<fault>(actor_cell&)> start{};
  std::function<void(actor_cell&, stop_reason)> stop{};
  std::function<void(actor_cell&)> ready{};
  std::function<void(actor_cell&, timer_token)> timer{};
  std::function<void(actor_cell&, const end_notice&)> down{};
  std::function<void(actor_cell&, const end_notice&)> exit{};
  std::function<void(actor_cell&)> silence{};  // the receive timeout
  std::function<void()> interrupt{};           // on the caller's thread
};

class acting final : public behaviour {
public:
  explicit acting(hooks h) : hooks_{std::move(h)} {}

  std::optional<fault> on_start(actor_cell& self) override {
    return hooks_.start ? hooks_.start(self) : std::nullopt;
  }
  void on_message(actor_cell& self, envelope& e) override {
    call(hooks_.message, self, e);
  }
  void on_ready(actor_cell& self) override { call(hooks_.ready, self); }
  void on_timer(actor_cell& self, timer_token which) override {
    call(hooks_.timer, self, which);
  }
  void on_down(actor_cell& self, const end_notice& what) override {
    call(hooks_.down, self, what);
  }
  void on_exit(actor_cell& self, const end_notice& what) override {
    call(hooks_.exit, self, what);
  }
  void on_receive_timeout(actor_cell& self) override {
    call(hooks_.silence, self);
  }
  void on_stop(actor_cell& self, stop_reason reason) noexcept override {
    call(hooks_.stop, self, reason);
  }
  void interrupt(actor_cell&, interrupt_kind, std::uint64_t) noexcept override {
    call(hooks_.interrupt);
  }

private:
  template <typename Function, typename... Arguments>
  static void call(const Function& f, Arguments&&... arguments) {
    if (f) {
      f(std::forward<Arguments>(arguments)...);
    }
  }

  const hooks hooks_;
};

inline ref_ptr<behaviour> act(hooks h) {
  return make_ref_counted<acting>(std::move(h));
}

inline fault broken(const char* words = "broken") {
  return {make_error(errc::failed, words), {}};
}

/// Makes incarnations that are all alike, or fails.
class alike final : public incarnation_source {
public:
  explicit alike(hooks h) : hooks_{std::move(h)} {}
  result<incarnation> make() override {
    ++made;
    if (fails) {
      return make_error(errc::failed, "nothing to start from");
    }
    return incarnation{act(hooks_), nullptr};
  }

  int made = 0;
  bool fails = false;

private:
  const hooks hooks_;
};

/// Writes down what it is told; `on_down` may give orders.
class witness final : public child_observer {
public:
  void on_child_down(actor_cell& child, stop_reason reason,
                     const fault* why) noexcept override {
    downs.push_back(reason);
    words = why == nullptr ? "" : why->what.detail;
    if (on_down) {
      on_down(child);
    }
  }
  void on_child_started(actor_cell&, const fault* why_not) noexcept override {
    (why_not == nullptr ? started : not_started) += 1;
  }
  void on_child_ended(actor_cell&, stop_reason reason) noexcept override {
    ends.push_back(reason);
  }

  std::vector<stop_reason> downs{};
  std::vector<stop_reason> ends{};
  std::string words{};
  int started = 0;
  int not_started = 0;
  std::function<void(actor_cell&)> on_down{};
};

/// A system on a manual scheduler.
struct stage {
  explicit stage(std::uint64_t seed = 1) : scheduler{seed} {}
  ~stage() { end(); }
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  actor_ref spawn(hooks h, spawn_options options = {}) {
    return system.spawn(act(std::move(h)), std::move(options)).value();
  }
  /// With `parent` as its supervisor.
  actor_ref spawn_child(hooks h, spawn_options options = {}) {
    source = make_ref_counted<alike>(h);
    options.parent = parent;
    options.source = source;
    return spawn(std::move(h), std::move(options));
  }
  /// All actors end. For a test whose variables their last words need.
  void end() {
    system.begin_shutdown(std::chrono::seconds{1});
    scheduler.run_until_quiet();
  }
  bool quiet() { return system.when_quiet()->done(); }
  std::uint64_t dead(dead_reason reason) { return system.dead().count(reason); }

  manual_scheduler scheduler;
  actor_system system{scheduler};
  const ref_ptr<witness> parent = make_ref_counted<witness>();
  ref_ptr<alike> source{};
};

}  // namespace troupe::testing
