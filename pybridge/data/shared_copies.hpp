// SPDX-License-Identifier: Apache-2.0
// Copies, for other processes, of buffers that have no descriptor. The limits
// are told where shareable() is.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>

#include "pybridge/data/shared_buffer.hpp"

namespace troupe {

/// Any thread; takes a short lock.
class shared_copies {
public:
  static shared_copies& all();

  /// Null: there is none.
  ref_ptr<shared_buffer> find(const shared_buffer& original);
  void add(shared_buffer& original, ref_ptr<shared_buffer> copy);
  /// Its memory goes.
  static void forget(const shared_buffer& original);

  static ref_ptr<shared_buffer> make(const shared_buffer& original, int& error);

private:
  struct known {
    const shared_buffer* original;  // only compared
    ref_ptr<shared_buffer> copy;
  };
  using known_list = std::list<known>;

  known_list::iterator find_locked(const shared_buffer& original);
  void take_locked(known_list::iterator one, known_list& to);
  bool too_many_locked() const;

  std::mutex mutex_;
  // Guarded by mutex_.
  known_list known_;  // the one used last is first
  std::size_t bytes_ = 0;
};

}  // namespace troupe
