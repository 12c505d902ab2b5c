// SPDX-License-Identifier: Apache-2.0
#include <bitset>
#include <mutex>

#include "base/assert.hpp"
#include "base/forked.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {
namespace {

class slot_table {
public:
  std::size_t take() noexcept {
    const std::lock_guard lock{mutex_};
    std::size_t slot = 0;
    while (slot < max_thread_slots && taken_[slot]) {
      ++slot;
    }
    TROUPE_CHECK(slot < max_thread_slots && "too many threads");
    taken_[slot] = true;
    return slot;
  }

  void give_back(std::size_t slot) noexcept {
    const std::lock_guard lock{mutex_};
    taken_[slot] = false;
  }

private:
  std::mutex mutex_;
  std::bitset<max_thread_slots> taken_;  // guarded by mutex_
};

slot_table& slots() {
  // Never destroyed: threads may end after the statics have gone.
  static slot_table& instance = *new slot_table;
  return instance;
}

struct slot_holder {
  const std::size_t slot = slots().take();
  ~slot_holder() {
    if (!in_forked_child()) {
      slots().give_back(slot);
    }
  }
};

}  // namespace

std::size_t this_thread_slot() noexcept {
  static thread_local const slot_holder holder;
  return holder.slot;
}

}  // namespace troupe
