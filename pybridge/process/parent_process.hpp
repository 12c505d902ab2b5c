// SPDX-License-Identifier: Apache-2.0
// In a child process: the parent, whose actors run here in the main
// interpreter.
#pragma once

#include "pybridge/python.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "actors/dead_letters.hpp"
#include "pybridge/process/message_marks.hpp"
#include "pybridge/process/name_question.hpp"
#include "pybridge/process/peer.hpp"

namespace troupe {

class engine;

class parent_process final : public peer {
public:
  /// The engine must outlive the link.
  parent_process(engine& e, descriptor socket);

  // Any thread.
  std::string describe() const override;
  bool counts_dead_letters() const noexcept override { return false; }
  mappable is_trusted() const noexcept override { return mappable::sealed; }
  /// Done when the parent has closed the link, or is no more.
  completion& when_over() noexcept { return *over_; }

  // For hosted_behaviour.
  void has_moved_in(std::uint64_t number, actor_cell& cell,
                    ref_ptr<message_marks> marks);
  void tell_stashed(std::uint64_t number, std::size_t stashed);

  /// A question to the parent's registry: see name_question. `who`: for `add`.
  ref_ptr<completion> ask(name_question what, const std::string& name,
                          actor_cell* who = nullptr);

private:
  class letters;

  result<void> on_other_frame(received_frame& f) override;
  void on_link_ended(const std::string& why) noexcept override;
  mappable trusts() const noexcept override { return mappable::files_too; }
  message_mark mark_of(const actor_cell& receiver, std::uint32_t slot) override;

  result<void> on_spawn(received_frame& f);
  void tell_started(std::uint64_t number, const fault* why_not);
  result<void> on_when_quiet(received_frame& f);
  result<void> on_look(received_frame& f);
  void tell_dead(const dead_letter& d);

  // Constant.
  engine& engine_;
  const ref_ptr<completion> over_;

  std::mutex marks_mutex_;
  // Guarded by marks_mutex_.
  std::unordered_map<actor_id, ref_ptr<message_marks>> marks_;
};

}  // namespace troupe
