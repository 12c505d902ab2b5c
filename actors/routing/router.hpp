// SPDX-License-Identifier: Apache-2.0
// A router: an actor that hands each message on to one of its routees, or to
// all, whole: the content isn't looked into, the sender stays who it was, and
// an answer goes straight to the asker.
//
// It has a mailbox and a turn of its own, as every actor has, and needs no
// isolate. Routees that end are dropped. A message that finds no routee is a
// dead letter, and whoever asked is told.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "actors/actor_ref.hpp"
#include "actors/cell/actor_cell.hpp"
#include "actors/cell/behaviour.hpp"
#include "actors/routing/policy.hpp"

namespace troupe {

/// What others may hold on to that tell a router something: it outlives the
/// router, and then leads nowhere. Any thread.
class router_link final : public ref_counted {
public:
  void connect(actor_cell& router);
  void disconnect() noexcept;
  /// The router gets on_ready() soon.
  void wake() noexcept;
  void routee_ended(actor_id id);
  std::vector<actor_id> take_ended();
  /// A timer has fired.
  void tick() noexcept;
  bool take_tick() noexcept;

private:
  std::mutex mutex_;
  // Guarded by mutex_.
  ref_ptr<actor_cell> router_;  // null: not yet, or no more
  std::vector<actor_id> ended_;
  bool ticked_ = false;
};

class router : public behaviour {
public:
  std::string describe() const override { return "router"; }
  explicit router(std::unique_ptr<routing_policy> policy);

  // Any thread.
  std::vector<actor_ref> routees() const;
  std::size_t size() const;
  /// False: it was there, or has ended.
  virtual bool add(const actor_ref& routee);
  /// False: it was not there. What it has been given it keeps.
  virtual bool remove(const actor_ref& routee);

  std::optional<fault> on_start(actor_cell& self) override;
  void on_message(actor_cell& self, envelope& e) override;
  void on_ready(actor_cell& self) override;
  void on_stop(actor_cell& self, stop_reason reason) noexcept override;

protected:
  /// On the router's turn: a routee has ended, and is no routee any more.
  virtual void routee_ended(actor_cell& self, actor_id id) {
    static_cast<void>(self);
    static_cast<void>(id);
  }
  /// On the router's turn: `to` has just got one more message.
  virtual void has_routed(actor_cell& self, const actor_ref& to) {
    static_cast<void>(self);
    static_cast<void>(to);
  }
  /// Any thread: add() without watch().
  bool include(const actor_ref& routee);
  /// Any thread: from now on it has no routees.
  void drop_all() noexcept;
  /// Any thread: tells link() when it ends.
  void watch(const actor_ref& routee);
  router_link& link() const noexcept { return *link_; }

private:
  struct choice {
    actor_ref to;  // none: there is no routee
    std::size_t index = 0;
    std::size_t of = 0;
    bool keyless = false;
  };

  choice choose(const envelope& e);
  actor_ref routee_at(std::size_t index) const;
  bool drop(actor_id id);
  void to_one(actor_cell& self, envelope& e);
  void to_all(actor_cell& self, envelope& e);
  bool offer(actor_cell& self, envelope_ptr& e, const choice& first);

  const ref_ptr<router_link> link_;
  const bool to_all_;
  const bool any_will_do_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  const std::unique_ptr<routing_policy> policy_;
  std::vector<actor_ref> routees_;
  bool changed_ = false;  // the policy doesn't know yet
};

}  // namespace troupe
