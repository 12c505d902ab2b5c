// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/port_object.hpp"

#include <new>
#include <system_error>
#include <utility>

#include "pybridge/module/future_object.hpp"
#include "pybridge/module/port.hpp"
#include "pybridge/module/waker_object.hpp"

namespace troupe {
namespace {

struct port_object {
  PyObject_HEAD ref_ptr<port> shared;
};

PyObject* port_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"of_actor", "loop", nullptr};
  int of_actor = 0;
  PyObject* loop = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|pO!:Port",
                                   const_cast<char**>(names), &of_actor,
                                   state_of(type).waker_type.get(), &loop)) {
    return nullptr;
  }
  ref_ptr<port> shared;
  try {
    shared = loop != nullptr
                 ? make_ref_counted<port>(ref_ptr<waker>{&waker_of(loop)})
             : of_actor != 0 ? make_ref_counted<port>(actor_ref{
                                   ref_ptr<actor_cell>{actor_cell::current()}})
                             : make_ref_counted<port>();
  } catch (const std::system_error& e) {
    PyErr_SetString(PyExc_OSError, e.what());
    return nullptr;
  }
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) {
    new (&reinterpret_cast<port_object*>(object)->shared)
        ref_ptr<port>{std::move(shared)};
  }
  return object;
}

PyObject* port_watch(PyObject* object, PyObject* args) {
  PyObject* future = nullptr;
  unsigned long long token = 0;
  if (!PyArg_ParseTuple(args, "O!K:watch", state_of(object).future_type.get(),
                        &future, &token) ||
      refuse_in_forked_child()) {
    return nullptr;
  }
  port_of(object).watch(answer_of(future), token);
  Py_RETURN_NONE;
}

PyObject* port_drain(PyObject* object, PyObject*) {
  const auto tokens = port_of(object).drain();
  auto list = py_ref::steal(PyList_New(static_cast<Py_ssize_t>(tokens.size())));
  for (std::size_t i = 0; list && i < tokens.size(); ++i) {
    PyObject* token = PyLong_FromUnsignedLongLong(tokens[i]);
    if (token == nullptr) {
      return nullptr;
    }
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), token);
  }
  return list.release();
}

PyObject* port_fileno(PyObject* object, PyObject*) {
  return PyLong_FromLong(port_of(object).descriptor());
}

PyObject* port_wait(PyObject* object, PyObject*) {
  const ref_ptr<port> shared{&port_of(object)};
  Py_BEGIN_ALLOW_THREADS;
  shared->wait();
  Py_END_ALLOW_THREADS;
  if (PyErr_CheckSignals() < 0) {
    return nullptr;
  }
  Py_RETURN_NONE;
}

void port_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  reinterpret_cast<port_object*>(object)->shared.~intrusive_ptr();
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef port_methods[] = {
    {"watch", port_watch, METH_VARARGS,
     "watch($self, future, token, /)\n--\n\nAnnounces this token when the "
     "future is done."},
    {"drain", port_drain, METH_NOARGS,
     "drain($self)\n--\n\nThe tokens announced since."},
    {"fileno", port_fileno, METH_NOARGS,
     "fileno($self)\n--\n\nReadable while there is something to drain; -1 for "
     "an actor\'s or a loop\'s port."},
    {"wait", port_wait, METH_NOARGS,
     "wait($self)\n--\n\nBlocks until there may be something to drain."},
    {},
};

PyType_Slot port_slots[] = {
    {Py_tp_doc, const_cast<char*>("Announces futures that are done.")},
    {Py_tp_new, reinterpret_cast<void*>(port_new)},
    {Py_tp_methods, port_methods},
    {Py_tp_dealloc, reinterpret_cast<void*>(port_dealloc)},
    {},
};

PyType_Spec port_spec = {
    .name = "troupe._core.Port",
    .basicsize = sizeof(port_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = port_slots,
};

}  // namespace

port& port_of(PyObject* object) noexcept {
  return *reinterpret_cast<port_object*>(object)->shared;
}

bool add_port_type(PyObject* module, module_state& state) {
  state.port_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &port_spec, nullptr));
  return state.port_type &&
         PyModule_AddType(module, state.port_type.type()) == 0;
}

}  // namespace troupe
