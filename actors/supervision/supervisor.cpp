// SPDX-License-Identifier: Apache-2.0
#include "actors/supervision/supervisor.hpp"

#include <algorithm>
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/supervision/supervisor_parts.hpp"

namespace troupe {
namespace {

// What an end means for the policy; of orders it is the supervision that knows.
child_exit exit_of(stop_reason reason) noexcept {
  return is_abnormal(reason) ? child_exit::abnormal : child_exit::normal;
}

}  // namespace

supervisor::supervisor(supervision_terms terms, reporter report,
                       std::uint64_t seed)
    : report_{std::move(report)},
      ready_{make_ref_counted<completion>()},
      decides_{std::move(terms), seed} {}

result<ref_ptr<supervisor>> supervisor::make(supervision_terms terms,
                                             std::vector<child_spec> children,
                                             reporter report,
                                             std::uint64_t seed) {
  ref_ptr<supervisor> made{
      new supervisor{std::move(terms), std::move(report), seed}};
  for (child_spec& spec : children) {
    const auto key = made->decides_.add(spec.terms);
    if (!key) {
      return key.error();
    }
    made->members_.emplace(*key, member{std::move(spec)});
  }
  return made;
}

result<actor_ref> supervisor::spawn(actor_system& system,
                                    ref_ptr<supervisor> what,
                                    std::string name) {
  auto source = make_ref_counted<same_again>(what);
  return system.spawn(std::move(what),
                      {.name = std::move(name), .source = std::move(source)});
}

supervisor* supervisor::behind(const actor_cell& cell) noexcept {
  const auto* source = dynamic_cast<const same_again*>(cell.source());
  return source == nullptr ? nullptr : &source->what();
}

std::optional<actor_ref> supervisor::first_child() const {
  const std::lock_guard lock{mutex_};
  return first_;
}

std::vector<child_view> supervisor::children() const {
  const std::lock_guard lock{mutex_};
  std::vector<child_view> all;
  for (const auto& [key, m] : members_) {
    if (const auto* c = decides_.find(key)) {
      all.push_back({.name = c->terms.name,
                     .ref = m.ref,
                     .is_supervisor = m.spec.nested != nullptr,
                     .state = c->state,
                     .restarts = c->restarts,
                     .restart = c->terms.restart});
    }
  }
  return all;
}

// --- as a behaviour ---------------------------------------------------------

std::optional<fault> supervisor::on_start(actor_cell& self) {
  {
    const std::lock_guard lock{inbox_mutex_};
    self_ = actor_ref{ref_ptr<actor_cell>{&self}};
  }
  told_to_end_ = for_good_ = leaving_ = false;
  last_why_.reset();
  decide([&](supervision& s) { s.start(now_of(self)); });
  work(self);
  return std::nullopt;
}

void supervisor::on_message(actor_cell& self, envelope& e) {
  const turn_scope in_turn;
  self.refuse(e, dead_reason::no_handler,
              {make_error(errc::no_handler, "'" + self.name() +
                                                "' is a supervisor, which "
                                                "takes no messages"),
               {}});
}

void supervisor::on_ready(actor_cell& self) {
  work(self);
}

void supervisor::on_timer(actor_cell& self, timer_token which) {
  decide([&](supervision& s) {
    s.timer_fired(static_cast<std::uint64_t>(which), now_of(self));
  });
  work(self);
}

bool supervisor::delays_end(actor_cell& self, stop_reason reason) {
  told_to_end_ = true;
  for_good_ = for_good_ || reason != stop_reason::halted;
  self.signal(envelope_kind::ready);  // not now, so that the cell has noted it
  return true;
}

// Of a kill, or a fault from outside, its children know nothing yet.
void supervisor::on_stop(actor_cell& self, stop_reason) noexcept {
  for (const order& o : decide([](supervision& s) {
         if (s.now_in() != supervision::phase::over) {
           s.kill_all();
         }
         return s.take_orders();
       })) {
    obey(self, o);
  }
  {
    const std::lock_guard lock{inbox_mutex_};
    self_.reset();
  }
  if (!ready_->done()) {
    ready_->set_fault(why_over(self));
  }
  if (self.parent() == nullptr) {
    dispose();
  }
}

// It has ended for good, or its cell did while it was down.
void supervisor::dispose() noexcept {
  std::vector<event> unread;
  {
    const std::lock_guard lock{inbox_mutex_};
    closed_ = true;
    self_.reset();
    unread.swap(inbox_);
  }
  for (event& e : unread) {
    if (e.asked) {
      e.asked->answer->done.set_fault(has_ended());
    }
  }
  const std::lock_guard lock{mutex_};
  for (auto at = members_.rbegin(); at != members_.rend(); ++at) {
    member& m = at->second;
    resolve(m.starts, m, false);
    resolve(m.ends, m, true);
    if (m.ref) {
      m.ref->cell().terminate();
    }
  }
  members_.clear();
  first_.reset();  // it keeps this supervisor alive: its parent
  for (const auto& [id, waiting] : std::exchange(ending_, {})) {
    for (const auto& answer : waiting) {
      answer->done.set_value({});
    }
  }
}

// --- what happens -----------------------------------------------------------

void supervisor::post(event e) noexcept {
  std::optional<actor_ref> self;
  {
    const std::lock_guard lock{inbox_mutex_};
    if (closed_) {
      return;
    }
    inbox_.push_back(std::move(e));
    self = self_;
  }
  if (self) {
    self->cell().signal(envelope_kind::ready);
  }
}

// Until nothing is left to be done at once.
void supervisor::work(actor_cell& self) {
  if (told_to_end_) {
    decide([&](supervision& s) { s.stop(now_of(self)); });
  }
  for (;;) {
    std::vector<event> events;
    {
      const std::lock_guard lock{inbox_mutex_};
      events.swap(inbox_);
    }
    for (event& e : events) {
      happened(self, e);
    }
    const auto orders = decide([](supervision& s) { return s.take_orders(); });
    if (orders.empty() && events.empty()) {
      return;
    }
    for (const order& o : orders) {
      obey(self, o);
    }
  }
}

void supervisor::happened(actor_cell& self, event& e) {
  if (e.kind == event_kind::operation) {
    return perform(self, *e.asked);
  }
  const auto known = keys_.find(e.child);
  if (known == keys_.end()) {
    return;
  }
  const auto member_of = members_.find(known->second);
  const bool nested =
      member_of != members_.end() && member_of->second.spec.nested != nullptr;
  switch (e.kind) {
    case event_kind::started:
      if (nested) {
        return;  // it is when its children are: `up`
      }
      [[fallthrough]];
    case event_kind::up:
      return decide([&](supervision& s) {
        s.child_started(known->second, now_of(self));
      });
    case event_kind::down:
      return child_is_down(self, e);
    default:
      return child_has_ended(self, e);
  }
}

void supervisor::child_is_down(actor_cell& self, event& e) {
  const child_key key = keys_.at(e.child);
  const auto found = members_.find(key);
  const auto* c = decides_.find(key);
  if (found == members_.end() || c == nullptr) {
    return;
  }
  if (e.reason == stop_reason::unstarted && c->restarts > 0 && e.why) {
    report(e.why->what.detail);
  }
  found->second.why = std::move(e.why);
  decide([&](supervision& s) {
    s.child_ended(key, exit_of(e.reason), now_of(self));
  });
  note_culprit(key);
}

// If it was the end of that child which ends all.
void supervisor::note_culprit(child_key key) {
  const auto found = members_.find(key);
  if (!last_why_ && found != members_.end() && found->second.why &&
      (decides_.now_in() == supervision::phase::leaving ||
       decides_.now_in() == supervision::phase::over)) {
    last_why_ = copy_of(*found->second.why);
  }
}

void supervisor::child_has_ended(actor_cell& self, event& e) {
  const child_key key = keys_.at(e.child);
  keys_.erase(e.child);
  const bool expected = parting_.erase(e.child) != 0;
  if (const auto waiting = ending_.extract(e.child); !waiting.empty()) {
    for (const auto& answer : waiting.mapped()) {
      answer->done.set_value({});
    }
  }
  if (const auto found = members_.find(key);
      !expected && found != members_.end()) {
    decide([&](supervision& s) {
      found->second.ref.reset();
      s.child_ended(key, child_exit::final, now_of(self));
    });
  }
  for (const child_key waiting : std::exchange(postponed_, {})) {
    begin(self, waiting);
  }
  finish_if_alone(self);
}

// --- operations -------------------------------------------------------------

ref_ptr<supervisor_answer> supervisor::start_child(child_spec spec) {
  return ask({.what = operation::start, .spec = std::move(spec)});
}

ref_ptr<supervisor_answer> supervisor::restart_child(std::string name) {
  return ask({.what = operation::restart, .name = std::move(name)});
}

ref_ptr<supervisor_answer> supervisor::terminate_child(std::string name) {
  return ask({.what = operation::terminate, .name = std::move(name)});
}

ref_ptr<supervisor_answer> supervisor::terminate_child(actor_id child) {
  return ask({.what = operation::terminate, .child = child});
}

ref_ptr<supervisor_answer> supervisor::delete_child(std::string name) {
  return ask({.what = operation::forget, .name = std::move(name)});
}

ref_ptr<supervisor_answer> supervisor::ask(request r) {
  const auto answer = make_ref_counted<supervisor_answer>();
  const actor_cell* asker = actor_cell::current();
  r.asker = asker == nullptr ? actor_id::nobody : asker->id();
  r.answer = answer;
  {
    const std::lock_guard lock{inbox_mutex_};
    if (closed_) {
      answer->done.set_fault(has_ended());
      return answer;
    }
  }
  post({.kind = event_kind::operation, .asked = std::move(r)});
  return answer;
}

// A child that waits for what can only be once it is done itself.
std::optional<error> supervisor::deadlock_of(const request& r) const {
  const auto asker = keys_.find(r.asker);
  const auto* c = asker == keys_.end() ? nullptr : decides_.find(asker->second);
  if (c == nullptr) {
    return std::nullopt;
  }
  const bool itself =
      r.child == r.asker || (!c->terms.name.empty() && c->terms.name == r.name);
  if (itself && r.what == operation::terminate) {
    return make_error(errc::refused,
                      "an actor can't wait for its own end: use stop()");
  }
  if (c->state == child_state::starting && r.what != operation::forget) {
    return make_error(errc::refused,
                      "child '" + c->terms.name +
                          "' can't have its supervisor start or end another "
                          "before it has started itself");
  }
  return std::nullopt;
}

void supervisor::perform(actor_cell& self, request& r) {
  if (auto deadlock = deadlock_of(r)) {
    r.answer->done.set_fault({std::move(*deadlock), {}});
    return;
  }
  const auto child = keys_.find(r.child);
  const auto done = decide([&](supervision& s) -> result<child_key> {
    const auto now = now_of(self);
    switch (r.what) {
      case operation::start:
        return s.start_child(r.spec.terms, now);
      case operation::restart:
        return s.restart_child(r.name, now);
      case operation::terminate:
        return r.name.empty()
                   ? s.terminate_child(
                         child == keys_.end() ? child_key::none : child->second,
                         now)
                   : s.terminate_child(r.name, now);
      case operation::forget:
        break;
    }
    return s.delete_child(r.name);
  });
  if (!done) {
    r.answer->done.set_fault({done.error(), {}});
  } else if (r.what == operation::start) {
    const std::lock_guard lock{mutex_};
    members_.emplace(*done, member{.spec = std::move(r.spec),
                                   .starts = {std::move(r.answer)}});
  } else if (r.what == operation::restart) {
    members_.at(*done).starts.push_back(std::move(r.answer));
  } else if (r.what == operation::terminate) {
    members_.at(*done).ends.push_back(std::move(r.answer));
  } else {
    r.answer->done.set_value({});
  }
}

}  // namespace troupe
