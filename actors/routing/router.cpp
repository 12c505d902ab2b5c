// SPDX-License-Identifier: Apache-2.0
#include "actors/routing/router.hpp"

#include <algorithm>
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/fan_out.hpp"
#include "actors/routing/first_answer.hpp"

namespace troupe {
namespace {

envelope_ptr taken_from(envelope& e) {
  auto whole = make_envelope();
  whole->sender = e.sender;
  whole->reply_to = std::move(e.reply_to);
  whole->selector = e.selector;
  whole->kind = e.kind;
  whole->outcome = e.outcome;
  whole->content = std::move(e.content);
  return whole;
}

void give_back(envelope& e, envelope& whole) noexcept {
  e.reply_to = std::move(whole.reply_to);
  e.content = std::move(whole.content);
}

void refuse(actor_cell& self, envelope& e, dead_reason reason,
            const std::string& why) {
  const turn_scope in_turn;
  self.refuse(e, reason,
              {make_error(reason == dead_reason::mailbox_full ? errc::refused
                                                              : errc::stopped,
                          "router '" + self.name() + "' " + why),
               {}});
}

}  // namespace

// --- Links ---

void router_link::connect(actor_cell& router) {
  const std::lock_guard lock{mutex_};
  router_.reset(&router);
}

void router_link::disconnect() noexcept {
  ref_ptr<actor_cell> last;  // released after the lock
  const std::lock_guard lock{mutex_};
  last.swap(router_);
}

void router_link::wake() noexcept {
  ref_ptr<actor_cell> router;
  {
    const std::lock_guard lock{mutex_};
    router = router_;
  }
  if (router != nullptr) {
    router->signal(envelope_kind::ready);
  }
}

void router_link::routee_ended(actor_id id) {
  {
    const std::lock_guard lock{mutex_};
    ended_.push_back(id);
  }
  wake();
}

std::vector<actor_id> router_link::take_ended() {
  const std::lock_guard lock{mutex_};
  return std::exchange(ended_, {});
}

void router_link::tick() noexcept {
  {
    const std::lock_guard lock{mutex_};
    ticked_ = true;
  }
  wake();
}

bool router_link::take_tick() noexcept {
  const std::lock_guard lock{mutex_};
  return std::exchange(ticked_, false);
}

// --- Routees ---

router::router(std::unique_ptr<routing_policy> policy)
    : link_{make_ref_counted<router_link>()},
      to_all_{policy->to_all()},
      any_will_do_{policy->any_will_do()},
      policy_{std::move(policy)} {}

std::vector<actor_ref> router::routees() const {
  const std::lock_guard lock{mutex_};
  return routees_;
}

std::size_t router::size() const {
  const std::lock_guard lock{mutex_};
  return routees_.size();
}

bool router::add(const actor_ref& routee) {
  if (routee.ended() || !include(routee)) {
    return false;
  }
  watch(routee);
  return true;
}

bool router::include(const actor_ref& routee) {
  const std::lock_guard lock{mutex_};
  if (std::ranges::find(routees_, routee) != routees_.end()) {
    return false;
  }
  routees_.push_back(routee);
  changed_ = true;
  return true;
}

bool router::remove(const actor_ref& routee) {
  return drop(routee.id());
}

bool router::drop(actor_id id) {
  actor_ref last;  // released after the lock
  const std::lock_guard lock{mutex_};
  const auto found = std::ranges::find(routees_, id, &actor_ref::id);
  if (found == routees_.end()) {
    return false;
  }
  last = std::move(*found);
  routees_.erase(found);
  changed_ = true;
  return true;
}

void router::drop_all() noexcept {
  std::vector<actor_ref> last;  // released after the lock
  const std::lock_guard lock{mutex_};
  last.swap(routees_);
  changed_ = true;
}

void router::watch(const actor_ref& routee) {
  routee.cell().when_ended().on_done(
      [link = link_, id = routee.id()] { link->routee_ended(id); });
}

// --- The router's turn ---

std::optional<fault> router::on_start(actor_cell& self) {
  link_->connect(self);
  on_ready(self);  // of routees that have ended meanwhile
  return std::nullopt;
}

void router::on_ready(actor_cell& self) {
  for (const actor_id id : link_->take_ended()) {
    drop(id);
    routee_ended(self, id);
  }
}

void router::on_message(actor_cell& self, envelope& e) {
  to_all_ ? to_all(self, e) : to_one(self, e);
}

void router::on_stop(actor_cell&, stop_reason) noexcept {
  link_->disconnect();
  drop_all();
}

// Without those that have ended and of whom no word has come yet.
router::choice router::choose(const envelope& e) {
  std::vector<actor_ref> last;  // released after the lock
  const std::lock_guard lock{mutex_};
  for (;;) {
    if (routees_.empty()) {
      return {};
    }
    if (std::exchange(changed_, false)) {
      policy_->changed(routees_);
    }
    const auto index = policy_->pick(routees_, e);
    if (!index) {
      return {.to = {}, .keyless = true};
    }
    actor_ref& to = routees_[*index];
    if (!to.ended()) {
      return {to, *index, routees_.size()};
    }
    last.push_back(std::move(to));
    routees_.erase(routees_.begin() + static_cast<std::ptrdiff_t>(*index));
    changed_ = true;
  }
}

actor_ref router::routee_at(std::size_t index) const {
  const std::lock_guard lock{mutex_};
  return index < routees_.size() ? routees_[index] : actor_ref{};
}

void router::to_one(actor_cell& self, envelope& e) {
  const choice first = choose(e);
  if (!first.to) {
    return first.keyless
               ? refuse(self, e, dead_reason::undecodable,
                        "goes by a key, and this message has none")
               : refuse(self, e, dead_reason::no_receiver, "has no routees");
  }
  envelope_ptr whole = taken_from(e);
  if (!offer(self, whole, first)) {
    give_back(e, *whole);
    refuse(self, e, dead_reason::mailbox_full,
           any_will_do_ ? "has only routees with full mailboxes"
                        : "has a full mailbox at the routee for this key");
  }
}

// False: all that will do are full, and `e` is still ours.
bool router::offer(actor_cell& self, envelope_ptr& e, const choice& first) {
  actor_ref to = first.to;
  for (std::size_t tried = 1;; ++tried) {
    if (to && to.cell().deliver(std::move(e)) != push_result::full) {
      has_routed(self, to);
      return true;
    }
    if (!any_will_do_ || tried >= first.of) {
      return false;
    }
    to = routee_at((first.index + tried) % first.of);
  }
}

void router::to_all(actor_cell& self, envelope& e) {
  std::vector<actor_ref> receivers = routees();
  std::erase_if(receivers, [](const actor_ref& r) { return r.ended(); });
  if (receivers.empty()) {
    return refuse(self, e, dead_reason::no_receiver, "has no routees");
  }
  const auto asked = boost::static_pointer_cast<completion>(
      std::exchange(e.reply_to, nullptr));
  if (asked == nullptr) {
    return tell_all(receivers, taken_from(e));
  }
  const auto first = make_ref_counted<first_answer>(asked, receivers.size());
  for (const actor_ref& to : receivers) {
    envelope_ptr copy = copy_of(e);
    copy->reply_to = first->request();
    to.cell().deliver_or_bury(std::move(copy));
  }
}

}  // namespace troupe
