// SPDX-License-Identifier: Apache-2.0
// actor_cell: starting, ending, restarting.
#include <string>
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/cell/cell_extras.hpp"

namespace troupe {
namespace {

fault ended_before_start(const std::string& name, stop_reason reason) {
  return {make_error(errc::stopped, "actor '" + name + "' was " +
                                        std::string{to_string(reason)} +
                                        " before it had started"),
          {}};
}

}  // namespace

bool actor_cell::lives() const noexcept {
  const life now = state();
  return now == life::starting || now == life::running;
}

// A signal. Those that end the incarnation do so in after_dispatch().
void actor_cell::obey(const envelope& e) noexcept {
  switch (static_cast<envelope_kind>(e.kind)) {
    case envelope_kind::start:
      start();
      break;
    case envelope_kind::stop_now:
      hurry();
      finish_for_good(system_.closing() ? stop_reason::shutdown
                                        : stop_reason::stopped);
      break;
    case envelope_kind::terminate:
      hurry();
      finish_for_good(stop_reason::shutdown);
      break;
    case envelope_kind::halt:
      hurry();
      told_to_end(stop_reason::halted);
      break;
    case envelope_kind::restart:
      renewing_ = state() == life::down;
      break;
    case envelope_kind::relieved:
      if (!muted_.load()) {
        unpause(paused_muted);
      }
      break;
    case envelope_kind::ready:
      if (lives() || state() == life::ending) {
        behaviour_->on_ready(*this);
      }
      break;
    case envelope_kind::linked:
      on_linked(static_cast<const end_notice&>(*e.content.attachments()[0]));
      break;
    case envelope_kind::quiet_for:
      check_receive_timeout();
      break;
    default:
      break;  // a kill: after_dispatch() sees whom it is for
  }
}

void actor_cell::take_notice(const envelope& e) noexcept {
  const auto kind = static_cast<envelope_kind>(e.kind);
  if (kind == envelope_kind::stop) {
    drains_ = true;
    finish_for_good(system_.closing() ? stop_reason::shutdown
                                      : stop_reason::stopped);
    return;
  }
  if (state() != life::running || extras_ == nullptr) {
    return;  // meant for an incarnation that has ended
  }
  ref_counted& content = *e.content.attachments()[0];
  if (kind == envelope_kind::timer) {
    timer_token token{};
    if (extras_->timers.take(content, token)) {
      run_limited([&] { behaviour_->on_timer(*this, token); });
    }
    return;
  }
  const auto& what = static_cast<const end_notice&>(content);
  if (kind == envelope_kind::exit) {
    run_limited([&] { behaviour_->on_exit(*this, what); });
  } else if (extras_->watched.erase(what.id()) != 0) {
    run_limited([&] { behaviour_->on_down(*this, what); });
  }
}

void actor_cell::start() noexcept {
  life_.store(life::starting, std::memory_order_relaxed);
  unpause(paused_unborn);
  if (killed()) {
    finish_as(stop_reason::killed);
  }
  auto why_not = finishing_
                     ? std::optional{ended_before_start(name(), *finishing_)}
                     : behaviour_->on_start(*this);
  if (!in_hook_) {
    start_is_over(std::move(why_not));
  }
}

void actor_cell::start_later() noexcept {
  begin_hook();
}

void actor_cell::started_now(std::optional<fault> why_not) noexcept {
  if (state() == life::starting && in_hook_) {
    end_hook();
    start_is_over(std::move(why_not));
  }
}

// Between messages, and until it is over there is work to be done.
void actor_cell::begin_hook() noexcept {
  in_hook_ = true;
  pause(paused_hook);
  system_.begin_work();
}

void actor_cell::end_hook() noexcept {
  if (std::exchange(in_hook_, false)) {
    unpause(paused_hook);
    system_.end_work();
  }
}

void actor_cell::start_is_over(std::optional<fault> why_not) noexcept {
  if (why_not) {
    start_failed(std::move(*why_not));
    return;
  }
  life_.store(life::running, std::memory_order_relaxed);
  started_->set_value({});
  if (setting_.parent != nullptr) {
    setting_.parent->on_child_started(*this, nullptr);
  }
}

void actor_cell::start_failed(fault why) noexcept {
  if (setting_.parent != nullptr) {
    setting_.parent->on_child_started(*this, &why);
  }
  why_ = std::make_unique<fault>(std::move(why));
  finish_as(killed() ? stop_reason::killed : stop_reason::unstarted);
}

// Outside of the isolate, if it has one of its own.
void actor_cell::renew() noexcept {
  renewing_ = false;
  restarts_.fetch_add(1, std::memory_order_relaxed);
  last_fault_ = std::move(why_);
  finishing_.reset();
  delayed_.reset();
  const running_scope scope{*this};
  work_.begin(envelope_kind::start, symbol::none, 0);
  if (make_incarnation()) {
    isolate* const own = setting_.alone.get();
    if (own != nullptr) {
      own->enter();
    }
    start();
    unpause(paused_down);
    system_.end_work();  // see go_down()
    after_dispatch();
    if (own != nullptr) {
      own->leave();
    }
  }
  if (std::exchange(left_home_, false)) {
    setting_.alone.reset();
  }
}

bool actor_cell::make_incarnation() noexcept {
  const auto make = [this] {
    if (setting_.home != nullptr) {
      return setting_.source->make();
    }
    const blocking_region region{system_.get_scheduler()};
    return setting_.source->make();
  };
  auto made = make();
  if (!made) {
    why_ = std::make_unique<fault>(fault{made.error(), {}});
    last_end_ = stop_reason::unstarted;
    setting_.parent->on_child_started(*this, why_.get());
    setting_.parent->on_child_down(*this, *last_end_, why_.get());
    return false;
  }
  setting_.alone = std::move(made->alone);
  const std::lock_guard lock{code_mutex_};
  behaviour_ = std::move(made->code);
  return true;
}

void actor_cell::stop_self() noexcept {
  drains_ = true;
  finish_as(stop_reason::stopped);
}

void actor_cell::fail_self(fault why) noexcept {
  if (!why_) {
    why_ = std::make_unique<fault>(std::move(why));
  }
  finish_as(stop_reason::failed);
}

void actor_cell::end_as(stop_reason reason, std::optional<fault> why) noexcept {
  // A kill may be what it ends of, before its signal was heard.
  if (killed()) {
    finish_as(stop_reason::killed);
    return;
  }
  if (why && !why_) {
    why_ = std::make_unique<fault>(std::move(*why));
  }
  finish_as(reason);
}

// An unborn one ends as soon as it is to start.
void actor_cell::finish_as(stop_reason reason) noexcept {
  if ((lives() || state() == life::unborn) && !finishing_) {
    finishing_ = reason;
  }
}

void actor_cell::told_to_end(stop_reason reason) noexcept {
  if (lives() && !finishing_ && behaviour_->delays_end(*this, reason)) {
    delayed_ = reason;
  } else {
    finish_as(reason);
  }
}

void actor_cell::end_now() noexcept {
  finish_as(delayed_.value_or(stop_reason::stopped));
}

void actor_cell::finish_for_good(stop_reason reason) noexcept {
  for_good_ = true;
  told_to_end(reason);
  if (state() == life::down) {
    renewing_ = false;
    // What it went down of, if the supervisor leaves it at that.
    finishing_ =
        reason == stop_reason::shutdown && *last_end_ != stop_reason::halted
            ? *last_end_
            : reason;
    system_.end_work();  // see go_down()
    go();
  }
}

// An end in which what was kept is finished is to be quick after all.
void actor_cell::hurry() noexcept {
  if (state() == life::ending && std::exchange(drains_, false)) {
    behaviour_->on_hurry(*this);
  }
}

// A start that needed more turns won't get them.
void actor_cell::give_up_start() noexcept {
  end_hook();
  if (setting_.parent != nullptr) {
    const fault why = ended_before_start(name(), *finishing_);
    setting_.parent->on_child_started(*this, &why);
  }
}

void actor_cell::begin_end() noexcept {
  if (state() == life::starting && in_hook_) {
    give_up_start();
  }
  if (*finishing_ != stop_reason::killed &&
      behaviour_->on_ending(*this, *finishing_, drains_)) {
    begin_hook();
    life_.store(life::ending, std::memory_order_relaxed);
  } else {
    end_incarnation();
  }
}

void actor_cell::end_incarnation() noexcept {
  end_hook();
  may_end_ = drains_ = false;
  if (killed() && state() == life::ending) {
    finishing_ = stop_reason::killed;
  }
  const stop_reason reason = *finishing_;
  behaviour_->on_stop(*this, reason);
  let_go_of_extras();
  tell(bonds_.take_links(), envelope_kind::linked, reason);
  left_home_ = true;
  if (setting_.parent != nullptr && !for_good_) {
    go_down();
  } else {
    go();
  }
}

void actor_cell::let_go_of_extras() noexcept {
  if (extras_ == nullptr) {
    return;
  }
  unstash_all();
  for (const auto& [id, other] : extras_->watched) {
    other->bonds_.remove_watcher(*this);
  }
  system_.get_scheduler().cancel(extras_->quiet_timer);
  extras_.reset();
}

// The supervisor decides; until then there is work to be done.
void actor_cell::go_down() noexcept {
  system_.begin_work();
  life_.store(life::down, std::memory_order_relaxed);
  last_end_ = finishing_;
  finishing_.reset();
  drop_code();
  pause(paused_down);
  setting_.parent->on_child_down(*this, *last_end_, why_.get());
}

void actor_cell::drop_code() noexcept {
  ref_ptr<behaviour> last;  // released after the lock
  const std::lock_guard lock{code_mutex_};
  last.swap(behaviour_);
}

void actor_cell::go() noexcept {
  life_.store(life::ended, std::memory_order_relaxed);
  mailbox_.close();
  pauses_ = 0;
  if (mailbox_.paused()) {
    mailbox_.resume();
  }
  while (envelope_ptr left = mailbox_.pop()) {
    dispatch(std::move(left));
  }
  drop_code();
}

// Only when it is gone, for whoever spawned it, too.
void actor_cell::answer_those_who_wait(stop_reason reason) noexcept {
  if (!started_->done()) {
    started_->set_fault(why_ ? std::move(*why_)
                             : ended_before_start(name(), reason));
    ended_->set_value({});
  } else if (why_ && reason == stop_reason::failed) {
    ended_->set_fault(std::move(*why_));
  } else {
    ended_->set_value({});
  }
  if (setting_.parent != nullptr) {
    setting_.parent->on_child_ended(*this, reason);  // who may end now, too
  }
}

}  // namespace troupe
