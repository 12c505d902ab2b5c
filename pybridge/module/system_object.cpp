// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/system_object.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/forked.hpp"
#include "pybridge/engine/running_engines.hpp"
#include "pybridge/engine/tree.hpp"
#include "pybridge/module/dead_letter_methods.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/naming.hpp"
#include "pybridge/module/parent_names.hpp"
#include "pybridge/module/process_runtime.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/routing.hpp"
#include "pybridge/module/send_options.hpp"
#include "pybridge/module/spawning.hpp"
#include "pybridge/module/supervise.hpp"
#include "pybridge/module/system_docs.hpp"
#include "pybridge/module/system_ends.hpp"

namespace troupe {
namespace {

struct system_object {
  PyObject_HEAD ref_ptr<engine> running;
  bool owner;  // made by System(), so its end is the engine's
};

system_object* as_system(PyObject* self) {
  return reinterpret_cast<system_object*>(self);
}

engine& engine_behind(PyObject* self) {
  return *as_system(self)->running;
}

PyObject* make_object(PyTypeObject* type, ref_ptr<engine> e) {
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) {
    new (&as_system(object)->running) ref_ptr<engine>{std::move(e)};
  }
  return object;
}

bool read_workers(PyObject* value, std::size_t& out) {
  if (value == Py_None) {
    return true;
  }
  const Py_ssize_t workers = PyLong_AsSsize_t(value);
  if (workers == -1 && PyErr_Occurred()) {
    return false;
  }
  constexpr Py_ssize_t most = 256;
  if (workers < 1 || workers > most) {
    PyErr_Format(PyExc_ValueError,
                 "System(workers=%zd): from 1 to %zd, or "
                 "None for one a core",
                 workers, most);
    return false;
  }
  out = static_cast<std::size_t>(workers);
  return true;
}

ref_ptr<interpreter_recycler> recycler_of(module_state& state, runtime& r) {
  if (state.recycler == nullptr) {
    state.recycler = make_ref_counted<interpreter_recycler>(r);
  }
  return ref_ptr<interpreter_recycler>{
      static_cast<interpreter_recycler*>(state.recycler.get())};
}

PyObject* system_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"workers", "ask_timeout", "dead_letter_log",
                                nullptr};
  PyObject* workers = Py_None;
  PyObject* ask_timeout = nullptr;
  PyObject* log = Py_None;
  engine_options options;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOO:System",
                                   const_cast<char**>(names), &workers,
                                   &ask_timeout, &log) ||
      !read_workers(workers, options.workers) ||
      (ask_timeout != nullptr &&
       !read_limit(ask_timeout, "System(ask_timeout=...)",
                   options.ask_timeout))) {
    return nullptr;
  }
  if (log != Py_None) {
    const int logs = PyObject_IsTrue(log);
    if (logs < 0) {
      return nullptr;
    }
    options.dead_letter_log = logs != 0;
  }
  return start_system(type, std::move(options));
}

PyObject* system_spawn(PyObject* self, PyObject* args, PyObject* kwargs) {
  return spawn_from_python(state_of(self), engine_behind(self), args, kwargs);
}

PyObject* system_supervise(PyObject* self, PyObject* args, PyObject* kwargs) {
  return supervise_from_python(state_of(self), engine_behind(self), args,
                               kwargs);
}

PyObject* system_shutdown(PyObject* self, PyObject* args, PyObject* kwargs) {
  const ref_ptr<engine> e = as_system(self)->running;
  const auto report = py_ref::steal(shutdown_from_python(*e, args, kwargs));
  if (report && actor_cell::current() == nullptr) {
    std::erase(state_of(self).engines, e);
  }
  return Py_XNewRef(report.get());
}

PyObject* system_wait_quiet(PyObject* self, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"timeout", nullptr};
  PyObject* seconds = nullptr;
  std::optional<std::chrono::nanoseconds> timeout;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:wait_quiet",
                                   const_cast<char**>(names), &seconds) ||
      !read_timeout(seconds, timeout)) {
    return nullptr;
  }
  if (actor_cell::current() != nullptr) {
    PyErr_SetString(PyExc_RuntimeError,
                    "an actor can't wait until the system is quiet: while its "
                    "handler waits, it isn't");
    return nullptr;
  }
  actor_system& actors = engine_behind(self).actors();
  const auto quiet = actors.when_quiet();
  if (actors.closing()) {
    return PyBool_FromLong(quiet->done());  // what is stuck may stay so
  }
  const wait_result result =
      wait_detached(*quiet, timeout, engine_behind(self).get_scheduler());
  return result == wait_result::interrupted
             ? nullptr
             : PyBool_FromLong(result == wait_result::done &&
                               !actors.closing());
}

PyObject* system_actors(PyObject* self, PyObject*) {
  return make_ref_list(state_of(self), engine_behind(self).actors().actors());
}

PyObject* system_tree(PyObject* self, PyObject*) {
  const ref_ptr<engine> e = as_system(self)->running;
  std::string text;
  {
    const detached no_gil;
    text = describe_tree(*e);
  }
  return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()),
                              "replace");
}

PyObject* system_lookup(PyObject* self, PyObject* name) {
  const char* text = PyUnicode_AsUTF8(name);
  if (text == nullptr) {
    return nullptr;
  }
  engine& e = engine_behind(self);
  const auto found = e.actors().lookup(text);
  if (found || e.parent() == nullptr) {
    return found ? make_ref(state_of(self), *found) : Py_NewRef(Py_None);
  }
  const auto asked = ask_parent(e, name_question::lookup, text);
  if (asked == nullptr) {
    return nullptr;
  }
  const auto there = actor_of_answer(*asked);
  return there != nullptr ? make_ref(state_of(self), actor_ref{there})
                          : Py_NewRef(Py_None);
}

bool set_number(PyObject* dict, const char* key, std::uint64_t value) {
  const auto number = py_ref::steal(PyLong_FromUnsignedLongLong(value));
  return number && PyDict_SetItemString(dict, key, number.get()) == 0;
}

PyObject* system_dead_letters(PyObject* self, PyObject*) {
  auto counts = py_ref::steal(PyDict_New());
  const dead_letters& dead = engine_behind(self).actors().dead();
  for (int i = 0; counts && i < static_cast<int>(dead_reason::count_); ++i) {
    const auto reason = static_cast<dead_reason>(i);
    const std::uint64_t count = dead.count(reason);
    if (count != 0 &&
        !set_number(counts.get(), std::string{to_string(reason)}.c_str(),
                    count)) {
      return nullptr;
    }
  }
  return counts.release();
}

PyObject* system_stats(PyObject* self, PyObject*) {
  engine& e = engine_behind(self);
  const scheduler_stats turns = e.get_scheduler().stats();
  const pool_stats pool = e.interpreters();
  const reaper_stats reaped = e.reaped();
  auto all = py_ref::steal(PyDict_New());
  const std::pair<const char*, std::uint64_t> numbers[] = {
      {"actors", e.actors().actors().size()},
      {"failed", e.failures()},
      {"dead_letters", e.actors().dead().total()},
      {"workers", turns.workers},
      {"spare_workers", turns.spare_workers},
      {"turns", turns.turns},
      {"steals", turns.steals},
      {"parks", turns.parks},
      {"hand_overs", turns.hand_overs},
      {"interpreters_created", pool.created},
      {"interpreters_warm", pool.warm},
      {"interpreters_ended", reaped.ended},
      {"interpreters_leaked", reaped.leaked},
  };
  for (const auto& [key, value] : numbers) {
    if (!all || !set_number(all.get(), key, value)) {
      return nullptr;
    }
  }
  return all.release();
}

PyObject* system_closing(PyObject* self, void*) {
  return PyBool_FromLong(engine_behind(self).actors().closing());
}

PyObject* system_ask_timeout(PyObject* self, void*) {
  return limit_to_python(engine_behind(self).ask_timeout());
}

int system_set_ask_timeout(PyObject* self, PyObject* value, void*) {
  if (value == nullptr) {
    PyErr_SetString(PyExc_TypeError, "ask_timeout can't be deleted");
    return -1;
  }
  clock_duration limit{};
  if (!read_limit(value, "ask_timeout", limit)) {
    return -1;
  }
  engine_behind(self).set_ask_timeout(limit);
  return 0;
}

PyObject* system_enter(PyObject* self, PyObject*) {
  return Py_NewRef(self);
}

PyObject* system_exit(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  const bool clean = count < 1 || args[0] == Py_None;
  if (clean && !engine_behind(self).actors().closing()) {
    const auto quiet =
        py_ref::steal(PyObject_CallMethod(self, "wait_quiet", nullptr));
    if (!quiet) {
      return nullptr;
    }
  }
  const auto left =
      py_ref::steal(PyObject_CallMethod(self, "shutdown", nullptr));
  return left ? Py_NewRef(Py_False) : nullptr;
}

// All that is done with a system begins here, so a forked child gets no
// further.
PyObject* system_getattro(PyObject* self, PyObject* name) {
  return refuse_in_forked_child() ? nullptr
                                  : PyObject_GenericGetAttr(self, name);
}

void system_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  if (as_system(self)->owner) {
    end_engine(state_of(self), as_system(self)->running,
               std::chrono::seconds{10});
  }
  as_system(self)->running.~intrusive_ptr();
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef system_methods[] = {
    {"spawn", as_method(system_spawn), METH_VARARGS | METH_KEYWORDS, spawn_doc},
    {"spawn_many", as_method(spawn_many), METH_VARARGS | METH_KEYWORDS,
     spawn_many_doc},
    {"supervise", as_method(system_supervise), METH_VARARGS | METH_KEYWORDS,
     supervise_doc},
    {"shutdown", as_method(system_shutdown), METH_VARARGS | METH_KEYWORDS,
     shutdown_doc},
    {"wait_quiet", as_method(system_wait_quiet), METH_VARARGS | METH_KEYWORDS,
     wait_quiet_doc},
    {"actors", system_actors, METH_NOARGS,
     "actors($self)\n--\n\nThe Refs of the living actors, in the order of "
     "their start."},
    {"tree", system_tree, METH_NOARGS, tree_doc},
    {"lookup", system_lookup, METH_O,
     "lookup($self, name, /)\n--\n\nThe Ref of the living actor of this name, "
     "or None."},
    {"register", system_register, METH_VARARGS, register_doc},
    {"unregister", system_unregister, METH_O, unregister_doc},
    {"wait_for", as_method(system_wait_for), METH_VARARGS | METH_KEYWORDS,
     wait_for_doc},
    {"when_named", system_when_named, METH_O, when_named_doc},
    {"group", system_group, METH_O, group_doc},
    {"router", as_method(system_router), METH_VARARGS | METH_KEYWORDS,
     router_doc},
    {"pool", as_method(system_pool), METH_VARARGS | METH_KEYWORDS, pool_doc},
    {"router_of", system_router_of, METH_O, router_of_doc},
    {"dead_letters", system_dead_letters, METH_NOARGS, dead_letters_doc},
    {"subscribe_dead_letters", system_subscribe_dead_letters, METH_O,
     subscribe_dead_letters_doc},
    {"unsubscribe_dead_letters", system_unsubscribe_dead_letters, METH_O,
     unsubscribe_dead_letters_doc},
    {"stats", system_stats, METH_NOARGS, stats_doc},
    {"__enter__", system_enter, METH_NOARGS, nullptr},
    {"__exit__", as_method(system_exit), METH_FASTCALL,
     "Waits until the system is quiet, unless an exception passes; then "
     "shutdown()."},
    {},
};

PyGetSetDef system_properties[] = {
    {"closing", system_closing, nullptr, "Whether shutdown() has begun.",
     nullptr},
    {"ask_timeout", system_ask_timeout, system_set_ask_timeout,
     "How many seconds a request has, if ref.options(timeout=...) says nothing "
     "else;\nNone: no limit. Can be set, for the requests that follow.",
     nullptr},
    {},
};

PyType_Slot system_slots[] = {
    {Py_tp_doc, const_cast<char*>(system_doc)},
    {Py_tp_new, reinterpret_cast<void*>(system_new)},
    {Py_tp_getattro, reinterpret_cast<void*>(system_getattro)},
    {Py_tp_methods, system_methods},
    {Py_tp_getset, system_properties},
    {Py_tp_dealloc, reinterpret_cast<void*>(system_dealloc)},
    {},
};

PyType_Spec system_spec = {
    .name = "troupe.System",
    .basicsize = sizeof(system_object),
    .itemsize = 0,
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = system_slots,
};

}  // namespace

bool in_program(const module_state& state) noexcept {
  return PyInterpreterState_Get() == PyInterpreterState_Main() &&
         std::ranges::none_of(state.engines, [](const auto& each) {
           return static_cast<const engine&>(*each).parent() != nullptr;
         });
}

PyObject* start_system(PyTypeObject* type, engine_options options) {
  if (refuse_in_forked_child() || refuse_at_exit(state_of(type))) {
    return nullptr;
  }
  if (!in_program(state_of(type))) {
    PyErr_SetString(PyExc_RuntimeError,
                    "System() is for the main program; an actor is in a system "
                    "already: use troupe.context.system. (Is this the "
                    "program's own file, run again for a class that it "
                    "defines? Guard what starts a system with `if __name__ == "
                    "\"__main__\":`, or put the class into a module.)");
    return nullptr;
  }
  runtime* const r = find_process_runtime();
  if (r == nullptr) {
    return nullptr;
  }
  if (const auto noted = r->note_settings(); !noted) {
    return raise_error(noted.error());
  }
  module_state& state = state_of(type);
  if (!end_at_exit(state)) {
    return nullptr;
  }
  watch_forks();
  if (options.recycle) {
    options.recycler = recycler_of(state, *r);
  }
  try {
    const auto started = make_ref_counted<engine>(*r, std::move(options));
    PyObject* object = make_object(type, started);
    if (object != nullptr) {
      state.engines.push_back(started);
      running_engines::of_process().add(started);
      as_system(object)->owner = true;
    }
    return object;
  } catch (const std::exception& e) {
    PyErr_Format(PyExc_OSError, "can't start a system: %s", e.what());
    return nullptr;
  }
}

engine& engine_of_system(PyObject* system) noexcept {
  return engine_behind(system);
}

engine& engine_of(const actor_cell& cell) noexcept {
  return static_cast<engine&>(*cell.system().owner());
}

PyObject* make_system(module_state& state, ref_ptr<engine> e) {
  return make_object(state.system_type.type(), std::move(e));
}

bool add_system_type(PyObject* module, module_state& state) {
  state.system_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &system_spec, nullptr));
  return state.system_type &&
         PyModule_AddType(module, state.system_type.type()) == 0;
}

}  // namespace troupe
