// SPDX-License-Identifier: Apache-2.0
// What the timers of one actor call: Python functions by token, and the keys
// by which a newer timer takes the place of an older.
//
// The actor's turn only, attached; entries are let go of there.
#pragma once

#include "pybridge/python.hpp"

#include <unordered_map>

#include "actors/cell/actor_cell.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {

class callback_timers {
public:
  /// What is due: a call, or a notice that is delivered as any other.
  enum class kind : std::uint8_t { call, down, exit };
  struct entry {
    kind what = kind::call;
    bool repeats = false;
    py_ref function;   // or the notice
    py_ref arguments;  // a tuple; null for a notice
    py_ref key;        // or null
  };

  /// `key`: of the timer that this one replaces, if there is one. False: an
  /// exception is set, since the key can't be hashed.
  bool start(actor_cell& self, entry what, clock_duration delay,
             clock_duration period, timer_token& out);
  /// False: it has gone off, or was cancelled.
  bool cancel(actor_cell& self, timer_token which) noexcept;
  /// -1: an exception is set; 0: there is none; 1: cancelled.
  int cancel_key(actor_cell& self, PyObject* key);
  bool contains(timer_token which) const noexcept {
    return entries_.contains(which);
  }
  /// The one that has gone off; it stays if it repeats. Empty: it was
  /// cancelled.
  entry take(timer_token which);
  void clear() noexcept;

private:
  void forget_key(const entry& e) noexcept;

  std::unordered_map<timer_token, entry> entries_;
  py_ref keys_;  // {key: token}; made when first needed
};

}  // namespace troupe
