// SPDX-License-Identifier: Apache-2.0
#include "actors/channel.hpp"

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

namespace troupe {
namespace {

// Never under the lock: whoever is told may come back at once.
void tell(const ref_ptr<completion>& one) {
  if (one != nullptr) {
    one->set_value({});
  }
}

template <typename Waiters>
void tell_all(const Waiters& those) {
  for (const auto& each : those) {
    tell(each.told);
  }
}

}  // namespace

channel_result channel::put(parcel&& p) {
  return add(std::move(p), false);
}

channel_result channel::put_anyway(parcel&& p) {
  return add(std::move(p), true);
}

channel_result channel::add(parcel&& p, bool whatever_the_capacity) {
  ref_ptr<completion> taker;
  {
    const std::lock_guard lock{mutex_};
    if (closed_) {
      return channel_result::closed;
    }
    if (size_ >= capacity_ && !whatever_the_capacity) {
      return channel_result::not_now;
    }
    entries_.push_back({std::move(p)});
    ++size_;
    ++unfinished_;
    taker = taker_to_tell_locked();
  }
  tell(taker);
  return channel_result::ok;
}

channel_result channel::take(parcel& out) {
  ref_ptr<completion> putter;
  {
    const std::lock_guard lock{mutex_};
    if (size_ == 0) {
      return closed_ ? channel_result::closed : channel_result::not_now;
    }
    drop_withdrawn_locked();
    out = std::move(entries_.front().what);
    entries_.pop_front();
    --size_;
    putter = first_of_locked(putters_);
  }
  tell(putter);
  return channel_result::ok;
}

channel_result channel::take_all(std::deque<parcel>& out) {
  waiters putters;
  {
    const std::lock_guard lock{mutex_};
    if (size_ == 0) {
      return closed_ ? channel_result::closed : channel_result::not_now;
    }
    for (entry& each : entries_) {
      if (!each.withdrawn) {
        out.push_back(std::move(each.what));
      }
    }
    entries_.clear();
    size_ = 0;
    putters = std::exchange(putters_, {});
  }
  tell_all(putters);
  return channel_result::ok;
}

bool channel::linger(std::chrono::nanoseconds moment) {
  {
    const std::lock_guard lock{mutex_};
    if (lingering_ != 0) {
      return size_ != 0;  // one is enough
    }
    ++lingering_;
  }
  const auto end = std::chrono::steady_clock::now() + moment;
  while (size_.load(std::memory_order_relaxed) == 0 &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  const std::lock_guard lock{mutex_};
  --lingering_;
  return size_ != 0;
}

channel::waiter channel::when_filled() {
  const std::lock_guard lock{mutex_};
  return wait_in(takers_, size_ != 0 || closed_);
}

channel::waiter channel::when_room() {
  const std::lock_guard lock{mutex_};
  return wait_in(putters_, size_ < capacity_ || closed_);
}

channel::waiter channel::when_finished() {
  const std::lock_guard lock{mutex_};
  return wait_in(finishers_, unfinished_ == 0);
}

bool channel::finish_one() {
  waiters all;
  {
    const std::lock_guard lock{mutex_};
    if (unfinished_ == 0) {
      return false;
    }
    all = finish_locked(1);
  }
  tell_all(all);
  return true;
}

// Under the lock; a completion that nobody else sees calls nobody.
channel::waiter channel::wait_in(waiters& those, bool ready) {
  waiter one{++last_id_, make_ref_counted<completion>()};
  if (ready) {
    one.told->set_value({});
  } else {
    those.push_back(one);
  }
  return one;
}

void channel::give_up(std::uint64_t id) {
  ref_ptr<completion> taker;
  ref_ptr<completion> putter;
  waiters gone;  // destroyed after the lock is given back
  {
    const std::lock_guard lock{mutex_};
    for (waiters* those : {&takers_, &putters_, &finishers_}) {
      const auto found =
          std::find_if(those->begin(), those->end(),
                       [id](const waiter& w) { return w.id == id; });
      if (found != those->end()) {
        gone.push_back(std::move(*found));
        those->erase(found);
        return;
      }
    }
    if (size_ != 0) {
      taker = first_of_locked(takers_);
    }
    if (size_ < capacity_) {
      putter = first_of_locked(putters_);
    }
  }
  tell(taker);
  tell(putter);
}

const channel::entry* channel::find_locked(std::uint64_t tag) const {
  const auto found = std::lower_bound(
      entries_.begin(), entries_.end(), tag,
      [](const entry& e, std::uint64_t t) { return e.what.tag < t; });
  const bool is_here =
      found != entries_.end() && found->what.tag == tag && !found->withdrawn;
  return is_here ? &*found : nullptr;
}

bool channel::holds(std::uint64_t tag) const {
  const std::lock_guard lock{mutex_};
  return find_locked(tag) != nullptr;
}

bool channel::withdraw(std::uint64_t tag) {
  payload content;  // destroyed after the lock is given back
  ref_ptr<completion> putter;
  waiters finishers;
  {
    const std::lock_guard lock{mutex_};
    auto* const found = const_cast<entry*>(find_locked(tag));
    if (found == nullptr) {
      return false;
    }
    content = std::move(found->what.content);
    found->withdrawn = true;
    --size_;
    putter = first_of_locked(putters_);
    finishers = finish_locked(1);
  }
  tell(putter);
  tell_all(finishers);
  return true;
}

std::vector<std::uint64_t> channel::withdraw_all() {
  std::deque<parcel> all;
  std::vector<std::uint64_t> tags;
  if (take_all(all) == channel_result::ok) {
    for (const parcel& each : all) {
      tags.push_back(each.tag);
    }
  }
  waiters finishers;
  {
    const std::lock_guard lock{mutex_};
    finishers = finish_locked(tags.size());
  }
  tell_all(finishers);
  return tags;
}

void channel::close() {
  waiters all;
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    all = std::exchange(takers_, {});
    std::move(putters_.begin(), putters_.end(), std::back_inserter(all));
    putters_.clear();
  }
  tell_all(all);
}

bool channel::closed() const {
  const std::lock_guard lock{mutex_};
  return closed_;
}

std::size_t channel::size() const {
  const std::lock_guard lock{mutex_};
  return size_;
}

// Those who linger see it by themselves.
ref_ptr<completion> channel::taker_to_tell_locked() {
  return size_ > lingering_ ? first_of_locked(takers_) : nullptr;
}

ref_ptr<completion> channel::first_of_locked(waiters& those) {
  if (those.empty()) {
    return nullptr;
  }
  ref_ptr<completion> first = std::move(those.front().told);
  those.pop_front();
  return first;
}

channel::waiters channel::finish_locked(std::size_t count) {
  unfinished_ -= std::min(unfinished_, count);
  return unfinished_ == 0 ? std::exchange(finishers_, {}) : waiters{};
}

void channel::drop_withdrawn_locked() {
  while (entries_.front().withdrawn) {
    entries_.pop_front();
  }
}

}  // namespace troupe
