// SPDX-License-Identifier: Apache-2.0
// actor_cell: what it offers its behaviour: stash, watches, links, timers.
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/cell/cell_extras.hpp"

namespace troupe {

actor_cell::extras& actor_cell::more() {
  if (extras_ == nullptr) {
    extras_ = std::make_unique<extras>(*this);
  }
  return *extras_;
}

bool actor_cell::stash(envelope_ptr& message) noexcept {
  auto& stashed = more().stashed;
  if (stashed.size() >= setting_.stash_capacity) {
    return false;
  }
  behaviour_->on_stash(*this, *message);
  stashed.push_back(std::move(message));
  return true;
}

void actor_cell::unstash_all() noexcept {
  if (extras_ == nullptr) {
    return;
  }
  auto& stashed = extras_->stashed;
  for (; !stashed.empty(); stashed.pop_back()) {
    mailbox_.put_back(std::move(stashed.back()));
  }
}

std::size_t actor_cell::stashed() const noexcept {
  return extras_ == nullptr ? 0 : extras_->stashed.size();
}

void actor_cell::watch(actor_cell& other) {
  if (&other == this ||
      !more().watched.emplace(other.id(), ref_ptr<actor_cell>{&other}).second) {
    return;
  }
  if (const auto end = other.bonds_.add_watcher(*this)) {
    other.notify_end(*this, envelope_kind::down, other.notice_of(*end));
  }
}

void actor_cell::unwatch(actor_cell& other) noexcept {
  if (extras_ != nullptr && extras_->watched.erase(other.id()) != 0) {
    other.bonds_.remove_watcher(*this);
  }
}

void actor_cell::link(actor_cell& other) {
  if (&other == this) {
    return;
  }
  bonds_.add_link(other);
  if (const auto end = other.bonds_.add_link(*this)) {
    other.notify_end(*this, envelope_kind::linked, other.notice_of(*end));
  } else if (other.far()) {
    if (const auto code = other.code()) {
      code->on_link(other, *this, true);
    }
  }
}

void actor_cell::unlink(actor_cell& other) noexcept {
  bonds_.remove_link(other);
  other.bonds_.remove_link(*this);
  if (const auto code = other.far() ? other.code() : nullptr) {
    code->on_link(other, *this, false);
  }
}

void actor_cell::trap_exit(bool trap) {
  more().traps_exit = trap;
}

bool actor_cell::traps_exit() const noexcept {
  return extras_ != nullptr && extras_->traps_exit;
}

void actor_cell::start_timer(timer_token token, clock_duration delay,
                             clock_duration period) {
  more().timers.start(token, delay, period);
}

bool actor_cell::cancel_timer(timer_token token) noexcept {
  return extras_ != nullptr && extras_->timers.cancel(token);
}

void actor_cell::set_receive_timeout(clock_duration timeout) {
  scheduler& clock = system_.get_scheduler();
  extras& e = more();
  e.receive_timeout = timeout;
  e.quiet_since = clock.now();
  if (timeout > clock_duration::zero()) {
    arm_receive_timeout(timeout);
  } else {
    clock.cancel(std::exchange(e.quiet_timer, timer_id::none));
  }
}

// One timer at a time: the look that an earlier one asked for may still come.
void actor_cell::arm_receive_timeout(clock_duration delay) {
  scheduler& clock = system_.get_scheduler();
  clock.cancel(extras_->quiet_timer);
  extras_->quiet_timer = clock.after(delay, [self = ref_ptr<actor_cell>{this}] {
    self->signal(envelope_kind::quiet_for);
  });
}

// One timer, set again for the rest, and not one for each message.
void actor_cell::check_receive_timeout() noexcept {
  if (state() != life::running || extras_ == nullptr ||
      extras_->receive_timeout <= clock_duration::zero()) {
    return;
  }
  const auto now = system_.get_scheduler().now();
  if (mailbox_.has_message() || in_flight() > 0) {
    extras_->quiet_since = now;
  }
  const auto limit = extras_->receive_timeout;
  if (now - extras_->quiet_since < limit) {
    arm_receive_timeout(extras_->quiet_since + limit - now);
    return;
  }
  extras_->quiet_since = now;
  arm_receive_timeout(limit);
  run_limited([this] { behaviour_->on_receive_timeout(*this); });
}

actor_cell::limit actor_cell::begin_limit() noexcept {
  const std::uint64_t message = ++limited_;
  const std::uint64_t around = handling_.exchange(message);
  const timer_id timer = system_.get_scheduler().after(
      setting_.time_limit, [self = ref_ptr<actor_cell>{this}, message] {
        self->on_overdue(message);
      });
  return {timer, around};
}

void actor_cell::end_limit(limit begun) noexcept {
  handling_.store(begun.around);
  system_.get_scheduler().cancel(begun.timer);
}

// On the scheduler's thread.
void actor_cell::on_overdue(std::uint64_t message) noexcept {
  if (is_handling(message)) {
    overdue_.store(message);
    interrupt(interrupt_kind::time_limit, incarnation_number(), message);
  }
}

}  // namespace troupe
