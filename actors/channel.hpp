// SPDX-License-Identifier: Apache-2.0
// A queue of payloads that any number of threads, and actors, put to and take
// from; bounded or not, and it can be closed.
//
// Who finds it empty (or full) may ask to be told. One is told for each item
// (or room) that comes, the first who asked first, and then looks again: what
// is there may be gone by then, taken by somebody who came by. So an item is
// never in the hands of one who no longer wants it. Whoever gives up after
// being told passes that on, see give_up().
//
// Any thread may call everything here; nothing blocks. Memory ordering: what
// was done before a put() is visible after the take() that returns its parcel.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <mutex>
#include <vector>

#include "actors/asking/completion.hpp"
#include "base/ref_counted.hpp"
#include "mailbox/payload.hpp"

namespace troupe {

enum class channel_result {
  ok,
  not_now,  // full, or empty
  closed,   // for good; to a taker: and empty
};

/// What is put and taken.
struct parcel {
  std::uint64_t tag = 0;  // the caller's
  std::uint8_t kind = 0;  // likewise
  payload content;
};

class channel final : public ref_counted {
public:
  static constexpr std::size_t no_limit =
      std::numeric_limits<std::size_t>::max();

  explicit channel(std::size_t capacity = no_limit) : capacity_{capacity} {}

  /// Moves from `p` only if it answers `ok`.
  [[nodiscard]] channel_result put(parcel&& p);
  /// The same beyond the capacity: what must not get lost.
  channel_result put_anyway(parcel&& p);
  /// The oldest.
  [[nodiscard]] channel_result take(parcel& out);
  /// All of them.
  [[nodiscard]] channel_result take_all(std::deque<parcel>& out);

  /// Detached: for those who have just been busy, and are likely to be so again
  /// at once. Looks for a moment, with the core given to whoever wants it, and
  /// meanwhile a put() has nobody to wake. True: there is something.
  bool linger(std::chrono::nanoseconds moment);

  /// Who waits: `told` is done when it is time to look again.
  struct waiter {
    std::uint64_t id = 0;
    ref_ptr<completion> told;
  };
  /// Done already if there is something (or the channel is closed).
  waiter when_filled();
  /// Done already if there is room (or the channel is closed).
  waiter when_room();
  /// Done already if all that was ever put is finished(), or was withdrawn.
  waiter when_finished();
  /// One that was put has been taken and dealt with; many don't care. False:
  /// as many have been already.
  bool finish_one();
  /// Doesn't wait any longer. If it has been told, another one is.
  void give_up(std::uint64_t id);

  /// Whether nobody has taken it, nor taken it back.
  bool holds(std::uint64_t tag) const;
  /// Takes a parcel back before anybody has taken it. False: there is none.
  /// Parcels must have been put in the order of their tags.
  bool withdraw(std::uint64_t tag);
  /// Takes all back; their tags, in order.
  std::vector<std::uint64_t> withdraw_all();

  /// Nothing can be put any more; what is in there can still be taken.
  void close();

  bool closed() const;
  std::size_t size() const;
  std::size_t capacity() const noexcept { return capacity_; }

private:
  using waiters = std::deque<waiter>;

  // What was withdrawn stays in its place until it is at the front.
  struct entry {
    parcel what;
    bool withdrawn = false;
  };

  ~channel() override = default;
  channel_result add(parcel&& p, bool whatever_the_capacity);
  waiter wait_in(waiters& those, bool ready);
  ref_ptr<completion> first_of_locked(waiters& those);
  ref_ptr<completion> taker_to_tell_locked();
  const entry* find_locked(std::uint64_t tag) const;
  void drop_withdrawn_locked();
  /// Who is to be told that all are finished, once `count` more are.
  waiters finish_locked(std::size_t count);

  const std::size_t capacity_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::deque<entry> entries_;
  std::size_t lingering_ = 0;
  std::size_t unfinished_ = 0;
  waiters takers_;
  waiters putters_;
  waiters finishers_;
  std::uint64_t last_id_ = 0;
  bool closed_ = false;
  // Written under mutex_; without what was withdrawn. Relaxed where it is read
  // without: only a hint.
  std::atomic<std::size_t> size_{0};
};

}  // namespace troupe
