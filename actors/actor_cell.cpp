// SPDX-License-Identifier: Apache-2.0
#include "actors/actor_cell.hpp"

#include <utility>

#include "actors/actor_system.hpp"
#include "actors/shared_home.hpp"

namespace troupe {
namespace {

constinit thread_local actor_cell* running_cell = nullptr;

fault ended_before_start(const std::string& name, stop_reason reason) {
  return {make_error(errc::stopped, "actor '" + name + "' was " +
                                        std::string{to_string(reason)} +
                                        " before it had started"),
          {}};
}

fault unanswered(const std::string& name) {
  return {make_error(errc::failed, "actor '" + name +
                                       "' handled the request and didn't "
                                       "answer it"),
          {}};
}

}  // namespace

actor_cell::actor_cell(actor_system& system, setting s, ref_ptr<behaviour> what)
    : system_{system},
      owner_{system.owner()},
      setting_{std::move(s)},
      started_{make_ref_counted<completion>()},
      ended_{make_ref_counted<completion>()},
      behaviour_{std::move(what)},
      mailbox_{setting_.mailbox_capacity} {}

actor_cell* actor_cell::current() noexcept {
  return running_cell;
}

push_result actor_cell::deliver(envelope_ptr&& e) noexcept {
  const push_result result = mailbox_.push(std::move(e));
  if (result == push_result::woke_reader) {
    wake();
  } else if (result == push_result::closed) {
    system_.dead().add(std::move(e), id(), name(), dead_reason::stopped);
  }
  return result;
}

bool actor_cell::signal(envelope_kind kind) noexcept {
  auto e = make_envelope();
  e->kind = static_cast<std::uint8_t>(kind);
  const push_result result = mailbox_.push_signal(std::move(e));
  if (result == push_result::woke_reader) {
    wake();
  }
  return result != push_result::closed;
}

void actor_cell::kill() noexcept {
  // Release: pairs with killed().
  if (!killed_.exchange(true, std::memory_order_release)) {
    signal(envelope_kind::kill);
    behaviour_->interrupt();
    const std::lock_guard lock{wait_mutex_};
    if (waits_for_ != nullptr) {
      waits_for_->interrupt_waits();
    }
  }
}

wait_result actor_cell::wait(completion& c,
                             std::optional<std::chrono::nanoseconds> timeout) {
  const auto set = [this](completion* waited) {
    const std::lock_guard lock{wait_mutex_};
    waits_for_ = waited;
  };
  const blocking_region region{system_.get_scheduler()};
  set(&c);
  // A kill that came before set() is seen here, one after it interrupts.
  const wait_result result =
      killed() ? wait_result::interrupted : c.wait(timeout);
  set(nullptr);
  return result;
}

void actor_cell::wake() noexcept {
  if (setting_.home != nullptr) {
    setting_.home->make_ready(*this);
  } else if (setting_.lane) {
    system_.get_scheduler().schedule_dedicated(*this, setting_.lane->index);
  } else {
    system_.get_scheduler().schedule(*this);
  }
}

turn_result actor_cell::resume() noexcept {
  const turn_scope in_turn;
  if (isolate* const own = setting_.alone.get(); own != nullptr) {
    own->enter();
    run_quantum();
    own->leave();
  } else {
    run_quantum();
  }
  publish_end();
  return mailbox_.settle() ? turn_result::more : turn_result::parked;
}

turn_result actor_cell::run_in_home() noexcept {
  const turn_scope in_turn;
  run_quantum();
  publish_end();
  return mailbox_.settle() ? turn_result::more : turn_result::parked;
}

void actor_cell::run_quantum() noexcept {
  running_cell = this;
  for (int i = 0; i < quantum; ++i) {
    envelope_ptr e = mailbox_.pop();
    if (e == nullptr) {
      break;
    }
    dispatch(std::move(e));
    if (killed()) {
      finish_as(stop_reason::killed);
    }
    if (finishing_ && !gone_) {
      end();
    }
  }
  running_cell = nullptr;
}

void actor_cell::dispatch(envelope_ptr e) noexcept {
  const auto kind = static_cast<envelope_kind>(e->kind);
  if (kind == envelope_kind::message || kind == envelope_kind::call) {
    if (gone_) {
      system_.dead().add(std::move(e), id(), name(), dead_reason::stopped);
    } else {
      handle(std::move(e));
    }
  } else if (kind == envelope_kind::start) {
    start();
  } else if (kind == envelope_kind::stop) {
    finish_as(system_.closing() ? stop_reason::shutdown : stop_reason::stopped);
  } else if (kind == envelope_kind::ready && !gone_) {
    behaviour_->on_ready(*this);
  }  // kill: run_quantum() sees it by itself
}

void actor_cell::start() noexcept {
  if (finishing_ || gone_) {
    return;
  }
  if (std::optional<fault> failure = behaviour_->on_start(*this)) {
    why_ = std::move(failure);
    finish_as(stop_reason::unstarted);
    return;
  }
  running_ = true;
  started_->set_value({});
}

void actor_cell::handle(envelope_ptr e) noexcept {
  sender_ = static_cast<actor_id>(e->sender);
  behaviour_->on_message(*this, *e);
  sender_ = actor_id::nobody;
  if (std::exchange(refused_, false)) {
    return;
  }
  // Relaxed, and no read-modify-write: only the turn writes it.
  handled_.store(handled_.load(std::memory_order_relaxed) + 1,
                 std::memory_order_relaxed);
  if (e->reply_to != nullptr) {
    static_cast<completion&>(*e->reply_to).set_fault(unanswered(name()));
  }
}

void actor_cell::stop_self() noexcept {
  finish_as(stop_reason::stopped);
}

void actor_cell::refuse(envelope& e, dead_reason reason, fault&& why) noexcept {
  refused_ = true;
  system_.dead().note(e, id(), reason);
  if (e.reply_to != nullptr) {
    static_cast<completion&>(*e.reply_to).set_fault(std::move(why));
    e.reply_to = nullptr;
  }
}

void actor_cell::fail(envelope& e, fault why) noexcept {
  refuse(e, dead_reason::failed, {why.what, {}});
  fail_self(std::move(why));
}

void actor_cell::fail_self(fault why) noexcept {
  why_.emplace(std::move(why));
  finish_as(stop_reason::failed);
}

void actor_cell::answer(envelope& e, payload&& value) noexcept {
  if (e.reply_to != nullptr &&
      !static_cast<completion&>(*e.reply_to).set_value(std::move(value))) {
    system_.dead().note(e, id(), dead_reason::late_reply);
  }
  e.reply_to = nullptr;
}

void actor_cell::answer(envelope& e, fault&& why) noexcept {
  if (e.reply_to != nullptr &&
      !static_cast<completion&>(*e.reply_to).set_fault(std::move(why))) {
    system_.dead().note(e, id(), dead_reason::late_reply);
  }
  e.reply_to = nullptr;
}

void actor_cell::finish_as(stop_reason reason) noexcept {
  if (!finishing_) {
    finishing_ = reason;
  }
}

void actor_cell::end() noexcept {
  mailbox_.close();
  behaviour_->on_stop(*this, *finishing_);
  gone_ = true;
  while (envelope_ptr left = mailbox_.pop()) {
    dispatch(std::move(left));
  }
}

void actor_cell::publish_end() noexcept {
  if (!gone_ || std::exchange(published_, true)) {
    return;
  }
  setting_.alone.reset();
  if (setting_.lane && setting_.lane->released) {
    system_.get_scheduler().release_lane(setting_.lane->index);
  }
  system_.forget(*this, *finishing_);
  if (!running_) {
    // Only now: whoever spawned it finds it gone.
    started_->set_fault(why_ ? std::move(*why_)
                             : ended_before_start(name(), *finishing_));
    ended_->set_value({});
  } else if (why_) {
    ended_->set_fault(std::move(*why_));
  } else {
    ended_->set_value({});
  }
}

}  // namespace troupe
