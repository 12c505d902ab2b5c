// SPDX-License-Identifier: Apache-2.0
#include "actors/probe.hpp"

#include <utility>

namespace troupe {

std::optional<probe::letter> probe::take() {
  const std::lock_guard lock{mutex_};
  if (letters_.empty()) {
    return std::nullopt;
  }
  std::optional<letter> oldest{std::move(letters_.front())};
  letters_.pop_front();
  return oldest;
}

std::size_t probe::waiting() const {
  const std::lock_guard lock{mutex_};
  return letters_.size();
}

ref_ptr<completion> probe::when_something() {
  const std::lock_guard lock{mutex_};
  if (something_ == nullptr) {
    something_ = make_ref_counted<completion>();
  }
  const ref_ptr<completion> next = something_;
  if (!letters_.empty() || ended_) {
    std::exchange(something_, nullptr)->set_value({});
  }
  return next;
}

void probe::add(letter l) {
  ref_ptr<completion> told;
  {
    const std::lock_guard lock{mutex_};
    std::erase_if(asked_, [](const auto& c) { return c->done(); });
    if (l.asker != nullptr) {
      asked_.push_back(l.asker);
    }
    letters_.push_back(std::move(l));
    told = std::exchange(something_, nullptr);
  }
  if (told != nullptr) {
    told->set_value({});
  }
}

void probe::on_message(actor_cell&, envelope& e) {
  ref_ptr<completion> asker;
  if (e.reply_to != nullptr) {
    asker = ref_ptr<completion>{static_cast<completion*>(e.reply_to.get())};
    e.reply_to = nullptr;
  }
  add({.sender = static_cast<actor_id>(e.sender),
       .kind = static_cast<envelope_kind>(e.kind),
       .selector = e.selector,
       .content = std::move(e.content),
       .asker = std::move(asker)});
}

void probe::watch(actor_cell& self, const actor_ref& other) {
  {
    const std::lock_guard lock{mutex_};
    to_watch_.push_back(other);
  }
  self.signal(envelope_kind::ready);
}

void probe::on_ready(actor_cell& self) {
  std::vector<actor_ref> others;
  {
    const std::lock_guard lock{mutex_};
    others = std::exchange(to_watch_, {});
  }
  const turn_scope in_turn;
  for (const actor_ref& other : others) {
    self.watch(other.cell());
  }
}

void probe::on_down(actor_cell&, const end_notice& what) {
  add({.end = ref_ptr<ref_counted>{const_cast<end_notice*>(&what)}});
}

void probe::on_stop(actor_cell& self, stop_reason) noexcept {
  std::vector<ref_ptr<completion>> unanswered;
  ref_ptr<completion> told;
  {
    const std::lock_guard lock{mutex_};
    ended_ = true;
    unanswered = std::exchange(asked_, {});
    told = std::exchange(something_, nullptr);
  }
  for (const auto& asker : unanswered) {
    asker->set_fault({make_error(errc::stopped, "probe '" + self.name() +
                                                    "' has ended and can't "
                                                    "answer"),
                      {}});
  }
  if (told != nullptr) {
    told->set_value({});
  }
}

}  // namespace troupe
