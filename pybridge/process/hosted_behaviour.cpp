// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/hosted_behaviour.hpp"

#include <utility>

#include "actors/actor_system.hpp"

namespace troupe {

hosted_behaviour::hosted_behaviour(ref_ptr<behaviour> code,
                                   ref_ptr<parent_process> parent,
                                   std::uint64_t number,
                                   ref_ptr<message_marks> marks)
    : code_{std::move(code)},
      parent_{std::move(parent)},
      number_{number},
      marks_{std::move(marks)} {}

// The parent sees how long it takes, and how many messages were put aside.
template <typename Call>
auto hosted_behaviour::run(actor_cell& self, Call call) {
  class running {
  public:
    running(hosted_behaviour& code, actor_cell& self)
        : code_{code}, self_{self} {
      code_.marks_->set_running_since(
          self.system().get_scheduler().now().count());
    }
    ~running() {
      code_.marks_->set_running_since(0);
      code_.tell_stashed(self_);
    }

  private:
    hosted_behaviour& code_;
    actor_cell& self_;
  };
  const running scope{*this, self};
  return call();
}

std::optional<fault> hosted_behaviour::on_start(actor_cell& self) {
  parent_->has_moved_in(number_, self, marks_);
  return code_->on_start(self);
}

void hosted_behaviour::on_message(actor_cell& self, envelope& e) {
  if (begins(e)) {
    run(self, [&] { code_->on_message(self, e); });
  } else {
    e.reply_to = nullptr;  // whoever gets it next will answer
    e.refused = true;
  }
}

// False: the parent has closed the gate, and gives it to somebody else.
bool hosted_behaviour::begins(envelope& e) const noexcept {
  receipt* const came = receipt_of(e);
  if (came == nullptr || &came->from() != parent_.get() || !came->mark()) {
    return true;
  }
  came->mark().set(message_marks::begun);
  if (!marks_->gate_is_closed()) {
    return true;
  }
  came->mark().set(message_marks::waiting);
  came->fate().set(outcome::returned);
  return false;
}

void hosted_behaviour::on_stash(actor_cell&, const envelope& e) {
  if (const receipt* const came = receipt_of(e)) {
    came->mark().set(message_marks::waiting);
  }
}

void hosted_behaviour::tell_stashed(actor_cell& self) {
  const turn_scope in_turn;
  if (const std::size_t now = self.stashed(); now != stashed_) {
    stashed_ = now;
    parent_->tell_stashed(number_, now);
  }
}

void hosted_behaviour::on_ready(actor_cell& self) {
  run(self, [&] { code_->on_ready(self); });
}

void hosted_behaviour::on_timer(actor_cell& self, timer_token which) {
  run(self, [&] { code_->on_timer(self, which); });
}

void hosted_behaviour::on_down(actor_cell& self, const end_notice& what) {
  run(self, [&] { code_->on_down(self, what); });
}

void hosted_behaviour::on_exit(actor_cell& self, const end_notice& what) {
  run(self, [&] { code_->on_exit(self, what); });
}

void hosted_behaviour::on_receive_timeout(actor_cell& self) {
  run(self, [&] { code_->on_receive_timeout(self); });
}

bool hosted_behaviour::delays_end(actor_cell& self, stop_reason reason) {
  return code_->delays_end(self, reason);
}

bool hosted_behaviour::on_ending(actor_cell& self, stop_reason reason,
                                 bool drain) {
  return code_->on_ending(self, reason, drain);
}

void hosted_behaviour::on_hurry(actor_cell& self) {
  code_->on_hurry(self);
}

void hosted_behaviour::on_stop(actor_cell& self, stop_reason reason) noexcept {
  code_->on_stop(self, reason);
}

}  // namespace troupe
