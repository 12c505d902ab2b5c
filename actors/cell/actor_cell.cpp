// SPDX-License-Identifier: Apache-2.0
#include "actors/cell/actor_cell.hpp"

#include <algorithm>
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/asking/waiting.hpp"
#include "actors/cell/cell_extras.hpp"
#include "actors/shared_home.hpp"

namespace troupe {
namespace {

constinit thread_local actor_cell* running_cell = nullptr;

fault unanswered(const std::string& name) {
  return {make_error(errc::failed, "actor '" + name +
                                       "' handled the request and didn't "
                                       "answer it"),
          {}};
}

completion* asker_of(const envelope& e) noexcept {
  return static_cast<completion*>(e.reply_to.get());
}

wait_result as_wait_result(drive_result result) noexcept {
  return result == drive_result::done        ? wait_result::done
         : result == drive_result::timed_out ? wait_result::timed_out
                                             : wait_result::interrupted;
}

// For people: who waits for whom.
std::string waits_words(const actor_cell& who, const completion& c) {
  const auto whom = who.system().find(static_cast<actor_id>(c.holder()));
  return "actor '" + who.name() + "' waits in a handler for " +
         (whom ? "actor '" + whom->name() + "'" : "an answer");
}

bool is_message(const envelope& e) noexcept {
  const auto kind = static_cast<envelope_kind>(e.kind);
  return kind == envelope_kind::message || kind == envelope_kind::call;
}

}  // namespace

actor_cell::actor_cell(actor_system& system, setting s, ref_ptr<behaviour> what)
    : system_{system},
      owner_{system.owner()},
      setting_{std::move(s)},
      started_{make_ref_counted<completion>()},
      ended_{make_ref_counted<completion>()},
      behaviour_{std::move(what)},
      concurrency_{setting_.concurrency},
      mailbox_{setting_.mailbox_capacity, limit_of(setting_.overflow)} {
  started_->set_holder(static_cast<std::uint64_t>(id()));
  ended_->set_holder(static_cast<std::uint64_t>(id()));
  pause(paused_unborn);  // whoever finds it by its name may be quick
}

actor_cell::~actor_cell() = default;

actor_cell::running_scope::running_scope(actor_cell& cell) noexcept
    : before_{std::exchange(running_cell, &cell)} {}

actor_cell::running_scope::~running_scope() {
  running_cell = before_;
}

actor_cell* actor_cell::current() noexcept {
  return running_cell;
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

bool actor_cell::notify(envelope_ptr e) noexcept {
  const push_result result = mailbox_.push_notice(std::move(e));
  if (result == push_result::woke_reader) {
    wake();
  }
  return result != push_result::closed;
}

// Whatever another thread does between these steps, a restart included.
void actor_cell::kill(std::uint32_t incarnation) noexcept {
  std::uint32_t before = killed_.load(std::memory_order_relaxed);
  do {
    if (before >= incarnation) {
      return;  // it is killed already, or over
    }
    // Release: pairs with killed().
  } while (!killed_.compare_exchange_weak(before, incarnation,
                                          std::memory_order_release,
                                          std::memory_order_relaxed));
  signal(envelope_kind::kill);  // a wake-up: see killed()
  interrupt(interrupt_kind::kill, incarnation, 0);
}

void actor_cell::stop() noexcept {
  signal(envelope_kind::stop_now);
  if (const auto present = far() ? code() : nullptr) {
    present->on_told_to_stop();
  }
}

// Acts on what on_child_down() has told, so the turn has published it. From
// here on a kill is for the new incarnation, be it not yet begun.
void actor_cell::restart() noexcept {
  if (state() == life::down) {
    incarnation_.fetch_add(1, std::memory_order_release);
    signal(envelope_kind::restart);
  }
}

ref_ptr<behaviour> actor_cell::code() {
  const std::lock_guard lock{code_mutex_};
  return behaviour_;
}

// The behaviour is told, and a wait for an answer ends. What is there now is
// of that incarnation, or it is over: no other begins under the lock.
void actor_cell::interrupt(interrupt_kind kind, std::uint32_t incarnation,
                           std::uint64_t message) noexcept {
  ref_ptr<behaviour> present;
  {
    const std::lock_guard lock{code_mutex_};
    if (incarnation != incarnation_number()) {
      return;
    }
    present = behaviour_;
  }
  if (present != nullptr) {
    present->interrupt(*this, kind, message);
  }
  const std::lock_guard lock{code_mutex_};
  if (waits_for_ != nullptr && incarnation == incarnation_number()) {
    waits_for_->interrupt_waits();
  }
}

wait_result actor_cell::wait(completion& c,
                             std::optional<std::chrono::nanoseconds> timeout,
                             std::vector<ref_ptr<actor_cell>>* cycle,
                             const awaited* what) {
  if (c.done()) {
    return wait_result::done;
  }
  auto closed_cycle = system_.waits().begin_wait(
      *this, what != nullptr ? *what : awaited{{&c}, 1});
  if (!closed_cycle.empty()) {
    if (cycle != nullptr) {
      *cycle = std::move(closed_cycle);
    }
    return wait_result::deadlock;
  }
  const auto set = [this](completion* waited) {
    const std::lock_guard lock{code_mutex_};
    waits_for_ = waited;
  };
  const blocking_region region{system_.get_scheduler()};
  set(&c);
  // What comes before the wait begins is seen here, what comes after it
  // interrupts.
  const auto ended_otherwise = [this] { return killed() || overdue(); };
  const wait_result result =
      region.others_go_on()
          ? as_wait_result(
                wait_for(system_.get_scheduler(), c,
                         {.timeout = timeout,
                          .words = [this, &c] { return waits_words(*this, c); },
                          .also = ended_otherwise}))
          : wait_result::exhausted;
  set(nullptr);
  system_.waits().end_wait(*this);
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
  if (mailbox_.paused() && !mailbox_.has_signal()) {
    return end_turn();
  }
  // It is given up after the turn; null while the actor is down.
  isolate* const own = setting_.alone.get();
  if (own != nullptr) {
    own->enter();
  }
  run_quantum();
  if (own != nullptr) {
    own->leave();
  }
  if (std::exchange(left_home_, false)) {
    setting_.alone.reset();
  }
  if (renewing_) {
    renew();
  }
  return end_turn();
}

turn_result actor_cell::run_in_home() noexcept {
  const turn_scope in_turn;
  run_quantum();
  if (renewing_) {
    renew();
  }
  return end_turn();
}

void actor_cell::at_turn_end(ref_ptr<turn_listener> who) noexcept {
  who.swap(told_at_end_);
  if (who != nullptr && who != told_at_end_) {
    who->on_turn_end();
  }
}

turn_result actor_cell::end_turn() noexcept {
  work_.end();
  if (const auto told = std::move(told_at_end_)) {
    told->on_turn_end();
  }
  publish_end();
  const bool more = mailbox_.settle();
  // From here on this may overlap with the actor's next turn.
  if (crowded_.load() && state() != life::ended && has_room()) {
    system_.waits().relieve(*this, false);
  }
  return more ? turn_result::more : turn_result::parked;
}

void actor_cell::run_quantum() noexcept {
  const running_scope scope{*this};
  // What comes after a restart() is for the next incarnation.
  for (std::size_t i = 0; i < quantum_now() && !renewing_; ++i) {
    envelope_ptr e = mailbox_.pop();
    if (e == nullptr) {
      break;
    }
    work_.begin(*e, i);
    dispatch(std::move(e));
    after_dispatch();
  }
}

// Those that wait for room are seen to at the end of a turn: soon enough that
// they have something to do again before this actor has nothing left.
inline std::size_t actor_cell::quantum_now() const noexcept {
  const std::size_t most = system_.quantum();
  // Relaxed: a hint.
  return crowded_.load(std::memory_order_relaxed)
             ? std::clamp<std::size_t>(mailbox_.capacity() / 4, 1, most)
             : most;
}

void actor_cell::after_dispatch() noexcept {
  if (killed() && lives()) {
    finish_as(stop_reason::killed);
  }
  if (muted_.load(std::memory_order_relaxed) && lives()) {
    pause(paused_muted);  // relaxed: our own turn has set it
  }
  if (finishing_ && lives()) {
    begin_end();
  }
  if (state() == life::ending && (may_end_ || killed())) {
    end_incarnation();
  }
}

void actor_cell::dispatch(envelope_ptr e) noexcept {
  if (is_message(*e)) {
    if (state() == life::ended) {
      system_.dead().add(std::move(e), id(), name(), dead_reason::stopped);
    } else {
      handle(std::move(e));
    }
  } else if (static_cast<envelope_kind>(e->kind) < envelope_kind::start) {
    take_notice(*e);
  } else {
    obey(*e);
  }
}

void actor_cell::handle(envelope_ptr e) noexcept {
  if (e->reply_to != nullptr && asker_of(*e)->done()) {
    system_.dead().note(*e, id(), dead_reason::cancelled);
    return;
  }
  // Relaxed: see taken().
  taken_.store(taken_.load(std::memory_order_relaxed) + 1,
               std::memory_order_relaxed);
  sender_ = static_cast<actor_id>(e->sender);
  at_hand_ = std::move(e);
  run_limited([this] { behaviour_->on_message(*this, *at_hand_); });
  sender_ = actor_id::nobody;
  if (at_hand_ != nullptr) {
    settle_message(*at_hand_);
    at_hand_.reset();
  }
  if (extras_ != nullptr) {
    extras_->quiet_since = system_.get_scheduler().now();
  }
}

inline void actor_cell::settle_message(envelope& e) noexcept {
  if (!e.refused) {
    handled_.store(handled_.load(std::memory_order_relaxed) + 1,
                   std::memory_order_relaxed);
  }
  if (e.reply_to != nullptr) {
    asker_of(e)->set_fault(unanswered(name()));
  }
}

envelope_ptr actor_cell::keep() noexcept {
  system_.begin_work();
  // Pairs with give_up(): either that finds it in flight, or whoever kept it
  // sees that it was given up.
  const std::size_t held =
      in_flight_.fetch_add(1, std::memory_order_acq_rel) + 1;
  if (held >= concurrency()) {
    pause(paused_busy);
  }
  return std::move(at_hand_);
}

void actor_cell::release(envelope_ptr kept) noexcept {
  if (kept != nullptr) {
    settle_message(*kept);
  }
  const std::size_t held =
      in_flight_.fetch_sub(1, std::memory_order_acq_rel);  // as in keep()
  if (held == concurrency()) {
    unpause(paused_busy);
  }
  system_.end_work();
}

void actor_cell::put_back(envelope_ptr kept) noexcept {
  mailbox_.put_back(std::move(kept));
  release(nullptr);
}

void actor_cell::set_concurrency(std::size_t messages) noexcept {
  concurrency_.store(messages, std::memory_order_relaxed);
  if (in_flight() >= messages) {
    pause(paused_busy);
  } else {
    unpause(paused_busy);
  }
}

bool actor_cell::give_up(actor_system& system, completion& request) noexcept {
  const bool first = request.set_fault(
      {make_error(errc::cancelled, "the request was cancelled"), {}});
  const auto holder =
      first ? system.find_cell(static_cast<actor_id>(request.holder()))
            : nullptr;
  // It writes nothing new: see keep().
  if (holder == nullptr ||
      holder->in_flight_.fetch_add(0, std::memory_order_acq_rel) == 0) {
    return first;
  }
  if (const auto present = holder->code()) {
    present->on_given_up();
    holder->signal(envelope_kind::ready);
  }
  return first;
}

void actor_cell::forward(envelope_ptr message, actor_cell& to) noexcept {
  message->urgent = false;
  to.deliver_or_bury(std::move(message));
}

void actor_cell::pause(std::uint8_t cause) noexcept {
  pauses_ |= cause;
  mailbox_.pause();
}

void actor_cell::unpause(std::uint8_t cause) noexcept {
  pauses_ &= static_cast<std::uint8_t>(~cause);
  if (pauses_ == 0 && mailbox_.paused()) {
    mailbox_.resume();
  }
}

void actor_cell::refuse(envelope& e, dead_reason reason, fault&& why) noexcept {
  e.refused = true;
  system_.dead().note(e, id(), reason);
  if (e.reply_to != nullptr) {
    asker_of(e)->set_fault(std::move(why));
    e.reply_to = nullptr;
  }
}

void actor_cell::fail(envelope& e, fault why) noexcept {
  refuse(e, dead_reason::failed, {why.what, {}});
  fail_self(std::move(why));
}

template <typename Set>
void actor_cell::answer_with(envelope& e, Set set) noexcept {
  if (e.reply_to != nullptr && !set(*asker_of(e))) {
    system_.dead().note(e, id(), dead_reason::late_reply);
  }
  e.reply_to = nullptr;
}

void actor_cell::answer(envelope& e, payload&& value) noexcept {
  answer_with(e, [&](completion& c) { return c.set_value(std::move(value)); });
}

void actor_cell::answer(envelope& e, fault&& why) noexcept {
  answer_with(e, [&](completion& c) { return c.set_fault(std::move(why)); });
}

}  // namespace troupe
