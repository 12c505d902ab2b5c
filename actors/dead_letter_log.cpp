// SPDX-License-Identifier: Apache-2.0
#include "actors/dead_letter_log.hpp"

namespace troupe {
namespace {

// An asker hears of it by its exception, that of its timeout for a late answer.
bool is_told_elsewhere(const dead_letter& d) noexcept {
  return d.told || d.letter.reply_to != nullptr;
}

std::string to(const std::string& receiver) {
  return receiver.starts_with("group ") ? receiver : "'" + receiver + "'";
}

}  // namespace

void dead_letter_log::on_dead_letter(const dead_letter& d) noexcept {
  if (is_told_elsewhere(d)) {
    return;
  }
  const std::lock_guard lock{mutex_};
  if (closed_) {
    return;
  }
  if (timer_ == timer_id::none) {
    timer_ = clock_.after(
        window, [self = ref_ptr<dead_letter_log>{this}] { self->sum_up(); });
  }
  const kind which{d.reason, d.receiver_name};
  if (tallies_.size() >= kinds && !tallies_.contains(which)) {
    ++others_.more;
    return;
  }
  tally& t = tallies_[which];
  if (t.shown == shown_in_full) {
    ++t.more;
    return;
  }
  ++t.shown;
  write_(words_of(d));
}

std::string dead_letter_log::words_of(const dead_letter& d) const {
  const std::string words = "dead letter (" + std::string{to_string(d.reason)} +
                            "): " + describe_(d.letter) + " to " +
                            to(d.receiver_name);
  return d.sender_name.empty() ? words
                               : words + " from '" + d.sender_name + "'";
}

void dead_letter_log::sum_up() noexcept {
  const std::lock_guard lock{mutex_};
  timer_ = timer_id::none;
  sum_up_locked();
}

// What was cut short in this window is cut short at once in the next one.
void dead_letter_log::sum_up_locked() {
  const std::string since =
      " more in the last " + std::to_string(window.count()) + " s";
  bool any = others_.more != 0;
  for (auto at = tallies_.begin(); at != tallies_.end();) {
    auto& [which, t] = *at;
    if (t.more == 0) {
      at = tallies_.erase(at);
      continue;
    }
    any = true;
    write_("dead letter (" + std::string{to_string(which.first)} +
           "): " + std::to_string(t.more) + since + ", to " + to(which.second));
    t.more = 0;
    ++at;
  }
  if (others_.more != 0) {
    write_("dead letters: " + std::to_string(others_.more) + since +
           ", to other receivers");
    others_ = {};
  }
  if (any && !closed_) {
    timer_ = clock_.after(
        window, [self = ref_ptr<dead_letter_log>{this}] { self->sum_up(); });
  }
}

void dead_letter_log::on_closed() noexcept {
  timer_id timer = timer_id::none;
  {
    const std::lock_guard lock{mutex_};
    if (std::exchange(closed_, true)) {
      return;
    }
    timer = std::exchange(timer_, timer_id::none);
    sum_up_locked();
  }
  if (timer != timer_id::none) {
    clock_.cancel(timer);
  }
}

}  // namespace troupe
