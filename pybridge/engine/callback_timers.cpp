// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/callback_timers.hpp"

#include <atomic>
#include <utility>

#include "base/roles.hpp"

namespace troupe {
namespace {

// Unique in the process, so that a Timer of an incarnation that has ended
// means none of the next.
timer_token next_token() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return static_cast<timer_token>(last.fetch_add(1, std::memory_order_relaxed) +
                                  1);
}

py_ref number_of(timer_token token) {
  return py_ref::steal(
      PyLong_FromUnsignedLongLong(static_cast<unsigned long long>(token)));
}

}  // namespace

bool callback_timers::start(actor_cell& self, entry what, clock_duration delay,
                            clock_duration period, timer_token& out) {
  out = next_token();
  if (what.key) {
    if (!keys_) {
      keys_ = py_ref::steal(PyDict_New());
    }
    const auto number = number_of(out);
    if (!keys_ || !number || cancel_key(self, what.key.get()) < 0 ||
        PyDict_SetItem(keys_.get(), what.key.get(), number.get()) < 0) {
      return false;
    }
  }
  entries_.emplace(out, std::move(what));
  const turn_scope in_turn;
  self.start_timer(out, delay, period);
  return true;
}

bool callback_timers::cancel(actor_cell& self, timer_token which) noexcept {
  const auto found = entries_.extract(which);
  if (found.empty()) {
    return false;
  }
  forget_key(found.mapped());
  const turn_scope in_turn;
  self.cancel_timer(which);
  return true;
}

int callback_timers::cancel_key(actor_cell& self, PyObject* key) {
  if (!keys_) {
    return PyObject_Hash(key) == -1 ? -1 : 0;
  }
  PyObject* found = nullptr;
  const int known = PyDict_GetItemRef(keys_.get(), key, &found);
  const auto number = py_ref::steal(found);
  return known <= 0
             ? known
             : cancel(self, static_cast<timer_token>(
                                PyLong_AsUnsignedLongLong(number.get())));
}

callback_timers::entry callback_timers::take(timer_token which) {
  const auto found = entries_.find(which);
  if (found == entries_.end()) {
    return {};
  }
  if (found->second.repeats) {
    return found->second;
  }
  entry taken = std::move(found->second);
  entries_.erase(found);
  forget_key(taken);
  return taken;
}

void callback_timers::forget_key(const entry& e) noexcept {
  if (e.key && PyDict_DelItem(keys_.get(), e.key.get()) < 0) {
    PyErr_Clear();
  }
}

void callback_timers::clear() noexcept {
  const auto last = std::exchange(entries_, {});
  keys_.reset();
}

}  // namespace troupe
