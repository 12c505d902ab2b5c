// SPDX-License-Identifier: Apache-2.0
// System.spawn(): from Python's arguments to an actor that has started.
#include <cstdio>
#include <string>
#include <utility>

#include "pybridge/data/convert.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/spawn_arguments.hpp"
#include "pybridge/module/spawning.hpp"
#include "pybridge/module/supervise.hpp"
#include "pybridge/module/system_object.hpp"

namespace troupe {
namespace {

// Detached, and if this is an actor's turn, with the others' going elsewhere.
result<actor_ref> spawn_detached(engine& e, engine_spawn what) {
  const bool in_turn = actor_cell::current() != nullptr;
  const detached no_gil;
  if (!in_turn) {
    return e.spawn(std::move(what));
  }
  const blocking_region region{e.get_scheduler()};
  return e.spawn(std::move(what));
}

}  // namespace

// What failed in the new actor's interpreter is the cause of ours.
PyObject* raise_spawn_error(module_state& state, const fault& why) {
  raise_named("SpawnError", why.what.detail.c_str());
  if (why.raised.empty()) {
    return nullptr;
  }
  auto failure = py_ref::steal(PyErr_GetRaisedException());
  if (PyObject* cause = decode_exception(state.types, why.raised)) {
    PyException_SetCause(failure.get(), cause);  // steals
    PyErr_SetRaisedException(failure.release());
  }
  return nullptr;
}

namespace {

// An actor in a shared home keeps it busy, and another that is to start there
// (or in a home that waits for this one) can't start before this turn ends.
bool can_wait_for(const engine_spawn& what) {
  const actor_cell* self = actor_cell::current();
  return self == nullptr || self->home() == nullptr || what.has_home_alone();
}

// Likewise one that is pinned to the thread on which this turn runs.
bool shares_lane(const actor_cell& other) {
  const actor_cell* self = actor_cell::current();
  return self != nullptr && self->lane() && other.lane() &&
         self->lane()->index == other.lane()->index;
}

}  // namespace

// Called on the turn of whichever thread, so without Python.
void report_failed_start(engine& e, completion& started) {
  started.on_done([&e, &started] {
    if (!started.has_value()) {
      std::fprintf(stderr, "troupe: %s\n", started.why().what.detail.c_str());
      e.count_failure();
    }
  });
}

bool may_spawn(engine& e) {
  if (e.actors().draining() && actor_cell::current() == nullptr) {
    raise_named("SystemStopped", "can't spawn: the system is shutting down");
    return false;
  }
  if (e.get_runtime().main().is_current()) {
    if (const auto noted = e.get_runtime().note_settings(); !noted) {
      raise_error(noted.error());
      return false;
    }
  }
  return true;
}

PyObject* raise_refused_spawn(const error& e) {
  return e.code == errc::stopped
             ? raise_named("SystemStopped", e.detail.c_str())
             : raise_error(e);
}

PyObject* spawn_from_python(module_state& state, engine& e, PyObject* args,
                            PyObject* kwargs) {
  PyObject* const supervised = spawn_supervised(state, e, args, kwargs);
  if (supervised != nullptr || PyErr_Occurred()) {
    return supervised;
  }
  engine_spawn what;
  if (!read_spawn_arguments(state, args, kwargs, what) || !may_spawn(e)) {
    return nullptr;
  }
  bool waits = can_wait_for(what);
  const auto spawned = spawn_detached(e, std::move(what));
  if (!spawned) {
    return raise_refused_spawn(spawned.error());
  }
  auto ref = py_ref::steal(make_ref(state, *spawned));
  completion& started = spawned->cell().started();
  waits = waits && !shares_lane(spawned->cell());
  if (!waits) {
    report_failed_start(e, started);
  }
  if (!ref || !waits) {
    return ref.release();
  }
  if (wait_detached(started, std::nullopt, e.get_scheduler()) !=
      wait_result::done) {
    spawned->kill();
    return nullptr;
  }
  return started.has_value() ? ref.release()
                             : raise_spawn_error(state, started.why());
}

}  // namespace troupe
