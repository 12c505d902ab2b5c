// SPDX-License-Identifier: Apache-2.0
// What troupe._core keeps for one interpreter, and how code gets at it.
//
// Everything here needs the GIL of that interpreter.
#pragma once

#include "pybridge/python.hpp"

#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/actor_id.hpp"
#include "actors/asking/completion.hpp"
#include "base/forked.hpp"
#include "base/result.hpp"
#include "pybridge/data/type_cache.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {

struct awaited;

/// Of what runs in no handler's name.
constexpr std::uint64_t no_task = ~std::uint64_t{0};

struct module_state {
  type_cache types;
  py_ref ref_type;
  py_ref sender_type;
  py_ref future_type;
  py_ref system_type;
  py_ref context_type;
  py_ref timer_type;
  py_ref port_type;
  py_ref arrivals_type;
  py_ref reply_type;
  py_ref waker_type;
  py_ref handle_context, handle_callback, handle_arguments;  // names, interned
  py_ref sender_variable;  // a ContextVar: the id of who sent a task's request
  py_ref group_type;
  py_ref router_type;
  py_ref pool_type;
  py_ref channel_type;
  py_ref sealed_type;
  py_ref probe_type;
  py_ref test_kit_type;
  // A ContextVar: the number of a handler's task; none in a plain handler.
  py_ref task_variable;
  bool imports_sheltered = false;  // see import_shelter.hpp
  std::uint64_t last_task = 0;
  std::uint64_t starting_task = 0;  // the message at hand is its; 0: no task's
  // The askers of the Replies that are open, by the actors that owe them.
  std::unordered_map<actor_id, std::unordered_set<completion*>> open_replies;
  // Main interpreter only: the engines of Systems that have not shut down.
  std::vector<ref_ptr<ref_counted>> engines;
  ref_ptr<ref_counted> recycler;  // their interpreter_recycler, or null
  bool ends_at_exit = false;      // atexit knows
  bool at_exit = false;           // it has come to that
};

/// The state behind an object of one of our types, or of one derived from it.
module_state& state_of(PyTypeObject* type) noexcept;
inline module_state& state_of(PyObject* object) noexcept {
  return state_of(Py_TYPE(object));
}
/// The state of the attached interpreter, imported if need be; null with an
/// exception set.
module_state* import_state();

/// Sets an instance of `troupe.errors.<name>`; answers null for `return`.
PyObject* raise_named(const char* name, const char* text);
/// Sets the exception that stands for `e`; answers null.
PyObject* raise_error(const error& e);
/// Sets the exception that stands for `why`, the remote one if there is one.
PyObject* raise_fault(module_state& state, const fault& why);

namespace detail {
bool raise_forked();  // always true
}
/// In a child that fork() made: sets the RuntimeError that says so, and answers
/// true. Nothing of a system works there; see base/forked.hpp.
inline bool refuse_in_forked_child() {
  return in_forked_child() && detail::raise_forked();
}

/// Reads "seconds, or None" (borrowed; null counts as None). False: an
/// exception is set.
bool read_timeout(PyObject* seconds,
                  std::optional<std::chrono::nanoseconds>& out);

/// Waits detached, in a blocking region if this thread runs a turn. `s`: the
/// scheduler of the system in which the answer comes about. `done`,
/// `timed_out`, or `interrupted` with an exception set (Ctrl-C, a kill, a
/// deadlock). `what`: what is really waited for, if `c` only stands for that.
wait_result wait_detached(completion& c,
                          std::optional<std::chrono::nanoseconds> timeout,
                          scheduler& s, const awaited* what = nullptr);
/// Set the exceptions for drive_result::endless and `stuck`.
void raise_endless();
void raise_stuck(const scheduler& s);

}  // namespace troupe
