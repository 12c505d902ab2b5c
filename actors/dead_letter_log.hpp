// SPDX-License-Identifier: Apache-2.0
// Dead letters on stderr: the first few of a kind in full, then how many more.
//
// A kind is a reason and a receiver. Only those are shown of which nobody else
// is told: not what its asker, or the sender, gets as an exception.
//
// Any thread. The timer that sums up runs only while there is something to sum.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "actors/dead_letters.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

class dead_letter_log final : public dead_letter_listener {
public:
  using writer = std::function<void(const std::string& line)>;
  using describer = std::function<std::string(const envelope&)>;

  /// `describe`: what the message is, in words. `clock` must outlive it.
  dead_letter_log(scheduler& clock, writer write, describer describe)
      : clock_{clock},
        write_{std::move(write)},
        describe_{std::move(describe)} {}

  void on_dead_letter(const dead_letter& letter) noexcept override;
  /// Sums up what is left, and shows nothing from now on.
  void on_closed() noexcept override;

  static constexpr int shown_in_full = 3;   // of a kind, in a window
  static constexpr std::size_t kinds = 20;  // others are counted together
  static constexpr std::chrono::seconds window{10};

private:
  using kind = std::pair<dead_reason, std::string>;  // reason, receiver
  struct tally {
    int shown = 0;
    std::uint64_t more = 0;
  };

  void count_locked(tally& t);
  void sum_up() noexcept;
  void sum_up_locked();
  std::string words_of(const dead_letter& letter) const;

  scheduler& clock_;
  const writer write_;
  const describer describe_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::map<kind, tally> tallies_;  // of this window
  tally others_;
  timer_id timer_ = timer_id::none;
  bool closed_ = false;
};

}  // namespace troupe
