// SPDX-License-Identifier: Apache-2.0
// An actor in a child process, as its own cell sees it: mailbox, name,
// supervision, watches and links are those of any actor, only its code is over
// there.
//
// When the process dies, what its marks say was begun is a dead letter, and the
// rest waits for the next incarnation.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "pybridge/process/child_process.hpp"
#include "pybridge/process/far_behaviour.hpp"
#include "pybridge/process/process_homes.hpp"

namespace troupe {

class process_behaviour final : public far_behaviour {
public:
  /// `home`: the name of a process that it shares; empty: it is alone.
  process_behaviour(process_homes& homes, std::string home, far_recipe what);

  // What a cell of such an actor needs, for spawn_options.
  static std::size_t first_window(std::size_t concurrency) noexcept {
    return window + concurrency;
  }

  std::optional<fault> on_start(actor_cell& self) override;
  void on_message(actor_cell& self, envelope& e) override;
  void on_ready(actor_cell& self) override;
  bool on_ending(actor_cell& self, stop_reason reason, bool drain) override;
  void on_hurry(actor_cell& self) override;
  void on_stop(actor_cell& self, stop_reason reason) noexcept override;
  void on_told_to_stop() noexcept override;
  void interrupt(actor_cell& self, interrupt_kind kind,
                 std::uint64_t message) noexcept override;
  std::string describe() const override { return recipe_.target(); }

  /// Any thread. For people: "process, pid 4711", "process:NAME, pid 4711".
  std::string home() const;
  /// Any thread. Null before it has started.
  ref_ptr<child_process> process() const;

protected:
  void on_event(actor_cell& self, far_event& what) override;
  std::uint32_t take_slot() override;
  void give_slot(std::uint32_t slot) noexcept override;
  outcome last_outcome(const kept_message& m) noexcept override;
  fault last_fault(const actor_cell& self, stop_reason reason) const override;

private:
  result<void> move_in(actor_cell& self);
  void on_gone(actor_cell& self, const peer_gone& how);
  void look(actor_cell& self);
  void look_later(actor_cell& self);
  bool hangs(const actor_cell& self) const;
  fault gone_fault(const actor_cell& self) const;

  // Constant.
  process_homes& homes_;  // outlive the actors
  const std::string home_;
  const far_recipe recipe_;

  // Written once, before begin(): who sees where() sees it too.
  ref_ptr<message_marks> marks_;

  // The actor's turn only.
  ref_ptr<child_process> process_;
  std::uint64_t number_ = 0;
  std::vector<std::uint32_t> free_slots_;
  std::uint32_t next_slot_ = 0;
  bool ended_ = false;  // its actor has, there
  bool gone_ = false;   // its process has
  std::string gone_why_;
  // Whether something may be under way over there that no message tells of.
  bool busy_ = false;
  std::uint64_t asked_ =
      0;  // whether it is quiet; 0: not since the last message
  std::uint64_t last_asked_ = 0;
  bool looks_ = false;  // look_again is on its way
  timer_id look_timer_ = timer_id::none;
};

}  // namespace troupe
