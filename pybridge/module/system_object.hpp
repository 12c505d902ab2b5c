// SPDX-License-Identifier: Apache-2.0
// troupe.System: a running system of actors, as Python sees it.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "pybridge/engine/engine.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// False: an exception is set.
bool add_system_type(PyObject* module, module_state& state);

/// A System object for an engine that is up already. New reference or null.
PyObject* make_system(module_state& state, ref_ptr<engine> e);

/// Whether this is the program's main interpreter: not one of actors, nor the
/// main one of a process that actors have for themselves.
bool in_program(const module_state& state) noexcept;

/// What System() returns, of `type`, which is System or derived from it: starts
/// an engine. New reference, or null with an exception set.
PyObject* start_system(PyTypeObject* type, engine_options options);

/// The engine behind a System.
engine& engine_of_system(PyObject* system) noexcept;

/// The engine of an actor; every actor that Python sees has one.
engine& engine_of(const actor_cell& cell) noexcept;

/// System.spawn(target, *args, name=, home=, ..., **kwargs) on `e`.
PyObject* spawn_from_python(module_state& state, engine& e, PyObject* args,
                            PyObject* kwargs);

/// Sets the SpawnError of an actor that couldn't start; answers null.
PyObject* raise_spawn_error(module_state& state, const fault& why);

/// System.shutdown(timeout=10.0, *, drain=None, kill=2.0): a report, or null
/// with an exception set. In a handler it only begins.
PyObject* shutdown_from_python(engine& e, PyObject* args, PyObject* kwargs);

}  // namespace troupe
