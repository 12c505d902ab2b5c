// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/process_behaviour.hpp"

#include <algorithm>
#include <utility>

#include "actors/actor_system.hpp"

namespace troupe {
namespace {

// After its last message an actor is soon known to be quiet, without a question
// for each one.
constexpr clock_duration quiet_delay = std::chrono::milliseconds{1};
// Python has so much longer to end a handler that is overdue.
constexpr clock_duration overdue_grace = std::chrono::milliseconds{500};

far_order order_for(stop_reason reason, bool drain) noexcept {
  return drain                             ? far_order::drain
         : reason == stop_reason::shutdown ? far_order::terminate
         : reason == stop_reason::halted   ? far_order::halt
         : reason == stop_reason::stopped  ? far_order::stop
                                           : far_order::kill;
}

}  // namespace

process_behaviour::process_behaviour(process_homes& homes, std::string home,
                                     far_recipe what)
    : homes_{homes}, home_{std::move(home)}, recipe_{std::move(what)} {}

// --- Beginning ---

std::optional<fault> process_behaviour::on_start(actor_cell& self) {
  const turn_scope in_turn;
  if (const auto moved = move_in(self); !moved) {
    return fault{moved.error(), {}};
  }
  busy_ = true;  // started() may send something
  self.system().begin_work();
  self.start_later();
  return std::nullopt;
}

result<void> process_behaviour::move_in(actor_cell& self) {
  auto marks = message_marks::make(first_window(recipe_.concurrency) +
                                   recipe_.stash_capacity);
  if (!marks) {
    return marks.error();
  }
  marks_ = std::move(*marks);
  const blocking_region region{self.system().get_scheduler()};
  const ref_ptr<process_behaviour> me{this};
  for (;;) {
    auto found = homes_.find(home_);
    if (!found) {
      return found.error();
    }
    number_ = (*found)->next_number_of_actor();
    if ((*found)->enter(number_, self, me)) {
      process_ = std::move(*found);
      break;
    }
  }
  const auto spawned = process_->spawn(number_, self, recipe_, marks_);
  begin(self, process_, number_);
  return spawned;
}

std::uint32_t process_behaviour::take_slot() {
  if (!free_slots_.empty()) {
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
  }
  return next_slot_ < marks_->slots() ? next_slot_++ : no_slot;
}

void process_behaviour::give_slot(std::uint32_t slot) noexcept {
  if (slot != no_slot) {
    marks_->at(slot).store(message_marks::waiting);
    free_slots_.push_back(slot);
  }
}

// --- Messages ---

void process_behaviour::on_message(actor_cell& self, envelope& e) {
  asked_ = 0;
  if (!std::exchange(busy_, true)) {
    self.system().begin_work();
  }
  far_behaviour::on_message(self, e);
  if (recipe_.time_limit > clock_duration::zero()) {
    look_later(self);
  }
}

void process_behaviour::on_ready(actor_cell& self) {
  far_behaviour::on_ready(self);
  if (busy_ && kept() == 0 && asked_ == 0) {
    look_later(self);
  }
}

void process_behaviour::on_event(actor_cell& self, far_event& what) {
  const turn_scope in_turn;
  if (auto* const started = std::get_if<actor_started>(&what)) {
    self.started_now(std::move(started->why_not));
  } else if (auto* const ended = std::get_if<actor_ended>(&what)) {
    ended_ = true;
    if (self.state() == actor_cell::life::ending) {
      self.ending_is_over();
    } else {
      self.end_as(ended->reason, std::move(ended->why));
    }
  } else if (const auto* const gone = std::get_if<peer_gone>(&what)) {
    on_gone(self, *gone);
  } else if (const auto* const stash = std::get_if<stash_changed>(&what)) {
    self.set_concurrency(first_window(recipe_.concurrency) +
                         std::min(stash->stashed, recipe_.stash_capacity));
  } else if (const auto* const quiet = std::get_if<was_quiet>(&what)) {
    if (quiet->asked == asked_ && busy_) {
      busy_ = false;
      self.system().end_work();
    }
  } else if (std::holds_alternative<look_again>(what)) {
    look(self);
  }
}

// --- Looking after it ---

void process_behaviour::look_later(actor_cell& self) {
  if (std::exchange(looks_, true)) {
    return;
  }
  const clock_duration delay =
      kept() == 0 ? quiet_delay
                  : std::max<clock_duration>(recipe_.time_limit / 4,
                                             std::chrono::milliseconds{20});
  look_timer_ = self.system().get_scheduler().after(
      delay,
      [me = ref_ptr<process_behaviour>{this}] { me->post(look_again{}); });
}

void process_behaviour::look(actor_cell& self) {
  looks_ = false;
  if (kept() == 0 && busy_ && asked_ == 0) {
    asked_ = ++last_asked_;
    process_->ask_when_quiet(number_, asked_);
  } else if (kept() != 0 && recipe_.time_limit > clock_duration::zero()) {
    if (hangs(self)) {
      process_->kill(
          "a handler ran over its time limit, could not be "
          "interrupted, and was killed with it");
    }
    look_later(self);
  }
}

bool process_behaviour::hangs(const actor_cell& self) const {
  const clock_duration since{marks_->running_since()};
  return since > clock_duration::zero() &&
         self.system().get_scheduler().now() - since >
             recipe_.time_limit + overdue_grace;
}

// --- Ending ---

void process_behaviour::on_gone(actor_cell& self, const peer_gone& how) {
  const turn_scope in_turn;
  gone_ = true;
  gone_why_ = how.why;
  if (self.state() == actor_cell::life::starting) {
    self.started_now(gone_fault(self));
  } else if (self.state() == actor_cell::life::ending) {
    self.ending_is_over();
  } else {
    self.end_as(stop_reason::failed, gone_fault(self));
  }
}

bool process_behaviour::on_ending(actor_cell& self, stop_reason reason,
                                  bool drain) {
  static_cast<void>(self);
  if (ended_ || gone_ || process_ == nullptr) {
    return false;
  }
  if (!drain) {
    marks_->close_gate();
  }
  process_->order(number_, order_for(reason, drain));
  return true;
}

void process_behaviour::on_hurry(actor_cell&) {
  if (process_ != nullptr) {
    marks_->close_gate();
    process_->order(number_, far_order::stop);
  }
}

void process_behaviour::on_stop(actor_cell& self, stop_reason reason) noexcept {
  if (process_ == nullptr) {
    return;
  }
  marks_->close_gate();
  far_behaviour::on_stop(self, reason);
  if (reason == stop_reason::killed && home_.empty()) {
    process_->kill();
  }
  process_->leave(number_);
  process_ = nullptr;
  self.system().get_scheduler().cancel(look_timer_);
  if (std::exchange(busy_, false)) {
    self.system().end_work();
  }
}

// What it would begin before its turn has come is as well left to wait here.
void process_behaviour::on_told_to_stop() noexcept {
  if (where().other != nullptr) {
    marks_->close_gate();
  }
}

void process_behaviour::interrupt(actor_cell&, interrupt_kind kind,
                                  std::uint64_t) noexcept {
  const place there = where();
  if (kind != interrupt_kind::kill || there.other == nullptr) {
    return;
  }
  if (home_.empty()) {
    static_cast<child_process&>(*there.other).kill();
  } else {
    there.other->order(there.number, far_order::kill);
  }
}

// What the marks say, in memory that the child may have written anything to.
outcome process_behaviour::last_outcome(const kept_message& m) noexcept {
  if (m.slot == no_slot) {
    return dead_of(dead_reason::failed);
  }
  const auto state = marks_->at(m.slot).load();
  if (state == message_marks::waiting) {
    return outcome::returned;
  }
  const auto what = static_cast<outcome>(state - message_marks::first_outcome);
  return state >= message_marks::first_outcome && is_outcome(what)
             ? what
             : dead_of(dead_reason::failed);
}

fault process_behaviour::gone_fault(const actor_cell& self) const {
  return {make_error(errc::stopped, "actor '" + self.name() +
                                        "' has lost its process: " + gone_why_),
          {}};
}

fault process_behaviour::last_fault(const actor_cell& self,
                                    stop_reason reason) const {
  if (gone_ && reason != stop_reason::killed) {
    return gone_fault(self);
  }
  return {make_error(errc::stopped, "actor '" + self.name() + "' " +
                                        (reason == stop_reason::killed
                                             ? "was killed"
                                             : "ended before it answered")),
          {}};
}

// --- For people ---

ref_ptr<child_process> process_behaviour::process() const {
  const place there = where();
  return ref_ptr<child_process>{static_cast<child_process*>(there.other.get())};
}

std::string process_behaviour::home() const {
  const auto there = process();
  return (home_.empty() ? "process" : "process:" + home_) +
         (there == nullptr ? "" : ", pid " + std::to_string(there->pid()));
}

}  // namespace troupe
