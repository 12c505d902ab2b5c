// SPDX-License-Identifier: Apache-2.0
// Runnables that wait for a turn, oldest first.
//
// A queue can be closed: its worker is away (blocked, or in an overlong turn)
// and nobody may leave a runnable behind it. Closed-ness is decided under the
// same lock as every push, so a push either goes in before close() takes
// everything out, or is refused.
//
// Memory ordering: size() is seq_cst on both sides. "Push, then look whether
// the worker sleeps" on one side, "announce sleep, then look at size()" on the
// other: at least one of the two sees the other (see idle_set.hpp).
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>

#include "scheduler/runnable.hpp"

namespace troupe {

/// A first-in-first-out list of runnables that only its holder touches. Like
/// all that holds queued runnables, it holds one reference for each.
class runnable_list {
public:
  runnable_list() = default;
  runnable_list(runnable_list&& other) noexcept { append(std::move(other)); }
  runnable_list& operator=(runnable_list&&) = delete;

  void push_back(runnable& r) noexcept;
  void append(runnable_list&& other) noexcept;
  runnable* pop_front() noexcept;  // null when empty
  /// Moves the first `count` (not more than size()) to a list of their own.
  runnable_list take_front(std::size_t count) noexcept;
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

private:
  runnable* first_ = nullptr;
  runnable* last_ = nullptr;
  std::size_t size_ = 0;
};

/// Any thread may call anything.
class run_queue {
public:
  enum class initially { open, closed };
  explicit run_queue(initially state) noexcept
      : closed_{state == initially::closed} {}

  /// False: closed, and the caller keeps what it has.
  [[nodiscard]] bool push(runnable& r) noexcept;
  [[nodiscard]] bool push_all(runnable_list& list) noexcept;
  runnable* pop() noexcept;  // null when empty
  /// Half of what waits, rounded up, the oldest. Not more than a few dozen, so
  /// that the lock is held for a short time only.
  runnable_list take_half() noexcept;

  /// All that waited; nothing if it was closed already.
  std::optional<runnable_list> close() noexcept;
  void open() noexcept;

  bool is_closed() const noexcept { return closed_.load(); }
  std::size_t size() const noexcept { return size_.load(); }
  bool empty() const noexcept { return size() == 0; }

private:
  std::mutex mutex_;
  runnable_list list_;  // guarded by mutex_
  // Written under mutex_, read by anybody.
  std::atomic<std::size_t> size_{0};
  std::atomic<bool> closed_;
};

}  // namespace troupe
