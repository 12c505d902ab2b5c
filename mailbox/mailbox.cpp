// SPDX-License-Identifier: Apache-2.0
#include "mailbox/mailbox.hpp"

#include <utility>

namespace troupe {
namespace {

// The next envelope of a long list has left the cache: fetch it while this one
// is being handled.
void prefetch(const envelope* e) noexcept {
  if (e != nullptr) {
    __builtin_prefetch(e);
    __builtin_prefetch(reinterpret_cast<const std::byte*>(e) + 64);
  }
}

}  // namespace

mailbox::lane::~lane() {
  while (envelope* e = pop()) {
    const envelope_ptr dropped{e};
  }
}

bool mailbox::lane::push(envelope* e) noexcept {
  try {
    return arrivals_.push(e);
  } catch (const std::bad_alloc&) {
    return false;  // no memory for the node
  }
}

envelope* mailbox::lane::pop() noexcept {
  if (oldest_ == nullptr) {
    if (arrivals_.empty()) {
      return nullptr;
    }
    // The newest comes first, so that putting each before the others is enough
    // (consume_all_atomic_reversed() goes through them twice: 1.5 times the
    // time per message when 300,000 wait).
    arrivals_.consume_all_atomic([this](envelope* e) {
      e->next = oldest_;
      oldest_ = e;
    });
  }
  envelope* e = oldest_;
  oldest_ = std::exchange(e->next, nullptr);
  prefetch(oldest_);
  return e;
}

mailbox::~mailbox() = default;

push_result mailbox::push(envelope_ptr&& e) noexcept {
  // Relaxed: a push that races with close() may get in, by contract.
  if (closed_.load(std::memory_order_relaxed)) {
    return push_result::closed;
  }
  if (capacity_ != unbounded && !reserve()) {
    return push_result::full;
  }
  if (!messages_.push(e.get())) {
    messages_held_.fetch_sub(capacity_ != unbounded, std::memory_order_relaxed);
    return push_result::full;
  }
  static_cast<void>(e.release());
  return count_one();
}

push_result mailbox::push_signal(envelope_ptr&& e) noexcept {
  if (closed_.load(std::memory_order_relaxed) || !signals_.push(e.get())) {
    return push_result::closed;
  }
  static_cast<void>(e.release());
  return count_one();
}

push_result mailbox::count_one() noexcept {
  // Pairs with settle(): whoever takes the count from 0 sees all that the
  // reader did before it parked, and the next turn sees this push.
  return count_.fetch_add(1, std::memory_order_acq_rel) == 0
             ? push_result::woke_reader
             : push_result::ok;
}

bool mailbox::reserve() noexcept {
  // Relaxed: a limit, no publication; the lane's stack publishes the envelope.
  std::size_t held = messages_held_.load(std::memory_order_relaxed);
  do {
    if (held >= capacity_) {
      return false;
    }
  } while (!messages_held_.compare_exchange_weak(held, held + 1,
                                                 std::memory_order_relaxed));
  return true;
}

envelope_ptr mailbox::pop() noexcept {
  envelope* e = signals_.pop();
  if (e == nullptr) {
    e = messages_.pop();
    popped_messages_ += e != nullptr;
  }
  popped_ += e != nullptr;
  return envelope_ptr{e};
}

bool mailbox::settle() noexcept {
  const std::int64_t popped = std::exchange(popped_, 0);
  const std::size_t messages = std::exchange(popped_messages_, 0);
  if (capacity_ != unbounded) {
    // Relaxed: pairs with nothing; see reserve().
    messages_held_.fetch_sub(messages, std::memory_order_relaxed);
  }
  // Pairs with count_one(). After it the mailbox may belong to another turn.
  return count_.fetch_sub(popped, std::memory_order_acq_rel) - popped > 0;
}

void mailbox::close() noexcept {
  closed_.store(true, std::memory_order_relaxed);
}

std::size_t mailbox::size() const noexcept {
  const auto count = count_.load(std::memory_order_relaxed);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

}  // namespace troupe
