// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/test_kit.hpp"

#include <utility>

#include "actors/actor_system.hpp"

namespace troupe {
namespace {

bool is_call(const envelope& e) noexcept {
  return e.kind == static_cast<std::uint8_t>(envelope_kind::call);
}

std::string handler_of(const envelope& e) {
  return is_call(e) ? std::string{name_of(e.selector)} : "receive";
}

// A message that is late. One that never arrives, because the system ends, is a
// dead letter.
class in_transit {
public:
  in_transit(actor_cell& receiver, envelope_ptr e)
      : receiver_{&receiver}, envelope_{std::move(e)} {
    receiver_->system().begin_work();
  }
  in_transit(const in_transit&) = delete;
  in_transit& operator=(const in_transit&) = delete;
  ~in_transit() {
    if (envelope_ != nullptr) {
      receiver_->system().dead().add(std::move(envelope_), receiver_->id(),
                                     receiver_->name(), dead_reason::stopped);
      receiver_->system().end_work();
    }
  }

  const envelope* what() const noexcept { return envelope_.get(); }
  void arrive() {
    receiver_->deliver_or_bury(std::move(envelope_));
    receiver_->system().end_work();
  }

private:
  const ref_ptr<actor_cell> receiver_;
  envelope_ptr envelope_;
};

// All of `e` but its place in a list.
envelope_ptr take_over(envelope& e) {
  envelope_ptr whole = make_envelope();
  whole->sender = e.sender;
  whole->reply_to = std::exchange(e.reply_to, nullptr);
  whole->selector = e.selector;
  whole->kind = e.kind;
  whole->urgent = e.urgent;
  whole->content = std::move(e.content);
  return whole;
}

}  // namespace

// The code of an actor, and the kit around it.
class test_kit::observed final : public behaviour {
public:
  observed(test_kit& kit, ref_ptr<behaviour> code, std::string target)
      : kit_{&kit}, code_{std::move(code)}, target_{std::move(target)} {}

  std::optional<fault> on_start(actor_cell& self) override {
    if (auto failure = kit_->failure_of(target_)) {
      kit_->note(self, "failed to start");
      return failure;
    }
    kit_->note(self, "started");
    return code_->on_start(self);
  }
  void on_message(actor_cell& self, envelope& e) override {
    switch (kit_->judge(self, e)) {
      case verdict::pass:
        kit_->note(self, handler_of(e), &e);
        code_->on_message(self, e);
        if (kit_->count_handled(self)) {
          self.kill();
        }
        break;
      case verdict::drop:
        kit_->note(self, "lost: " + handler_of(e), &e);
        lose(self, e);
        break;
      case verdict::delay:
        delay(self, e);
        break;
    }
  }
  void on_ready(actor_cell& self) override { code_->on_ready(self); }
  void on_timer(actor_cell& self, timer_token which) override {
    kit_->note(self, "timer");
    code_->on_timer(self, which);
  }
  void on_down(actor_cell& self, const end_notice& what) override {
    kit_->note(self, "down: " + what.name());
    code_->on_down(self, what);
  }
  void on_exit(actor_cell& self, const end_notice& what) override {
    kit_->note(self, "exit: " + what.name());
    code_->on_exit(self, what);
  }
  void on_receive_timeout(actor_cell& self) override {
    kit_->note(self, "receive timeout");
    code_->on_receive_timeout(self);
  }
  bool delays_end(actor_cell& self, stop_reason reason) override {
    return code_->delays_end(self, reason);
  }
  bool on_ending(actor_cell& self, stop_reason reason, bool drain) override {
    return code_->on_ending(self, reason, drain);
  }
  std::string describe() const override { return code_->describe(); }
  void on_stop(actor_cell& self, stop_reason reason) noexcept override {
    kit_->note(self, "ended: " + std::string{to_string(reason)});
    code_->on_stop(self, reason);
  }
  void interrupt(actor_cell& self, interrupt_kind kind,
                 std::uint64_t message) noexcept override {
    code_->interrupt(self, kind, message);
  }

private:
  // As on a network: nobody is told, and who asked gets no answer.
  static void lose(actor_cell& self, envelope& e) {
    self.system().dead().note(e, self.id(), dead_reason::dropped);
    e.refused = true;
    e.reply_to = nullptr;
  }
  void delay(actor_cell& self, envelope& e) {
    scheduler& clock = self.system().get_scheduler();
    const clock_duration at = kit_->arrival(self);
    const auto late = std::make_shared<in_transit>(self, take_over(e));
    e.refused = true;
    clock.after(at - clock.now(), [late, kit = kit_, id = self.id()] {
      kit->let_pass(id, late->what());
      late->arrive();
    });
  }

  const ref_ptr<test_kit> kit_;
  const ref_ptr<behaviour> code_;
  const std::string target_;
};

ref_ptr<behaviour> test_kit::wrap(ref_ptr<behaviour> code,
                                  const std::string& target) {
  return make_ref_counted<observed>(*this, std::move(code), target);
}

void test_kit::note(const actor_cell& who, std::string what,
                    const envelope* message) {
  trace_entry entry{.at = who.system().get_scheduler().now(),
                    .actor = who.name(),
                    .what = std::move(what)};
  if (message != nullptr) {
    const auto sender =
        who.system().find(static_cast<actor_id>(message->sender));
    entry.sender = sender ? sender->name() : std::string{};
    entry.is_call = is_call(*message);
    entry.has_content = true;
    entry.content = message->content.clone();
  }
  const std::lock_guard lock{mutex_};
  trace_.push_back(std::move(entry));
  if (trace_.size() > most_entries) {
    trace_.pop_front();
  }
}

trace_entry trace_entry::clone() const {
  return {at, actor, what, sender, is_call, has_content, content.clone()};
}

std::vector<trace_entry> test_kit::entries() const {
  const std::lock_guard lock{mutex_};
  std::vector<trace_entry> copies;
  copies.reserve(trace_.size());
  for (const trace_entry& entry : trace_) {
    copies.push_back(entry.clone());
  }
  return copies;
}

std::optional<fault> test_kit::failure_of(const std::string& target) {
  const std::lock_guard lock{mutex_};
  const auto found = failing_.find(target);
  if (found == failing_.end() || found->second.left == 0) {
    return std::nullopt;
  }
  --found->second.left;
  const fault& why = found->second.why;
  return fault{why.what, why.raised.clone()};
}

test_kit::verdict test_kit::judge(const actor_cell& who, const envelope& e) {
  match which;
  {
    const std::lock_guard lock{mutex_};
    const auto found = faults_.find(who.id());
    if (found == faults_.end()) {
      return verdict::pass;
    }
    faults& f = found->second;
    if (f.passing.erase(&e) != 0) {
      --f.late;
      return verdict::pass;
    }
    which = f.drop_left != 0 ? f.drop : nullptr;
    if (which == nullptr) {
      return verdict_on_time(f);
    }
  }
  const bool lost = which(e);  // may run code of the test's: no lock
  const std::lock_guard lock{mutex_};
  faults& f = faults_[who.id()];
  f.drop_left -= lost ? 1 : 0;
  return lost ? verdict::drop : verdict_on_time(f);
}

// Also what follows those that are late is: else it would overtake them.
test_kit::verdict test_kit::verdict_on_time(const faults& f) {
  return f.delay > clock_duration::zero() || f.late != 0 ? verdict::delay
                                                         : verdict::pass;
}

clock_duration test_kit::arrival(const actor_cell& who) {
  const clock_duration now = who.system().get_scheduler().now();
  const std::lock_guard lock{mutex_};
  faults& f = faults_[who.id()];
  ++f.late;
  f.last_arrival = std::max(now + f.delay, f.last_arrival);
  return f.last_arrival;
}

void test_kit::let_pass(actor_id whom, const envelope* e) {
  const std::lock_guard lock{mutex_};
  faults_[whom].passing.insert(e);
}

bool test_kit::count_handled(const actor_cell& who) {
  const std::lock_guard lock{mutex_};
  const auto found = faults_.find(who.id());
  return found != faults_.end() && found->second.kill_in != 0 &&
         --found->second.kill_in == 0;
}

void test_kit::kill_after(actor_id whom, std::uint64_t messages) {
  const std::lock_guard lock{mutex_};
  faults_[whom].kill_in = messages;
}

void test_kit::delay(actor_id whom, clock_duration by) {
  const std::lock_guard lock{mutex_};
  faults_[whom].delay = by;
}

void test_kit::drop(actor_id whom, match which, std::uint64_t times) {
  const std::lock_guard lock{mutex_};
  faults& f = faults_[whom];
  f.drop = std::move(which);
  f.drop_left = times;
}

void test_kit::fail_start(const std::string& target, fault why,
                          std::uint64_t times) {
  const std::lock_guard lock{mutex_};
  failing_.insert_or_assign(target, failing{std::move(why), times});
}

}  // namespace troupe
