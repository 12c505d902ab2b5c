// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/far_behaviour.hpp"

#include <utility>

#include "actors/actor_system.hpp"

namespace troupe {
namespace {

bool is_given_up(const envelope& e) noexcept {
  return e.reply_to != nullptr &&
         static_cast<const completion&>(*e.reply_to).given_up();
}

}  // namespace

void far_behaviour::begin(actor_cell& self, ref_ptr<peer> other,
                          std::uint64_t number) {
  const turn_scope in_turn;
  self.trap_exit(true);
  decltype(early_links_) links;
  {
    const std::lock_guard lock{mutex_};
    cell_ = ref_ptr<actor_cell>{&self};
    place_ = {std::move(other), number};
    links.swap(early_links_);
    if (!inbox_.empty()) {
      self.signal(envelope_kind::ready);
    }
  }
  for (const auto& [by, linked] : links) {
    place_.other->tell_link(place_.number, *by, linked);
  }
}

far_behaviour::place far_behaviour::where() const {
  const std::lock_guard lock{mutex_};
  return place_;
}

void far_behaviour::post(far_event what) {
  ref_ptr<actor_cell> woken;
  {
    const std::lock_guard lock{mutex_};
    if (over_) {
      return;
    }
    inbox_.push_back(std::move(what));
    if (inbox_.size() == 1) {
      woken = cell_;
    }
  }
  if (woken != nullptr) {
    woken->signal(envelope_kind::ready);
  }
}

void far_behaviour::on_message(actor_cell& self, envelope& e) {
  const turn_scope in_turn;
  peer& other = *place_.other;
  const std::uint64_t number = other.next_number();
  const std::uint32_t slot = take_slot();
  auto made = other.make_message(place_.number, number, slot, e);
  if (!made) {
    give_slot(slot);
    self.refuse(e, dead_reason::undecodable, {made.error(), {}});
    return;
  }
  other.expect(number, ref_ptr<far_behaviour>{this},
               ref_ptr<completion>{static_cast<completion*>(e.reply_to.get())});
  kept_.emplace(number, kept_message{self.keep(), slot});
  // What this turn has to send goes together.
  other.send(std::move(*made), link::when::soon);
  self.at_turn_end(place_.other);
}

void far_behaviour::on_ready(actor_cell& self) {
  std::vector<far_event> events;
  {
    const std::lock_guard lock{mutex_};
    events.swap(inbox_);
  }
  for (far_event& event : events) {
    if (const auto* done = std::get_if<message_done>(&event)) {
      settle(self, done->number, done->what);
    } else if (const auto* asked = std::get_if<link_asked>(&event)) {
      const turn_scope in_turn;
      asked->linked ? self.link(*asked->with) : self.unlink(*asked->with);
    } else {
      on_event(self, event);
    }
  }
  cancel_given_up();
  place_.other->flush();
}

void far_behaviour::settle(actor_cell& self, std::uint64_t number,
                           outcome what) {
  const auto found = kept_.find(number);
  if (found == kept_.end()) {
    return;
  }
  if (what == outcome::returned) {
    found->second.returned = true;  // until the end, which is near
    return;
  }
  kept_message m = std::move(found->second);
  kept_.erase(found);
  m.what->reply_to = nullptr;  // the peer has the asker
  finish(self, std::move(m), what, {});
}

void far_behaviour::finish(actor_cell& self, kept_message m, outcome what,
                           fault&& why) {
  const turn_scope in_turn;
  give_slot(m.slot);
  if (const auto reason = reason_of(what)) {
    if (place_.other->counts_dead_letters()) {
      self.refuse(*m.what, *reason, {why.what, why.raised.clone()});
    }
    m.what->refused = true;
  }
  // Handled, and whoever died had not told what it came to.
  if (auto* const asker = static_cast<completion*>(m.what->reply_to.get())) {
    asker->set_fault(std::move(why));
  }
  m.what->reply_to = nullptr;
  self.release(std::move(m.what));
}

void far_behaviour::cancel_given_up() {
  for (auto& [number, m] : kept_) {
    if (!m.cancelled && is_given_up(*m.what)) {
      m.cancelled = true;
      place_.other->cancel(number);
    }
  }
}

void far_behaviour::on_link(actor_cell&, actor_cell& other, bool linked) {
  place there;
  {
    const std::lock_guard lock{mutex_};
    there = place_;
    if (there.other == nullptr) {
      early_links_.emplace_back(&other, linked);
      return;
    }
  }
  there.other->tell_link(there.number, other, linked);
}

// Its actor has heard of it over there.
void far_behaviour::on_exit(actor_cell&, const end_notice&) {}

void far_behaviour::on_stop(actor_cell& self, stop_reason reason) noexcept {
  std::vector<far_event> left;
  ref_ptr<actor_cell> last;
  {
    const std::lock_guard lock{mutex_};
    over_ = true;
    early_links_.clear();
    left.swap(inbox_);
    last.swap(cell_);
  }
  for (const far_event& event : left) {
    if (const auto* done = std::get_if<message_done>(&event)) {
      settle(self, done->number, done->what);
    }
  }
  give_back_kept(self, reason);
}

// What was not begun is there for whoever comes, in its old order.
void far_behaviour::give_back_kept(actor_cell& self,
                                   stop_reason reason) noexcept {
  const turn_scope in_turn;
  std::map<std::uint64_t, kept_message> returned;
  for (auto& [number, m] : kept_) {
    place_.other->forget(number);
    const outcome last = m.returned ? outcome::returned : last_outcome(m);
    if (last == outcome::returned) {
      give_slot(m.slot);
      returned.emplace(number, std::move(m));
    } else {
      finish(self, std::move(m), last, last_fault(self, reason));
    }
  }
  kept_.clear();
  for (auto at = returned.rbegin(); at != returned.rend(); ++at) {
    self.put_back(std::move(at->second.what));
  }
}

fault far_behaviour::last_fault(const actor_cell& self, stop_reason) const {
  return {make_error(errc::stopped,
                     "actor '" + self.name() + "' ended before it answered"),
          {}};
}

}  // namespace troupe
