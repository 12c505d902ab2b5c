// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/context_object.hpp"

#include <vector>

#include "base/roles.hpp"
#include "pybridge/module/context_parts.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/supervise.hpp"
#include "pybridge/module/system_object.hpp"

namespace troupe {
namespace {

PyObject* context_self(PyObject* object, void*) {
  actor_cell* cell = current_cell();
  return cell == nullptr
             ? nullptr
             : make_ref(state_of(object), actor_ref{ref_ptr<actor_cell>{cell}});
}

// In a task: who sent the request that it is about. Else: the message at hand.
// False: an exception is set.
bool find_sender(module_state& state, const actor_cell& cell, actor_id& out) {
  PyObject* found = nullptr;
  if (PyContextVar_Get(state.sender_variable.get(), nullptr, &found) < 0) {
    return false;
  }
  const auto id = py_ref::steal(found);
  const turn_scope in_turn;
  out = id ? static_cast<actor_id>(PyLong_AsUnsignedLongLong(id.get()))
           : cell.sender();
  return true;
}

PyObject* context_sender(PyObject* object, void*) {
  actor_cell* cell = current_cell();
  if (cell == nullptr) {
    return nullptr;
  }
  actor_id sender = actor_id::nobody;
  if (!find_sender(state_of(object), *cell, sender)) {
    return nullptr;
  }
  const auto found = cell->system().find(sender);
  return found ? make_ref(state_of(object), *found) : Py_NewRef(Py_None);
}

PyObject* context_name(PyObject*, void*) {
  const actor_cell* cell = current_cell();
  return cell == nullptr ? nullptr : PyUnicode_FromString(cell->name().c_str());
}

PyObject* context_system(PyObject* object, void*) {
  const actor_cell* cell = current_cell();
  return cell == nullptr ? nullptr
                         : make_system(state_of(object),
                                       ref_ptr<engine>{&engine_of(*cell)});
}

PyObject* context_spawn(PyObject* object, PyObject* args, PyObject* kwargs) {
  const actor_cell* cell = current_cell();
  return cell == nullptr ? nullptr
                         : spawn_from_python(state_of(object), engine_of(*cell),
                                             args, kwargs);
}

PyObject* context_supervise(PyObject* object, PyObject* args,
                            PyObject* kwargs) {
  const actor_cell* cell = current_cell();
  return cell == nullptr
             ? nullptr
             : supervise_from_python(state_of(object), engine_of(*cell), args,
                                     kwargs);
}

PyObject* context_stop(PyObject*, PyObject*) {
  actor_cell* cell = current_cell();
  if (cell == nullptr) {
    return nullptr;
  }
  const turn_scope in_turn;
  cell->stop_self();
  Py_RETURN_NONE;
}

PyObject* context_repr(PyObject*) {
  const actor_cell* cell = actor_cell::current();
  return cell == nullptr
             ? PyUnicode_FromString("<troupe.context, no actor here>")
             : PyUnicode_FromFormat("<troupe.context of '%s'>",
                                    cell->name().c_str());
}

void context_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  type->tp_free(object);
  Py_DECREF(type);
}

constexpr const char* context_doc = R"doc(Inside a handler: the actor at hand.

All of it raises RuntimeError where no handler runs: in the main program, or in
a thread that an actor has started.

>>> @troupe.handler
... def count(part):
...     troupe.context.sender.tell.found(len(part))
...     troupe.context.stop()
)doc";

constexpr const char* spawn_doc =
    R"doc(spawn($self, target, /, *args, name=None, home="own", mailbox=10000, overflow="mute", redirect=None, stash=1000, time_limit=None, concurrency=1, pinned=False, dedicated=False, restart=None, shutdown=5.0, max_restarts=1, within=5.0, backoff=None, **kwargs)
--

As System.spawn(), in this actor's system.

In an actor of a shared or the main home it returns before the new actor has
started, if that isn't in a home of its own: it may only start when this turn is
over. If it can't start then, messages to it are dead letters.)doc";

const PyGetSetDef context_properties[] = {
    {"self", context_self, nullptr, "The Ref of this actor.", nullptr},
    {"sender", context_sender, nullptr,
     "The Ref of the actor that sent the message at hand, or None if no actor "
     "did\nor it has ended.",
     nullptr},
    {"name", context_name, nullptr, "The name of this actor.", nullptr},
    {"system", context_system, nullptr, "The System this actor is in.",
     nullptr},
};

const PyMethodDef context_methods[] = {
    {"spawn", as_method(context_spawn), METH_VARARGS | METH_KEYWORDS,
     spawn_doc},
    {"supervise", as_method(context_supervise), METH_VARARGS | METH_KEYWORDS,
     supervise_doc},
    {"stop", context_stop, METH_NOARGS,
     "stop($self)\n--\n\nEnds this actor after the message at hand, which is "
     "still answered."},
};

const context_part parts[] = {
    {context_methods, context_properties},
    context_bonds(),
    context_timers(),
    context_states(),
    context_answers(),
};

// One table of all parts, with the empty entry that ends it.
template <typename Entry>
std::vector<Entry> join(std::span<const Entry> context_part::*table) {
  std::vector<Entry> all;
  for (const context_part& part : parts) {
    all.insert(all.end(), (part.*table).begin(), (part.*table).end());
  }
  all.push_back({});
  return all;
}

py_ref make_context_type(PyObject* module) {
  // No Python objects in there: for all interpreters, as long as the process.
  static auto methods = join(&context_part::methods);
  static auto properties = join(&context_part::properties);
  PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>(context_doc)},
      {Py_tp_getset, properties.data()},
      {Py_tp_methods, methods.data()},
      {Py_tp_repr, reinterpret_cast<void*>(context_repr)},
      {Py_tp_dealloc, reinterpret_cast<void*>(context_dealloc)},
      {},
  };
  PyType_Spec spec = {
      .name = "troupe._core.Context",
      .basicsize = sizeof(PyObject),
      .itemsize = 0,
      .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
               Py_TPFLAGS_IMMUTABLETYPE,
      .slots = slots,
  };
  return py_ref::steal(PyType_FromModuleAndSpec(module, &spec, nullptr));
}

}  // namespace

actor_cell* current_cell() {
  actor_cell* cell = actor_cell::current();
  if (cell == nullptr) {
    PyErr_SetString(PyExc_RuntimeError,
                    "troupe.context is for handlers: no actor runs on this "
                    "thread");
  }
  return cell;
}

actor_at_hand find_actor_at_hand() {
  actor_cell* const cell = current_cell();
  python_behaviour* const code = python_behaviour::current();
  if (cell != nullptr && code == nullptr) {
    PyErr_SetString(PyExc_RuntimeError,
                    "troupe.context is for handlers: this actor is ending");
  }
  return code == nullptr ? actor_at_hand{} : actor_at_hand{cell, code};
}

bool add_context(PyObject* module, module_state& state) {
  state.context_type = make_context_type(module);
  if (!state.context_type) {
    return false;
  }
  const auto context = py_ref::steal(
      state.context_type.type()->tp_alloc(state.context_type.type(), 0));
  return context &&
         PyModule_AddObjectRef(module, "context", context.get()) == 0;
}

}  // namespace troupe
