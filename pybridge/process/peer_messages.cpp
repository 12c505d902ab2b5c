// SPDX-License-Identifier: Apache-2.0
// peer: messages, their answers, and what became of them.
#include <utility>

#include "pybridge/process/far_behaviour.hpp"
#include "pybridge/process/peer.hpp"

namespace troupe {
namespace {

constexpr std::size_t confirmed_at_once = 16;
constexpr std::int64_t no_deadline = 0;

enum message_flag : std::uint8_t {
  urgent_flag = 1,
  asks_flag = 2,
  outcome_flag = 4,
  sender_flag = 8,
};

// What can be asked is asked of the message at hand, which is over next.
bool is_at_hand(const completion& c) noexcept {
  const turn_scope in_turn;
  const actor_cell* const cell = actor_cell::current();
  const envelope* const e = cell == nullptr ? nullptr : cell->at_hand();
  return e != nullptr && e->reply_to.get() == &c && !e->deferred;
}

bool more_is_at_hand() noexcept {
  const actor_cell* const cell = actor_cell::current();
  const auto work = cell == nullptr ? std::nullopt : cell->at_work();
  return work && cell->mailbox_size() > work->before + 1;
}

}  // namespace

// --- Sending ---

result<frame> peer::make_message(std::uint64_t target, std::uint64_t number,
                                 std::uint32_t slot, const envelope& e) {
  frame_writer out{frame_kind::message};
  auto* const asker = static_cast<completion*>(e.reply_to.get());
  const auto sender = e.sender == 0
                          ? nullptr
                          : system_.find_cell(static_cast<actor_id>(e.sender));
  out.number(target);
  out.number(number);
  out.number(slot);
  out.number(e.kind);
  out.number(static_cast<std::uint8_t>(
      (e.urgent ? urgent_flag : 0) | (asker != nullptr ? asks_flag : 0) |
      (e.outcome ? outcome_flag : 0) | (sender != nullptr ? sender_flag : 0)));
  out.number(e.selector);
  out.number(asker == nullptr || asker->clock() == nullptr
                 ? no_deadline
                 : static_cast<std::int64_t>(asker->deadline().count()));
  if (sender != nullptr) {
    write_actor(out, *sender);
  }
  const bool is_call = e.kind == static_cast<std::uint8_t>(envelope_kind::call);
  const auto written = write_content(
      out, e.content, is_call ? encoded_form::call : encoded_form::value);
  if (!written) {
    return written.error();
  }
  return std::move(out).finish();
}

void peer::expect(std::uint64_t number, ref_ptr<far_behaviour> owner,
                  ref_ptr<completion> asker) {
  {
    const std::lock_guard lock{mutex_};
    if (!over_) {
      sent_.emplace(number,
                    awaited_message{std::move(owner), std::move(asker)});
      return;
    }
  }
  if (owner == nullptr) {  // which would answer itself
    asker->set_fault(gone_fault());
  }
}

void peer::forget(std::uint64_t number) noexcept {
  awaited_message last;  // released after the lock
  const std::lock_guard lock{mutex_};
  if (const auto found = sent_.find(number); found != sent_.end()) {
    last = std::move(found->second);
    sent_.erase(found);
  }
}

// Both are told at most once.
template <typename Part>
Part peer::take(std::uint64_t number, Part awaited_message::*part) {
  const std::lock_guard lock{mutex_};
  const auto found = sent_.find(number);
  if (found == sent_.end()) {
    return nullptr;
  }
  Part taken = std::move(found->second.*part);
  if (found->second.owner == nullptr && found->second.asker == nullptr) {
    sent_.erase(found);
  }
  return taken;
}

void peer::cancel(std::uint64_t number) {
  frame_writer out{frame_kind::cancel};
  out.number(number);
  send(std::move(out).finish());
}

void peer::confirm(std::uint64_t number, outcome what) {
  const turn_scope in_turn;
  bool later = more_is_at_hand();
  {
    const std::lock_guard lock{mutex_};
    confirmed_.emplace_back(number, what);
    later = later && confirmed_.size() < confirmed_at_once;
  }
  if (later) {
    actor_cell::current()->at_turn_end(ref_ptr<turn_listener>{this});
    flush();
  } else {
    flush_confirmed();
  }
}

void peer::on_turn_end() noexcept {
  flush_confirmed();
  flush();
}

void peer::flush_confirmed() {
  std::vector<std::pair<std::uint64_t, outcome>> all;
  {
    const std::lock_guard lock{mutex_};
    all.swap(confirmed_);
  }
  if (all.empty()) {
    return;
  }
  frame_writer out{frame_kind::done};
  out.number(static_cast<std::uint32_t>(all.size()));
  for (const auto& [number, what] : all) {
    out.number(number);
    out.number(what);
  }
  send(std::move(out).finish());
}

// --- What comes: the service thread ---

result<void> peer::on_message(received_frame& f) {
  const auto receiver = exports_.find(f.body.number<std::uint64_t>());
  const auto number = f.body.number<std::uint64_t>();
  const auto slot = f.body.number<std::uint32_t>();
  auto e = make_envelope();
  e->kind = f.body.number<std::uint8_t>();
  const auto flags = f.body.number<std::uint8_t>();
  e->selector = symbol_of(f.body.number<std::uint32_t>());
  const auto deadline = f.body.number<std::int64_t>();
  if (receiver == nullptr || !f.body.good() ||
      e->kind > static_cast<std::uint8_t>(envelope_kind::call)) {
    return unreadable("a message");
  }
  if ((flags & sender_flag) != 0) {
    const auto sender = read_actor(f);
    if (!sender) {
      return sender.error();
    }
    e->sender = static_cast<std::uint64_t>((*sender)->id());
  }
  auto content = read_content(f);
  if (!content) {
    return content.error();
  }
  e->content = std::move(*content);
  e->urgent = (flags & urgent_flag) != 0;
  e->outcome = (flags & outcome_flag) != 0;
  if (e->outcome && (e->content.attachments().empty() ||
                     dynamic_cast<completion*>(
                         e->content.attachments()[0].get()) == nullptr)) {
    return unreadable("a message that is an outcome");
  }
  auto came = make_ref_counted<receipt>(ref_ptr<peer>{this}, number,
                                        mark_of(*receiver, slot));
  if ((flags & asks_flag) != 0) {
    expect_answer(number, *e, ref_ptr<message_fate>{&came->fate()}, deadline);
  }
  e->content.attach(std::move(came));
  hand_over(receiver, std::move(e));
  return {};
}

// A mailbox that blocks its senders, or tells them that it is full: here nobody
// is there to be told, and the service thread waits for no one. So what comes
// waits, unconfirmed: then the window closes, and the sender's own side is
// full.
void peer::hand_over(const ref_ptr<actor_cell>& receiver, envelope_ptr e) {
  if (const auto found = waiting_.find(receiver->id());
      found != waiting_.end()) {
    found->second.push_back(std::move(e));
  } else if (receiver->deliver(std::move(e)) == push_result::full) {
    waiting_[receiver->id()].push_back(std::move(e));
    when_room(receiver);
  }
}

// on_done() may be on any thread, with locks held.
void peer::when_room(const ref_ptr<actor_cell>& receiver) {
  receiver->when_room()->on_done([self = ref_ptr<peer>{this}, receiver] {
    self->system_.get_scheduler().after(
        {}, [self, receiver] { self->hand_over_waiting(receiver); });
  });
}

void peer::hand_over_waiting(const ref_ptr<actor_cell>& receiver) {
  const auto found = waiting_.find(receiver->id());
  for (auto& all = found->second; !all.empty(); all.pop_front()) {
    if (receiver->deliver(std::move(all.front())) == push_result::full) {
      when_room(receiver);
      return;
    }
  }
  waiting_.erase(found);
}

void peer::expect_answer(std::uint64_t number, envelope& e,
                         ref_ptr<message_fate> fate, std::int64_t deadline) {
  auto c = make_ref_counted<completion>();
  if (deadline != no_deadline) {
    c->set_deadline(system_.get_scheduler(), clock_duration{deadline});
  }
  {
    const std::lock_guard lock{mutex_};
    answering_.emplace(number, c);
  }
  e.reply_to = c;
  c->on_done(
      [self = ref_ptr<peer>{this}, number, c = c.get(),
       fate = std::move(fate)] { self->on_answered(number, *c, *fate); });
}

// Any thread. Whoever has given up, or whose time is over, knows it.
void peer::on_answered(std::uint64_t number, const completion& c,
                       const message_fate& fate) {
  ref_ptr<completion> last;
  {
    const std::lock_guard lock{mutex_};
    const auto found = answering_.find(number);
    if (found == answering_.end()) {
      return;
    }
    last = std::move(found->second);
    answering_.erase(found);
  }
  const bool asker_knows = !c.has_value() &&
                           (c.why().what.code == errc::cancelled ||
                            c.why().what.code == errc::timed_out) &&
                           c.why().raised.empty();
  if (fate.what() != outcome::returned && !asker_knows) {
    answer(number, c, is_at_hand(c) ? link::when::soon : link::when::now);
  }
}

void peer::answer(std::uint64_t number, const completion& c, link::when w) {
  frame_writer out{frame_kind::answer};
  out.number(number);
  if (const auto written = write_outcome(out, c, 0); !written) {
    out = frame_writer{frame_kind::answer};
    out.number(number);
    out.number(std::uint8_t{0});
    // Plain words, without anything attached: that can be written.
    static_cast<void>(write_fault(out, {written.error(), {}}));
  }
  send(std::move(out).finish(), w);
}

result<void> peer::on_answer(received_frame& f) {
  const auto number = f.body.number<std::uint64_t>();
  auto what = read_outcome(f, 0);
  if (!what) {
    return what.error();
  }
  const auto asker = take(number, &awaited_message::asker);
  if (asker == nullptr) {
    return {};
  }
  auto& came = static_cast<completion&>(**what);
  const bool in_time =
      came.has_value()
          ? asker->set_value(came.value().clone())
          : asker->set_fault({came.why().what, came.why().raised.clone()});
  if (!in_time && counts_dead_letters()) {
    const auto letter = make_envelope();
    system_.dead().note(*letter, actor_id::nobody, dead_reason::late_reply);
  }
  return {};
}

result<void> peer::on_done(received_frame& f) {
  const auto count = f.body.number<std::uint32_t>();
  for (std::uint32_t i = 0; i != count; ++i) {
    const auto number = f.body.number<std::uint64_t>();
    const auto what = f.body.number<outcome>();
    if (!f.body.good() || !is_outcome(what)) {
      return unreadable("a list of messages that are done");
    }
    if (const auto owner = take(number, &awaited_message::owner)) {
      owner->post(message_done{number, what});
    }
  }
  return {};
}

result<void> peer::on_cancel(received_frame& f) {
  const auto number = f.body.number<std::uint64_t>();
  ref_ptr<completion> request;
  {
    const std::lock_guard lock{mutex_};
    if (const auto found = answering_.find(number); found != answering_.end()) {
      request = found->second;
    }
  }
  if (request != nullptr) {
    actor_cell::give_up(system_, *request);
  }
  return {};
}

}  // namespace troupe
