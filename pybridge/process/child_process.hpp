// SPDX-License-Identifier: Apache-2.0
// A child process with actors in it, as its parent sees it.
//
// It ends when its last actor has, or when it dies. However that comes, it is
// waited for: no zombie is left, and nothing that it had sent is lost.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "pybridge/process/far_behaviour.hpp"
#include "pybridge/process/message_marks.hpp"
#include "pybridge/process/peer.hpp"
#include "pybridge/process/process_launch.hpp"

namespace troupe {

/// An actor to be started in a child process.
struct far_recipe {
  std::string module;
  std::string class_name;  // empty: the module itself
  payload arguments;       // an encoded call
  std::size_t concurrency = 1;
  std::size_t stash_capacity = 0;
  clock_duration time_limit{};

  std::string target() const {
    return class_name.empty() ? module : module + ":" + class_name;
  }
  far_recipe clone() const {
    return {module,      class_name,     arguments.clone(),
            concurrency, stash_capacity, time_limit};
  }
};

class child_process final : public peer {
public:
  /// How long one that was asked to end may take, before it is killed.
  static constexpr auto patience = std::chrono::seconds{5};

  static result<ref_ptr<child_process>> start(actor_system& system,
                                              const process_launch& what);

  // Any thread.
  pid_t pid() const noexcept { return pid_; }
  std::string describe() const override {
    return "process " + std::to_string(pid_);
  }
  bool counts_dead_letters() const noexcept override { return true; }
  mappable is_trusted() const noexcept override { return mappable::files_too; }
  /// Done when it has ended, and all that it had sent was taken in.
  completion& when_gone() noexcept { return *gone_; }

  /// Starts an actor there, for which `cell` stands here, and `code` hears. The
  /// number is a spawned one. False: too late, it is about to end.
  bool enter(std::uint64_t number, actor_cell& cell,
             ref_ptr<far_behaviour> code);
  result<void> spawn(std::uint64_t number, const actor_cell& cell,
                     const far_recipe& what,
                     const ref_ptr<message_marks>& marks);
  std::uint64_t next_number_of_actor() noexcept {
    return tables().next_spawned();
  }
  /// It is no more. After the last one the process ends.
  void leave(std::uint64_t number) noexcept;
  /// As far as anybody can tell now.
  bool is_ending() const;

  /// `look`: who is told when the child was quiet; see was_quiet.
  void ask_when_quiet(std::uint64_t look, std::uint64_t asked);
  /// The text of its tree, or a fault.
  ref_ptr<completion> look();

  /// SIGKILL. `why`: for people, if it isn't to be told from the signal.
  void kill(const std::string& why = {}) noexcept;

private:
  child_process(actor_system& system, launched_process p);
  ~child_process() override;
  void watch();

  result<void> on_other_frame(received_frame& f) override;
  void on_link_ended(const std::string& why) noexcept override;
  result<void> on_started(received_frame& f);
  result<void> on_dead_letter(received_frame& f);
  result<void> on_names(received_frame& f);
  void answer_later(std::uint64_t request, const ref_ptr<completion>& c);
  mappable trusts() const noexcept override { return mappable::sealed; }

  void finish() noexcept;
  void kill_after(clock_duration delay) noexcept;
  void on_exited() noexcept;
  void reap() noexcept;
  void is_gone() noexcept;

  // Constant after construction.
  const pid_t pid_;
  const ref_ptr<completion> gone_;

  // watch(), then the service thread only.
  descriptor handle_;  // others may keep this longer than it is of use
  std::unique_ptr<descriptor_watch> exit_;
  bool link_over_ = false;

  mutable std::mutex state_mutex_;
  // Guarded by state_mutex_.
  std::unordered_map<std::uint64_t, ref_ptr<far_behaviour>> members_;
  bool reaped_ = false;
  bool finishing_ = false;
  std::string why_;  // how it has ended
  timer_id deadline_ = timer_id::none;
};

}  // namespace troupe
