// SPDX-License-Identifier: Apache-2.0
// In a child process: around the code of an actor that the parent has spawned.
// It notes in the marks what the actor does with the parent's messages.
#pragma once

#include "pybridge/python.hpp"

#include <optional>
#include <string>

#include "actors/cell/behaviour.hpp"
#include "pybridge/process/message_marks.hpp"
#include "pybridge/process/parent_process.hpp"

namespace troupe {

class hosted_behaviour final : public behaviour {
public:
  hosted_behaviour(ref_ptr<behaviour> code, ref_ptr<parent_process> parent,
                   std::uint64_t number, ref_ptr<message_marks> marks);

  /// Any thread.
  behaviour& code() const noexcept { return *code_; }

  std::optional<fault> on_start(actor_cell& self) override;
  void on_message(actor_cell& self, envelope& e) override;
  void on_ready(actor_cell& self) override;
  void on_timer(actor_cell& self, timer_token which) override;
  void on_down(actor_cell& self, const end_notice& what) override;
  void on_exit(actor_cell& self, const end_notice& what) override;
  void on_receive_timeout(actor_cell& self) override;
  bool delays_end(actor_cell& self, stop_reason reason) override;
  bool on_ending(actor_cell& self, stop_reason reason, bool drain) override;
  void on_hurry(actor_cell& self) override;
  void on_stop(actor_cell& self, stop_reason reason) noexcept override;
  void on_stash(actor_cell& self, const envelope& e) override;
  void on_given_up() noexcept override { code_->on_given_up(); }
  void interrupt(actor_cell& self, interrupt_kind kind,
                 std::uint64_t message) noexcept override {
    code_->interrupt(self, kind, message);
  }
  std::string describe() const override { return code_->describe(); }

private:
  template <typename Call>
  auto run(actor_cell& self, Call call);
  bool begins(envelope& e) const noexcept;
  void tell_stashed(actor_cell& self);

  // Constant.
  const ref_ptr<behaviour> code_;
  const ref_ptr<parent_process> parent_;
  const std::uint64_t number_;
  const ref_ptr<message_marks> marks_;

  // The actor's turn only.
  std::size_t stashed_ = 0;  // as the parent knows it
};

}  // namespace troupe
