// SPDX-License-Identifier: Apache-2.0
// Several completions that one place waits for, in the order in which they
// come. To wait is to wait for one completion more, next().
//
// Memory ordering: as completion's; whoever takes an index sees it done.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "actors/asking/completion.hpp"
#include "base/ref_counted.hpp"

namespace troupe {

class arrivals final : public ref_counted {
public:
  /// Those that are done already come first, in the order given.
  static ref_ptr<arrivals> of(std::vector<ref_ptr<completion>> awaited);

  /// Any thread. Done once `count` have arrived that were not taken, or, with
  /// `or_fault`, one that is a fault. Each call lets go of the one before.
  ref_ptr<completion> next(std::size_t count, bool or_fault);
  /// Any thread. The indices of those that have arrived since the last call,
  /// in the order in which they did.
  std::vector<std::size_t> take();
  /// Any thread. Listens no more; those still to come leave no trace.
  void close() noexcept;

  std::size_t size() const noexcept { return awaited_.size(); }
  completion& at(std::size_t index) const noexcept { return *awaited_[index]; }

private:
  friend ref_ptr<arrivals> make_ref_counted<arrivals>(
      std::vector<ref_ptr<completion>>&&);
  explicit arrivals(std::vector<ref_ptr<completion>> awaited)
      : awaited_{std::move(awaited)} {}

  void add(std::size_t index);
  ref_ptr<completion> take_next_if_due_locked();

  const std::vector<ref_ptr<completion>> awaited_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::size_t> arrived_;  // and not taken
  bool fault_arrived_ = false;        // among these
  ref_ptr<completion> next_;          // null: nobody waits
  std::size_t needed_ = 0;
  bool or_fault_ = false;
};

}  // namespace troupe
