// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/waker.hpp"

#include <utility>

#include "actors/actor_system.hpp"

namespace troupe {

waker::waker(actor_ref receiver)
    : receiver_{std::move(receiver)},
      scheduler_{receiver_.cell().system().get_scheduler()} {}

void waker::wake() noexcept {
  if (woken_.exchange(true, std::memory_order_acq_rel)) {  // pairs with take()
    return;
  }
  ref_ptr<completion> blocked;
  {
    const std::lock_guard lock{mutex_};
    blocked = blocked_;
  }
  if (blocked != nullptr) {
    blocked->set_value({});
  } else {
    receiver_.cell().signal(envelope_kind::ready);
  }
}

void waker::set_timer(clock_duration delay) {
  if (timer_ != timer_id::none) {
    scheduler_.cancel(timer_);
  }
  timer_ =
      scheduler_.after(delay, [self = ref_ptr<waker>{this}] { self->wake(); });
}

void waker::watch(int descriptor) {
  watch_ = scheduler_.watch(descriptor, [self = ref_ptr<waker>{this}] {
    self->readable_.store(true, std::memory_order_release);
    self->wake();
  });
}

void waker::wake_later() {
  scheduler_.after({}, [self = ref_ptr<waker>{this}] { self->wake(); });
}

void waker::arm() noexcept {
  // Relaxed: only a watch that is armed sets it.
  readable_.store(false, std::memory_order_relaxed);
  watch_->arm();
}

void waker::close() noexcept {
  watch_.reset();
  scheduler_.cancel(timer_);
  timer_ = timer_id::none;
}

ref_ptr<completion> waker::begin_block() {
  auto block = make_ref_counted<completion>();
  const std::lock_guard lock{mutex_};
  if (woken_.load(std::memory_order_acquire)) {  // pairs with wake()
    block->set_value({});
  } else {
    blocked_ = block;
  }
  return block;
}

void waker::end_block() noexcept {
  const std::lock_guard lock{mutex_};
  blocked_.reset();
}

}  // namespace troupe
