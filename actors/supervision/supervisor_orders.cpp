// SPDX-License-Identifier: Apache-2.0
// supervisor: how it carries out what was decided, and how it ends.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/supervision/supervisor_parts.hpp"

namespace troupe {
namespace {

std::string seconds(std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s",
                std::chrono::duration<double>(time).count());
  return text;
}

std::string too_many(const supervision_terms& terms) {
  const unsigned most = terms.max_restarts.value_or(0);
  return "more than " + std::to_string(most) +
         (most == 1 ? " restart within " : " restarts within ") +
         seconds(terms.within);
}

}  // namespace

// --- how its children see it ------------------------------------------------

void supervisor::parenthood::on_child_down(actor_cell& child,
                                           stop_reason reason,
                                           const fault* why) noexcept {
  event e{.kind = event_kind::down, .child = child.id(), .reason = reason};
  if (why != nullptr) {
    e.why = copy_of(*why);
  }
  of_->post(std::move(e));
}

// If it failed, on_child_down() follows.
void supervisor::parenthood::on_child_started(actor_cell& child,
                                              const fault* why_not) noexcept {
  if (why_not == nullptr) {
    of_->post({.kind = event_kind::started, .child = child.id()});
  }
}

void supervisor::parenthood::on_child_ended(actor_cell& child,
                                            stop_reason reason) noexcept {
  if (supervisor* const nested = behind(child)) {
    nested->dispose();
  }
  of_->post({.kind = event_kind::ended, .child = child.id(), .reason = reason});
}

void supervisor::parenthood::on_up(actor_cell& child) noexcept {
  of_->post({.kind = event_kind::up, .child = child.id()});
}

// --- orders -----------------------------------------------------------------

void supervisor::obey(actor_cell& self, const order& o) {
  const turn_scope in_turn;
  switch (o.what) {
    case order::kind::start:
      return begin(self, o.child);
    case order::kind::halt:
    case order::kind::kill:
      return end_incarnation(self, o.child, o.what == order::kind::kill);
    case order::kind::release:
      return let_go(members_.at(o.child));
    case order::kind::forget:
      return forget(o.child);
    case order::kind::forsake:
      return report("actor '" + members_.at(o.child).ref->name() +
                    "' was killed and doesn't end; its supervisor '" +
                    self.name() + "' goes on without it");
    case order::kind::arm:
      return self.start_timer(timer_token{o.timer}, o.delay);
    case order::kind::disarm:
      self.cancel_timer(timer_token{o.timer});
      return;
    case order::kind::up:
      return is_up(self);
    case order::kind::done:
      return is_done(self);
    case order::kind::answer_start: {
      member& m = members_.at(o.child);
      return resolve(m.starts, m, o.fine);
    }
    case order::kind::answer_end: {
      member& m = members_.at(o.child);
      if (!o.fine || !m.ref) {
        return resolve(m.ends, m, o.fine);
      }
      // When its actor has ended, too; an order to let it go follows.
      ending_.insert_or_assign(m.ref->id(), std::exchange(m.ends, {}));
      return;
    }
  }
}

void supervisor::begin(actor_cell& self, child_key key) {
  const auto found = members_.find(key);
  if (found == members_.end()) {
    return;
  }
  member& m = found->second;
  if (m.ref) {
    m.ref->cell().restart();
    return;
  }
  if (name_is_parting(m.spec.terms.name)) {
    postponed_.insert(key);
    return;
  }
  auto spawned = spawn_child(self, m.spec);
  if (spawned) {
    keys_.emplace(spawned->id(), key);
    const std::lock_guard lock{mutex_};
    m.ref = *spawned;
    first_ = first_ ? first_ : m.ref;
    return;
  }
  m.why = fault{spawned.error(), {}};
  decide([&](supervision& s) { s.child_not_started(key, now_of(self)); });
  note_culprit(key);
}

bool supervisor::name_is_parting(const std::string& name) const {
  return !name.empty() && std::ranges::any_of(parting_, [&](const auto& entry) {
    return entry.second == name;
  });
}

result<actor_ref> supervisor::spawn_child(actor_cell& self,
                                          const child_spec& spec) {
  const auto parent = make_ref_counted<parenthood>(ref_ptr<supervisor>{this});
  if (spec.nested != nullptr) {
    return self.system().spawn(
        spec.nested, {.name = spec.terms.name,
                      .parent = parent,
                      .source = make_ref_counted<same_again>(spec.nested)});
  }
  const blocking_region region{self.system().get_scheduler()};
  return spec.spawn(parent);
}

void supervisor::end_incarnation(actor_cell& self, child_key key,
                                 bool at_once) {
  const member& m = members_.at(key);
  if (!m.ref) {  // its start was postponed
    postponed_.erase(key);
    decide([&](supervision& s) {
      s.child_ended(key, child_exit::normal, now_of(self));
    });
    return;
  }
  if (at_once) {
    m.ref->kill();
  } else {
    m.ref->cell().halt();
  }
}

// Its actor ends for good; what it has of mail becomes dead letters.
void supervisor::let_go(member& m) {
  if (m.ref && keys_.contains(m.ref->id())) {
    parting_.emplace(m.ref->id(), m.spec.terms.name);
    m.ref->cell().terminate();
  }
  const std::lock_guard lock{mutex_};
  m.ref.reset();
}

void supervisor::forget(child_key key) {
  const auto found = members_.find(key);
  if (found == members_.end()) {
    return;
  }
  let_go(found->second);
  const std::lock_guard lock{mutex_};
  members_.erase(found);
}

void supervisor::resolve(answers& waiting, const member& m, bool fine) {
  for (const auto& answer : std::exchange(waiting, {})) {
    if (fine) {
      answer->child = m.ref ? *m.ref : actor_ref{};
      answer->done.set_value({});
    } else if (m.why) {
      answer->done.set_fault(copy_of(*m.why));
    } else {
      answer->done.set_fault(
          {make_error(errc::stopped, "child '" + m.spec.terms.name +
                                         "' was ended before it had started"),
           {}});
    }
  }
}

// --- its own start and end --------------------------------------------------

void supervisor::is_up(actor_cell& self) {
  ready_->set_value({});
  if (auto* parent = dynamic_cast<parenthood*>(self.parent())) {
    parent->on_up(self);
  }
}

// All children are down. If nobody will restart this supervisor, they end.
void supervisor::is_done(actor_cell& self) {
  if (self.parent() != nullptr && !for_good_) {
    return finish(self);
  }
  for (auto at = members_.rbegin(); at != members_.rend(); ++at) {
    const auto* c = decides_.find(at->first);
    if (at->second.ref && c != nullptr && c->state == child_state::stuck) {
      at->second.ref->cell().terminate();  // whenever that will be
    } else {
      let_go(at->second);
    }
  }
  leaving_ = true;
  finish_if_alone(self);
}

void supervisor::finish_if_alone(actor_cell& self) {
  if (leaving_ && parting_.empty()) {
    leaving_ = false;
    finish(self);
  }
}

void supervisor::finish(actor_cell& self) {
  const turn_scope in_turn;
  const bool started = ready_->has_value();
  if (!started && !ready_->done()) {
    ready_->set_fault(why_over(self));
  }
  if (told_to_end_) {
    self.end_now();
  } else if (decides_.how() == supervision::outcome::stopped ||
             (!started && self.parent() == nullptr)) {
    self.stop_self();
  } else {
    fault why = why_over(self);
    if (started) {  // else whoever began it has been told why
      report(why.what.detail);
    }
    self.fail_self(std::move(why));
  }
}

fault supervisor::why_over(const actor_cell& self) const {
  std::string words = "supervisor '" + self.name() + "' ";
  const supervision_terms& terms = decides_.terms();
  switch (decides_.how()) {
    case supervision::outcome::stopped:
      words += "was ended before it had started";
      break;
    case supervision::outcome::unstarted:
      words += "couldn't start";
      break;
    case supervision::outcome::gave_up:
      words += "gives up: " + too_many(terms);
      if (!decides_.culprit().empty()) {
        words += "; the last to end was '" + decides_.culprit() + "'";
      }
      break;
  }
  fault why{make_error(errc::failed, std::move(words)), {}};
  if (last_why_) {
    why.what.detail += ": " + last_why_->what.detail;
    why.raised = last_why_->raised.clone();
  }
  return why;
}

void supervisor::report(const std::string& words) const {
  if (report_) {
    report_(words);
  }
}

}  // namespace troupe
