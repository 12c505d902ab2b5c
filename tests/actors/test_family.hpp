// SPDX-License-Identifier: Apache-2.0
// Children for supervisors: what each should do is said by name, what they did
// is in a log. Any thread may use it.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actors/actor_system.hpp"
#include "actors/supervision/supervisor.hpp"

namespace troupe::testing {

/// Messages that the children know; others they note.
inline constexpr int fails = -1;
inline constexpr int stops = -2;

class family {
public:
  explicit family(actor_system& system) : system_{system} {}

  child_spec child(child_terms terms) {
    child_spec spec{.terms = terms};
    spec.spawn = [this, name = terms.name](ref_ptr<child_observer> parent) {
      return system_.spawn(
          make(name),
          {.name = name, .parent = std::move(parent), .source = source(name)});
    };
    return spec;
  }
  child_spec child(std::string name,
                   restart_policy restart = restart_policy::permanent) {
    return child(child_terms{.name = std::move(name), .restart = restart});
  }
  template <typename... Names>
  std::vector<child_spec> children(Names... names) {
    std::vector<child_spec> all;
    (all.push_back(child(names)), ...);
    return all;
  }
  static child_spec nested(const std::string& name, ref_ptr<supervisor> what) {
    child_spec spec{.terms = {.name = name,
                              .shutdown = std::nullopt,
                              .is_supervisor = true}};
    spec.nested = std::move(what);
    return spec;
  }
  static ref_ptr<supervisor> make_supervisor(supervision_terms terms,
                                             std::vector<child_spec> children) {
    return supervisor::make(std::move(terms), std::move(children)).value();
  }

  void note(const std::string& words) {
    const std::lock_guard lock{mutex_};
    log_.push_back(words);
  }
  std::vector<std::string> log() {
    const std::lock_guard lock{mutex_};
    return std::exchange(log_, {});
  }
  void set_unstartable(const std::string& name, bool is = true) {
    set(unstartable_, name, is);
  }
  /// One that ends only when it is killed.
  void set_deaf(const std::string& name, bool is = true) {
    set(deaf_, name, is);
  }
  /// Called in the handler of each message, for those that would block.
  std::function<void(const std::string& name, int message)> on_message;

private:
  class actor final : public behaviour {
  public:
    actor(family& f, std::string name) : family_{f}, name_{std::move(name)} {}

    std::optional<fault> on_start(actor_cell& self) override {
      if (family_.is(family_.unstartable_, name_)) {
        family_.note("can't start " + name_);
        return fault{make_error(errc::failed, "no " + name_ + " today"), {}};
      }
      const turn_scope in_turn;
      const auto& last = self.last_end();
      family_.note("start " + name_ +
                   (last ? " after " + std::string{to_string(*last)} : ""));
      return std::nullopt;
    }
    void on_message(actor_cell& self, envelope& e) override {
      const turn_scope in_turn;
      const int message = e.content.as<int>();
      if (family_.on_message) {
        family_.on_message(name_, message);
      }
      if (message == fails) {
        self.fail(e, {make_error(errc::failed, name_ + " broke"), {}});
      } else if (message == stops) {
        self.stop_self();
      } else {
        family_.note(name_ + " got " + std::to_string(message));
        self.answer(e, payload::of(message));
      }
    }
    bool delays_end(actor_cell&, stop_reason) override {
      return family_.is(family_.deaf_, name_);
    }
    void on_stop(actor_cell&, stop_reason reason) noexcept override {
      family_.note("end " + name_ + " " + std::string{to_string(reason)});
    }

  private:
    family& family_;
    const std::string name_;
  };
  class maker final : public incarnation_source {
  public:
    maker(family& f, std::string name) : family_{f}, name_{std::move(name)} {}
    result<incarnation> make() override {
      return incarnation{family_.make(name_), nullptr};
    }

  private:
    family& family_;
    const std::string name_;
  };

  ref_ptr<behaviour> make(const std::string& name) {
    return make_ref_counted<actor>(*this, name);
  }
  ref_ptr<incarnation_source> source(const std::string& name) {
    return make_ref_counted<maker>(*this, name);
  }
  void set(std::set<std::string>& names, const std::string& name, bool is) {
    const std::lock_guard lock{mutex_};
    if (is) {
      names.insert(name);
    } else {
      names.erase(name);
    }
  }
  bool is(const std::set<std::string>& names, const std::string& name) {
    const std::lock_guard lock{mutex_};
    return names.contains(name);
  }

  actor_system& system_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::string> log_;
  std::set<std::string> unstartable_;
  std::set<std::string> deaf_;
};

}  // namespace troupe::testing
