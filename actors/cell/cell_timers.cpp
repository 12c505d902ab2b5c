// SPDX-License-Identifier: Apache-2.0
#include "actors/cell/cell_timers.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/cell/actor_cell.hpp"

namespace troupe {

class cell_timers::timer final : public ref_counted {
public:
  timer(actor_cell& owner, timer_token token, clock_duration due,
        clock_duration period)
      : token_{token}, period_{period}, owner_{&owner}, due_{due} {}

  timer_token token() const noexcept { return token_; }
  bool repeats() const noexcept { return period_ > clock_duration::zero(); }
  bool cancelled() const noexcept { return cancelled_.load(); }
  // A tick was served: the next may be queued.
  void served() noexcept { queued_.store(false); }

  void cancel() noexcept {
    timer_id armed;
    {
      const std::lock_guard lock{mutex_};
      cancelled_.store(true);
      armed = armed_;
    }
    clock().cancel(armed);
  }

  // Under the lock, so that cancel() finds the new id, or this the end.
  void arm() {
    const std::lock_guard lock{mutex_};
    if (!cancelled()) {
      const auto delay = std::max(due_ - clock().now(), clock_duration::zero());
      armed_ =
          clock().after(delay, [self = ref_ptr<timer>{this}] { self->fire(); });
    }
  }

private:
  scheduler& clock() const noexcept { return owner_->system().get_scheduler(); }

  // On the scheduler's thread. A tick is left out while the one before waits;
  // the next one is due at a multiple of the period, so that nothing drifts.
  void fire() {
    if (cancelled()) {
      return;
    }
    if (!queued_.exchange(true)) {
      auto e = make_envelope();
      e->kind = static_cast<std::uint8_t>(envelope_kind::timer);
      e->content.attach(ref_ptr<ref_counted>{this});
      owner_->notify(std::move(e));
    }
    if (repeats()) {
      const auto late = std::max(clock().now() - due_, clock_duration::zero());
      const auto next = late - late % period_;  // at most now
      due_ += next;
      due_ += std::min(period_, clock_duration::max() - due_);
      arm();
    }
  }

  // Constant.
  const timer_token token_;
  const clock_duration period_;
  const ref_ptr<actor_cell> owner_;

  clock_duration due_;  // start(), then the scheduler's thread
  std::mutex mutex_;
  timer_id armed_ = timer_id::none;     // guarded by mutex_
  std::atomic<bool> cancelled_{false};  // written under mutex_
  std::atomic<bool> queued_{false};     // by that thread; reset by the turn
};

cell_timers::cell_timers(actor_cell& owner) : owner_{owner} {}

cell_timers::~cell_timers() {
  cancel_all();
}

void cell_timers::start(timer_token token, clock_duration delay,
                        clock_duration period) {
  cancel(token);
  const auto now = owner_.system().get_scheduler().now();
  const auto wait = std::min(delay, clock_duration::max() - now);
  auto added = make_ref_counted<timer>(owner_, token, now + wait, period);
  timers_.emplace(token, added);
  added->arm();
}

bool cell_timers::cancel(timer_token token) noexcept {
  const auto found = timers_.find(token);
  if (found == timers_.end()) {
    return false;
  }
  found->second->cancel();
  timers_.erase(found);
  return true;
}

void cell_timers::cancel_all() noexcept {
  for (const auto& [token, timer] : timers_) {
    timer->cancel();
  }
  timers_.clear();
}

bool cell_timers::take(ref_counted& gone_off, timer_token& token) noexcept {
  auto& one = static_cast<timer&>(gone_off);
  one.served();
  if (one.cancelled()) {
    return false;
  }
  token = one.token();
  if (!one.repeats()) {
    timers_.erase(token);
  }
  return true;
}

}  // namespace troupe
