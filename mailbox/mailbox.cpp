// SPDX-License-Identifier: Apache-2.0
#include "mailbox/mailbox.hpp"

#include <limits>
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

std::size_t crowd_at(std::size_t capacity, mailbox_limit limit) noexcept {
  return capacity != mailbox::unbounded && limit == mailbox_limit::soft
             ? capacity
             : std::numeric_limits<std::size_t>::max();
}

}  // namespace

mailbox::list::~list() {
  while (envelope* e = pop()) {
    const envelope_ptr dropped{e};
  }
}

// The oldest that takes up room; all others stay, in order.
envelope* mailbox::list::pop_reserved() noexcept {
  envelope* before = nullptr;
  envelope* e = first_;
  while (e != nullptr && !e->reserved) {
    before = std::exchange(e, e->next);
  }
  if (e != nullptr) {
    (before == nullptr ? first_ : before->next) = e->next;
    if (e->next == nullptr) {
      last_ = before;
    }
    e->next = nullptr;
  }
  return e;
}

inline envelope* mailbox::list::pop() noexcept {
  envelope* const e = first_;
  if (e != nullptr) {
    first_ = std::exchange(e->next, nullptr);
    prefetch(first_);
  }
  return e;
}

void mailbox::list::push_front(envelope* e) noexcept {
  if (first_ == nullptr) {
    last_ = e;
  }
  e->next = std::exchange(first_, e);
}

inline void mailbox::list::append(const chain& added) noexcept {
  (first_ == nullptr ? first_ : last_->next) = added.first;
  last_ = added.last;
}

mailbox::arrivals::~arrivals() {
  list dropped;
  if (const chain taken = take(); taken.first != nullptr) {
    dropped.append(taken);
  }
}

inline void mailbox::arrivals::push(envelope* e) noexcept {
  e->next = newest_.load(std::memory_order_relaxed);
  // Release: pairs with take(), also for those below, whose pushes it extends.
  while (!newest_.compare_exchange_weak(e->next, e, std::memory_order_release,
                                        std::memory_order_relaxed)) {
  }
}

inline mailbox::chain mailbox::arrivals::take() noexcept {
  if (empty()) {
    return {};
  }
  // Acquire: pairs with push().
  envelope* e = newest_.exchange(nullptr, std::memory_order_acquire);
  chain taken{.first = nullptr, .last = e, .size = 0};
  while (e != nullptr) {
    envelope* const older = std::exchange(e->next, taken.first);
    taken.first = std::exchange(e, older);
    ++taken.size;
  }
  return taken;
}

mailbox::mailbox(std::size_t capacity, mailbox_limit limit)
    : capacity_{capacity}, crowd_{crowd_at(capacity, limit)}, limit_{limit} {}

mailbox::~mailbox() = default;

push_result mailbox::push(envelope_ptr&& e) noexcept {
  return push_message(ordinary_, std::move(e));
}

push_result mailbox::push_urgent(envelope_ptr&& e) noexcept {
  e->urgent = true;
  return push_message(express_, std::move(e));
}

inline push_result mailbox::push_message(arrivals& where,
                                         envelope_ptr&& e) noexcept {
  if (!reserve(*e)) {
    // Relaxed: as in push_to().
    return shut_.load(std::memory_order_relaxed) & closed ? push_result::closed
                                                          : push_result::full;
  }
  return push_to(where, std::move(e), closed | refusing);
}

push_result mailbox::push_notice(envelope_ptr&& e) noexcept {
  return push_to(ordinary_, std::move(e));
}

push_result mailbox::push_signal(envelope_ptr&& e) noexcept {
  return push_to(express_, std::move(e));
}

// `shut`: which bits of shut_ are about `e`.
inline push_result mailbox::push_to(arrivals& where, envelope_ptr&& e,
                                    std::uint8_t shut) noexcept {
  // Relaxed: a push that races with close() may get in, by contract.
  if (const auto bits = shut_.load(std::memory_order_relaxed) & shut) {
    unreserve(*e);
    return bits & closed ? push_result::closed : push_result::full;
  }
  where.push(e.release());
  return count_one();
}

inline push_result mailbox::count_one() noexcept {
  // Pairs with settle(): whoever takes the count from 0 sees all that the
  // reader did before it parked, and the next turn sees this push.
  return count_.fetch_add(1, std::memory_order_acq_rel) == 0
             ? push_result::woke_reader
             : push_result::ok;
}

inline bool mailbox::reserve(envelope& e) noexcept {
  if (capacity_ == unbounded || limit_ == mailbox_limit::soft) {
    return true;
  }
  // Relaxed: a limit, no publication; the stack publishes the envelope.
  std::size_t held = messages_held_.load(std::memory_order_relaxed);
  do {
    if (held >= capacity_) {
      return false;
    }
  } while (!messages_held_.compare_exchange_weak(held, held + 1,
                                                 std::memory_order_relaxed));
  e.reserved = true;
  return true;
}

inline void mailbox::unreserve(envelope& e) noexcept {
  if (e.reserved) {
    e.reserved = false;
    // Relaxed: pairs with nothing; see reserve().
    messages_held_.fetch_sub(1, std::memory_order_relaxed);
  }
}

push_result mailbox::push_displacing(envelope_ptr&& e,
                                     envelope_ptr& oldest) noexcept {
  const push_result result =
      e->urgent ? push_urgent(std::move(e)) : push(std::move(e));
  if (result != push_result::full) {
    return result;
  }
  const std::lock_guard lock{displacing_};
  oldest.reset(displace_locked());
  if (oldest != nullptr) {
    e->reserved = oldest->reserved;
    oldest->reserved = false;
  }  // else the reader was quicker, and there is room
  return push_to(e->urgent ? express_ : ordinary_, std::move(e),
                 closed | refusing);
}

// The oldest message, and with it its place among those held. It was counted
// (or is about to be), unless it is shelved. Notices take up no room, and stay.
envelope* mailbox::displace_locked() noexcept {
  sort_express();
  take_messages();
  envelope* e = messages_.pop_reserved();
  if (e == nullptr) {
    e = urgent_.pop_reserved();
  }
  if (e == nullptr) {
    return nullptr;
  }
  --listed_;
  // Relaxed: written under the lock; size() takes any value.
  const std::size_t shelved = shelved_.load(std::memory_order_relaxed);
  if (shelved > 0) {
    shelved_.store(shelved - 1, std::memory_order_relaxed);
  } else {
    ++popped_;  // the reader's next settle() takes it off
  }
  return e;
}

// Signals and urgent messages come the same way: apart again.
void mailbox::sort_express() noexcept {
  envelope* e = express_.take().first;
  while (e != nullptr) {
    envelope* const next = std::exchange(e->next, nullptr);
    (e->urgent ? urgent_ : signals_).append({e, e, 1});
    listed_ += e->urgent;
    e = next;
  }
}

inline void mailbox::take_messages() noexcept {
  const chain taken = ordinary_.take();
  if (taken.first != nullptr) {
    messages_.append(taken);
    listed_ += taken.size;
  }
}

inline envelope* mailbox::pop_signal() noexcept {
  if (!express_.empty()) {
    sort_express();
  }
  return signals_.pop();
}

inline envelope* mailbox::pop_message() noexcept {
  envelope* e = urgent_.pop();
  if (e == nullptr) {
    if (messages_.empty()) {
      take_messages();
    }
    e = messages_.pop();
  }
  if (e != nullptr) {
    --listed_;
    unreserve(*e);
  }
  return e;
}

inline envelope* mailbox::pop_any() noexcept {
  envelope* e = pop_signal();
  if (e == nullptr && !paused_) {
    e = pop_message();
  }
  popped_ += e != nullptr;
  return e;
}

envelope_ptr mailbox::pop() noexcept {
  if (limit_ == mailbox_limit::displacing) {
    const std::lock_guard lock{displacing_};
    return envelope_ptr{pop_any()};
  }
  return envelope_ptr{pop_any()};
}

bool mailbox::has_signal() noexcept {
  const std::lock_guard lock{displacing_};
  return !signals_.empty() || !express_.empty();
}

bool mailbox::has_message() noexcept {
  const std::lock_guard lock{displacing_};
  sort_express();
  return listed_ > 0 || !ordinary_.empty();
}

void mailbox::put_back(envelope_ptr e) noexcept {
  const std::lock_guard lock{displacing_};
  if (capacity_ != unbounded && limit_ != mailbox_limit::soft) {
    // Relaxed: see reserve(). What was in once gets in again.
    messages_held_.fetch_add(1, std::memory_order_relaxed);
    e->reserved = true;
  }
  e->urgent = false;
  messages_.push_front(e.release());
  ++listed_;
  --popped_;
}

void mailbox::shelve() noexcept {
  sort_express();
  take_messages();
  // Relaxed: read by size() only, which takes any value.
  const std::size_t before = shelved_.load(std::memory_order_relaxed);
  popped_ +=
      static_cast<std::int64_t>(listed_) - static_cast<std::int64_t>(before);
  shelved_.store(listed_, std::memory_order_relaxed);
}

void mailbox::resume() noexcept {
  const std::lock_guard lock{displacing_};
  paused_ = false;
  popped_ -= static_cast<std::int64_t>(
      shelved_.exchange(0, std::memory_order_relaxed));
}

bool mailbox::settle() noexcept {
  std::unique_lock lock{displacing_, std::defer_lock};
  if (paused_ || limit_ == mailbox_limit::displacing) {
    lock.lock();
  }
  if (paused_) {
    shelve();
  }
  const std::int64_t popped = std::exchange(popped_, 0);
  // Pairs with count_one(). After it the mailbox may belong to another turn.
  // seq_cst: against the look at a crowd, see actor_cell::relieve().
  return count_.fetch_sub(popped) - popped > 0;
}

void mailbox::close() noexcept {
  shut_.fetch_or(closed, std::memory_order_relaxed);
}

void mailbox::refuse(bool messages) noexcept {
  if (messages) {
    shut_.fetch_or(refusing, std::memory_order_relaxed);
  } else {
    shut_.fetch_and(static_cast<std::uint8_t>(~refusing),
                    std::memory_order_relaxed);
  }
}

}  // namespace troupe
