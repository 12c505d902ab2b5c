// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/supervise.hpp"

#include <string>
#include <utility>

#include "pybridge/data/convert.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/spawning.hpp"
#include "pybridge/module/supervision_spec.hpp"
#include "pybridge/module/system_object.hpp"

namespace troupe {
namespace {

module_state& state_in(PyObject* module) {
  return **static_cast<module_state**>(PyModule_GetState(module));
}

// troupe._supervision.NAME(system of `e`, ...)
PyObject* call_python(module_state& state, engine& e, const char* name,
                      PyObject* args, PyObject* kwargs) {
  const auto module =
      py_ref::steal(PyImport_ImportModule("troupe._supervision"));
  const auto function = py_ref::steal(
      module ? PyObject_GetAttrString(module.get(), name) : nullptr);
  const auto system = py_ref::steal(make_system(state, ref_ptr<engine>{&e}));
  const auto first =
      py_ref::steal(system ? PyTuple_Pack(1, system.get()) : nullptr);
  const auto all =
      py_ref::steal(first ? PySequence_Concat(first.get(), args) : nullptr);
  return function && all ? PyObject_Call(function.get(), all.get(), kwargs)
                         : nullptr;
}

// Borrowed: kept by the Ref. Null: an exception is set.
supervisor* supervisor_of(PyObject* module, PyObject* ref) {
  const actor_ref* actor = actor_of(state_in(module), ref);
  supervisor* found =
      actor == nullptr ? nullptr : supervisor::behind(actor->cell());
  if (found == nullptr) {
    PyErr_Format(PyExc_TypeError, "%R is no supervisor", ref);
  }
  return found;
}

PyObject* raise_refusal(module_state& state, const fault& why) {
  const char* text = why.what.detail.c_str();
  switch (why.what.code) {
    case errc::not_found:
      PyErr_SetString(PyExc_LookupError, text);
      return nullptr;
    case errc::already_exists:
    case errc::refused:
      PyErr_SetString(PyExc_ValueError, text);
      return nullptr;
    case errc::timed_out:
      PyErr_SetString(PyExc_TimeoutError, text);
      return nullptr;
    case errc::stopped:
      return raise_named("ActorStopped", text);
    default:
      return raise_spawn_error(state, why);
  }
}

// False: an exception is set. `ref`: of the supervisor that is to answer.
bool wait_for_answer(PyObject* module, PyObject* ref,
                     supervisor_answer& answer) {
  engine& e = engine_of(actor_of(state_in(module), ref)->cell());
  if (wait_detached(answer.done, std::nullopt, e.get_scheduler()) !=
      wait_result::done) {
    return false;
  }
  if (!answer.done.has_value()) {
    raise_refusal(state_in(module), answer.done.why());
    return false;
  }
  return true;
}

PyObject* wait_for_child(PyObject* module, PyObject* ref,
                         supervisor_answer& answer) {
  return wait_for_answer(module, ref, answer)
             ? make_ref(state_in(module), answer.child)
             : nullptr;
}

PyObject* wait_for_end(PyObject* module, PyObject* ref,
                       supervisor_answer& answer) {
  return wait_for_answer(module, ref, answer) ? Py_NewRef(Py_None) : nullptr;
}

bool may_wait(const spec_reading& r) {
  if (r.needs_this_turn_over) {
    PyErr_SetString(PyExc_RuntimeError,
                    "an actor of a shared home, the main one, or a pinned "
                    "thread can't wait for a child that is to run there too: "
                    "it could start only after this handler");
    return false;
  }
  return true;
}

// start_supervisor(system, spec): its Ref, when its children have started.
PyObject* start_supervisor(PyObject* module, PyObject* args) {
  module_state& state = state_in(module);
  PyObject* system = nullptr;
  PyObject* plain = nullptr;
  if (!PyArg_ParseTuple(args, "O!O:start_supervisor", state.system_type.get(),
                        &system, &plain)) {
    return nullptr;
  }
  engine& e = engine_of_system(system);
  spec_reading reading{state, e};
  auto spec = read_child(reading, plain);
  if (!spec || !may_wait(reading) || !may_spawn(e)) {
    return nullptr;
  }
  const ref_ptr<supervisor> what = spec->nested;
  const auto spawned = supervisor::spawn(e.actors(), what, spec->terms.name);
  if (!spawned) {
    return raise_refused_spawn(spawned.error());
  }
  if (wait_detached(what->ready(), std::nullopt, e.get_scheduler()) !=
      wait_result::done) {
    spawned->kill();
    return nullptr;
  }
  if (what->ready().has_value()) {
    return make_ref(state, *spawned);
  }
  // So that the names are free again.
  return wait_detached(spawned->cell().when_ended(), std::nullopt,
                       e.get_scheduler()) == wait_result::done
             ? raise_spawn_error(state, what->ready().why())
             : nullptr;
}

PyObject* first_child(PyObject* module, PyObject* ref) {
  supervisor* const what = supervisor_of(module, ref);
  if (what == nullptr) {
    return nullptr;
  }
  const auto child = what->first_child();
  return child ? make_ref(state_in(module), *child) : Py_NewRef(Py_None);
}

// What start_child() makes more of, or None.
PyObject* child_template(PyObject* module, PyObject* ref) {
  supervisor* const what = supervisor_of(module, ref);
  if (what == nullptr) {
    return nullptr;
  }
  return what->child_template().empty()
             ? Py_NewRef(Py_None)
             : decode(state_in(module).types, what->child_template());
}

PyObject* start_child(PyObject* module, PyObject* args) {
  PyObject* ref = nullptr;
  PyObject* plain = nullptr;
  if (!PyArg_ParseTuple(args, "OO:supervisor_start_child", &ref, &plain)) {
    return nullptr;
  }
  supervisor* const what = supervisor_of(module, ref);
  if (what == nullptr) {
    return nullptr;
  }
  engine& e = engine_of(actor_of(state_in(module), ref)->cell());
  spec_reading reading{state_in(module), e};
  auto spec = read_child(reading, plain);
  if (!spec || !may_wait(reading) || !may_spawn(e)) {
    return nullptr;
  }
  return wait_for_child(module, ref, *what->start_child(std::move(*spec)));
}

// Reads (ref of a supervisor, name of a child).
supervisor* read_name_of_child(PyObject* module, PyObject* args,
                               std::string& name) {
  PyObject* ref = nullptr;
  const char* text = nullptr;
  if (!PyArg_ParseTuple(args, "Os", &ref, &text)) {
    return nullptr;
  }
  name = text;
  return supervisor_of(module, ref);
}

PyObject* restart_child(PyObject* module, PyObject* args) {
  std::string name;
  supervisor* const what = read_name_of_child(module, args, name);
  return what == nullptr ? nullptr
                         : wait_for_child(module, PyTuple_GET_ITEM(args, 0),
                                          *what->restart_child(name));
}

PyObject* delete_child(PyObject* module, PyObject* args) {
  std::string name;
  supervisor* const what = read_name_of_child(module, args, name);
  return what == nullptr ? nullptr
                         : wait_for_end(module, PyTuple_GET_ITEM(args, 0),
                                        *what->delete_child(name));
}

PyObject* terminate_child(PyObject* module, PyObject* args) {
  PyObject* ref = nullptr;
  PyObject* child = nullptr;
  if (!PyArg_ParseTuple(args, "OO:supervisor_terminate_child", &ref, &child)) {
    return nullptr;
  }
  supervisor* const what = supervisor_of(module, ref);
  if (what == nullptr) {
    return nullptr;
  }
  if (const actor_ref* actor = actor_of(state_in(module), child)) {
    return wait_for_end(module, ref, *what->terminate_child(actor->id()));
  }
  if (!PyUnicode_Check(child)) {
    PyErr_Format(PyExc_TypeError,
                 "terminate_child() takes a child's name or Ref, not %s",
                 Py_TYPE(child)->tp_name);
    return nullptr;
  }
  const char* name = PyUnicode_AsUTF8(child);
  return name == nullptr
             ? nullptr
             : wait_for_end(module, ref,
                            *what->terminate_child(std::string{name}));
}

// (name or None, ref or None, kind, state, restarts, policy)
PyObject* row_of(module_state& state, const child_view& c) {
  auto ref =
      py_ref::steal(c.ref ? make_ref(state, *c.ref) : Py_NewRef(Py_None));
  if (!ref) {
    return nullptr;
  }
  const std::uint64_t restarts = c.ref ? c.ref->cell().restarts() : c.restarts;
  return Py_BuildValue("zOssKs", c.name.empty() ? nullptr : c.name.c_str(),
                       ref.get(), c.is_supervisor ? "supervisor" : "worker",
                       std::string{to_string(c.state)}.c_str(),
                       static_cast<unsigned long long>(restarts),
                       std::string{to_string(c.restart)}.c_str());
}

PyObject* children(PyObject* module, PyObject* ref) {
  supervisor* const what = supervisor_of(module, ref);
  auto list = py_ref::steal(what == nullptr ? nullptr : PyList_New(0));
  if (!list) {
    return nullptr;
  }
  for (const child_view& c : what->children()) {
    const auto row = py_ref::steal(row_of(state_in(module), c));
    if (!row || PyList_Append(list.get(), row.get()) < 0) {
      return nullptr;
    }
  }
  return list.release();
}

// The exception that ended the incarnation before, or None.
PyObject* last_exception(module_state& state, actor_cell& self) {
  const turn_scope in_turn;
  const fault* why = self.last_fault();
  if (*self.last_end() == stop_reason::killed) {
    raise_named("ActorKilled", "the actor was killed");
    return PyErr_GetRaisedException();
  }
  if (why == nullptr) {
    return Py_NewRef(Py_None);
  }
  if (!why->raised.empty()) {
    return decode_exception(state.types, why->raised);
  }
  raise_named("TroupeError", why->what.detail.c_str());
  return PyErr_GetRaisedException();
}

PyObject* last_failure(PyObject* module, PyObject*) {
  actor_cell* const self = actor_cell::current();
  if (self == nullptr || !self->last_end()) {
    Py_RETURN_NONE;
  }
  const auto exception = py_ref::steal(last_exception(state_in(module), *self));
  return exception ? PyTuple_Pack(1, exception.get()) : nullptr;
}

PyMethodDef supervision_functions[] = {
    {"start_supervisor", start_supervisor, METH_VARARGS, nullptr},
    {"supervisor_first_child", first_child, METH_O, nullptr},
    {"supervisor_template", child_template, METH_O, nullptr},
    {"supervisor_start_child", start_child, METH_VARARGS, nullptr},
    {"supervisor_restart_child", restart_child, METH_VARARGS, nullptr},
    {"supervisor_terminate_child", terminate_child, METH_VARARGS, nullptr},
    {"supervisor_delete_child", delete_child, METH_VARARGS, nullptr},
    {"supervisor_children", children, METH_O, nullptr},
    {"last_failure", last_failure, METH_NOARGS,
     "last_failure($module)\n--\n\nIn an actor that starts again: a tuple of "
     "the "
     "exception that\nended it before, or of None. Else None."},
    {},
};

}  // namespace

const char* const supervise_doc =
    R"doc(supervise($self, *children, strategy="one_for_one", max_restarts=1, within=5.0, backoff=None, name=None)
--

Starts actors under a supervisor, one after the other; returns a Supervisor.

children: each a troupe.Child(...), or a troupe.SupervisorSpec(...) of more.
strategy: which ones restart when one does: "one_for_one", "one_for_all",
    "rest_for_one" (it and those started after it), or "simple_one_for_one"
    (none at first: start_child() makes more of the one Child given).
max_restarts, within: with more restarts than that in so many seconds it gives
    up: it stops its children, and fails itself. None: no limit.
backoff: how long to wait before a restart; see troupe.Backoff.

Raises SpawnError, with its cause, if a child can't start; those before it are
stopped then. Any thread; in a handler other actors go on meanwhile.

>>> sup = system.supervise(troupe.Child("kv", name="kv"), max_restarts=3)
>>> sup.which_children()
[<troupe.ChildInfo worker 'kv': running>])doc";

bool add_supervision(PyObject* module) {
  return PyModule_AddFunctions(module, supervision_functions) == 0;
}

PyObject* supervise_from_python(module_state& state, engine& e, PyObject* args,
                                PyObject* kwargs) {
  return call_python(state, e, "supervise", args, kwargs);
}

PyObject* spawn_supervised(module_state& state, engine& e, PyObject* args,
                           PyObject* kwargs) {
  PyObject* restart =
      kwargs == nullptr ? nullptr : PyDict_GetItemString(kwargs, "restart");
  return restart == nullptr || restart == Py_None
             ? nullptr
             : call_python(state, e, "spawn_supervised", args, kwargs);
}

}  // namespace troupe
