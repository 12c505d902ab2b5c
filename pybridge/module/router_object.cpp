// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/router_object.hpp"

#include <new>
#include <utility>

#include "actors/routing/pool.hpp"
#include "pybridge/module/ask_all.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/ref_object.hpp"

namespace troupe {
namespace {

struct router_object {
  PyObject_HEAD ref_ptr<router> what;
  actor_ref actor;
  PyObject* ref;  // a troupe.Ref; owned
};

router_object* as_router(PyObject* self) {
  return reinterpret_cast<router_object*>(self);
}

pool& pool_of(PyObject* self) {
  return static_cast<pool&>(*as_router(self)->what);
}

PyObject* router_ref(PyObject* self, void*) {
  return Py_NewRef(as_router(self)->ref);
}

PyObject* router_tell(PyObject* self, void*) {
  return PyObject_GetAttrString(as_router(self)->ref, "tell");
}

PyObject* router_ask(PyObject* self, void*) {
  return PyObject_GetAttrString(as_router(self)->ref, "ask");
}

PyObject* router_name(PyObject* self, void*) {
  return PyObject_GetAttrString(as_router(self)->ref, "name");
}

PyObject* router_size(PyObject* self, void*) {
  return PyLong_FromSize_t(as_router(self)->what->size());
}

Py_ssize_t router_length(PyObject* self) {
  return static_cast<Py_ssize_t>(as_router(self)->what->size());
}

// A router without routees is still a router.
int router_bool(PyObject*) {
  return 1;
}

PyObject* router_routees(PyObject* self, PyObject*) {
  return make_ref_list(state_of(self), as_router(self)->what->routees());
}

const actor_ref* routee_given(PyObject* self, PyObject* ref) {
  const actor_ref* given = actor_of(state_of(self), ref);
  if (given == nullptr) {
    PyErr_Format(PyExc_TypeError, "a routee is a Ref, not %s",
                 Py_TYPE(ref)->tp_name);
  }
  return given;
}

PyObject* router_add(PyObject* self, PyObject* ref) {
  const actor_ref* given = routee_given(self, ref);
  if (given == nullptr) {
    return nullptr;
  }
  if (*given == as_router(self)->actor) {
    PyErr_SetString(PyExc_ValueError, "a router can't be its own routee");
    return nullptr;
  }
  if (given->ended()) {
    return raise_named("ActorStopped",
                       ("actor '" + given->name() + "' has ended").c_str());
  }
  return PyBool_FromLong(as_router(self)->what->add(*given));
}

PyObject* router_remove(PyObject* self, PyObject* ref) {
  const actor_ref* given = routee_given(self, ref);
  return given == nullptr
             ? nullptr
             : PyBool_FromLong(as_router(self)->what->remove(*given));
}

PyObject* stopped(const actor_ref& actor, bool drain) {
  if (drain) {
    actor.stop_when_drained();
  } else {
    actor.stop();
  }
  Py_RETURN_NONE;
}

bool read_drain(PyObject* args, PyObject* kwargs, int& drain) {
  static const char* names[] = {"drain", nullptr};
  return PyArg_ParseTupleAndKeywords(args, kwargs, "|$p:stop",
                                     const_cast<char**>(names), &drain) != 0;
}

PyObject* router_stop(PyObject* self, PyObject* args, PyObject* kwargs) {
  int drain = 0;
  return read_drain(args, kwargs, drain)
             ? stopped(as_router(self)->actor, drain != 0)
             : nullptr;
}

PyObject* pool_stop(PyObject* self, PyObject* args, PyObject* kwargs) {
  int drain = 0;
  if (!read_drain(args, kwargs, drain)) {
    return nullptr;
  }
  if (drain == 0) {
    pool_of(self).drop_what_waits();
  }
  return stopped(as_router(self)->actor, drain != 0);
}

PyObject* pool_resize(PyObject* self, PyObject* number) {
  const Py_ssize_t wanted = PyLong_AsSsize_t(number);
  if (wanted == -1 && PyErr_Occurred()) {
    return nullptr;
  }
  const auto resized =
      pool_of(self).resize(wanted < 0 ? 0 : static_cast<std::size_t>(wanted));
  if (!resized) {
    PyErr_SetString(PyExc_ValueError, resized.error().detail.c_str());
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* router_repr(PyObject* self) {
  const router_object& r = *as_router(self);
  return PyUnicode_FromFormat("<%s '%s' of %zu%s>", Py_TYPE(self)->tp_name,
                              r.actor.name().c_str(), r.what->size(),
                              r.actor.ended() ? " (ended)" : "");
}

Py_hash_t router_hash(PyObject* self) {
  return static_cast<Py_hash_t>(as_router(self)->actor.id());
}

PyObject* router_compare(PyObject* left, PyObject* right, int op) {
  if ((op != Py_EQ && op != Py_NE) || Py_TYPE(left) != Py_TYPE(right)) {
    Py_RETURN_NOTIMPLEMENTED;
  }
  const bool equal = as_router(left)->actor == as_router(right)->actor;
  return PyBool_FromLong(equal == (op == Py_EQ));
}

void router_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  Py_XDECREF(as_router(self)->ref);
  as_router(self)->actor.~actor_ref();
  as_router(self)->what.~intrusive_ptr();
  type->tp_free(self);
  Py_DECREF(type);
}

constexpr const char* router_doc =
    R"doc(A router: an actor that hands each message on to a routee; System.router().

`ref` is its Ref, for whoever sends to it; in a message a Router arrives as that
Ref. What is here manages it. Routees that end are dropped. Any thread may use
it.

>>> router = system.router([first, second], policy="least_loaded")
>>> router.ask.resize(image).result()
)doc";

constexpr const char* pool_doc =
    R"doc(A router with routees of its own, which it starts and replaces; System.pool().

>>> pool = system.pool("worker", size=4)
>>> pool.resize(8)
)doc";

constexpr const char* add_doc = R"doc(add($self, ref, /)
--

One more routee; returns whether it is new.

Raises ActorStopped if it has ended.)doc";

constexpr const char* remove_doc = R"doc(remove($self, ref, /)
--

One routee less; returns whether it was there. It keeps what it has been given.

A pool's own routee ends when it is done with that, and isn't replaced.)doc";

constexpr const char* stop_doc = R"doc(stop($self, *, drain=False)
--

Ends the router, as Ref.stop() does. Its routees go on.)doc";

constexpr const char* pool_stop_doc = R"doc(stop($self, *, drain=False)
--

Ends the pool and its routees; returns at once.

What still waits, here and at the routees, becomes dead letters; with drain=True
it is handled first. `pool.ref.stop()` lets the routees handle what they have
been given.)doc";

constexpr const char* resize_doc = R"doc(resize($self, size, /)
--

How many routees there are to be from now on; returns at once.

ValueError if that is beyond the pool's minimum and maximum. Those that are too
many end when they are done with what they have been given.)doc";

PyGetSetDef router_properties[] = {
    {"ref", router_ref, nullptr, "The router's Ref.", nullptr},
    {"tell", router_tell, nullptr, "As ref.tell.", nullptr},
    {"ask", router_ask, nullptr, "As ref.ask.", nullptr},
    {"name", router_name, nullptr, "The router's name.", nullptr},
    {"size", router_size, nullptr, "How many routees there are.", nullptr},
    {},
};

PyMethodDef router_methods[] = {
    {"routees", router_routees, METH_NOARGS,
     "routees($self)\n--\n\nThe Refs of the routees."},
    {"add", router_add, METH_O, add_doc},
    {"remove", router_remove, METH_O, remove_doc},
    {"ask_all", as_method(ask_all), METH_VARARGS | METH_KEYWORDS, ask_all_doc},
    {"stop", as_method(router_stop), METH_VARARGS | METH_KEYWORDS, stop_doc},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     "Router[T]: a router of actors whose handlers are those of T."},
    {},
};

PyMethodDef pool_methods[] = {
    {"resize", pool_resize, METH_O, resize_doc},
    {"stop", as_method(pool_stop), METH_VARARGS | METH_KEYWORDS, pool_stop_doc},
    {},
};

PyType_Slot router_slots[] = {
    {Py_tp_doc, const_cast<char*>(router_doc)},
    {Py_tp_getset, router_properties},
    {Py_tp_methods, router_methods},
    {Py_sq_length, reinterpret_cast<void*>(router_length)},
    {Py_nb_bool, reinterpret_cast<void*>(router_bool)},
    {Py_tp_repr, reinterpret_cast<void*>(router_repr)},
    {Py_tp_hash, reinterpret_cast<void*>(router_hash)},
    {Py_tp_richcompare, reinterpret_cast<void*>(router_compare)},
    {Py_tp_dealloc, reinterpret_cast<void*>(router_dealloc)},
    {},
};

PyType_Slot pool_slots[] = {
    {Py_tp_doc, const_cast<char*>(pool_doc)},
    {Py_tp_methods, pool_methods},
    {Py_tp_dealloc, reinterpret_cast<void*>(router_dealloc)},
    {},
};

constexpr unsigned flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE |
                           Py_TPFLAGS_DISALLOW_INSTANTIATION;

PyType_Spec router_spec = {
    .name = "troupe.Router",
    .basicsize = sizeof(router_object),
    .itemsize = 0,
    .flags = flags | Py_TPFLAGS_BASETYPE,
    .slots = router_slots,
};

PyType_Spec pool_spec = {
    .name = "troupe.ActorPool",
    .basicsize = sizeof(router_object),
    .itemsize = 0,
    .flags = flags,
    .slots = pool_slots,
};

}  // namespace

const actor_ref& actor_of_router(PyObject* object) noexcept {
  return as_router(object)->actor;
}

PyObject* make_router(module_state& state, ref_ptr<router> what,
                      const actor_ref& actor) {
  const bool is_pool = dynamic_cast<pool*>(what.get()) != nullptr;
  PyTypeObject* type =
      is_pool ? state.pool_type.type() : state.router_type.type();
  auto ref = py_ref::steal(make_ref(state, actor));
  PyObject* object = ref ? type->tp_alloc(type, 0) : nullptr;
  if (object != nullptr) {
    new (&as_router(object)->what) ref_ptr<router>{std::move(what)};
    new (&as_router(object)->actor) actor_ref{actor};
    as_router(object)->ref = ref.release();
  }
  return object;
}

bool add_router_types(PyObject* module, module_state& state) {
  state.router_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &router_spec, nullptr));
  if (!state.router_type) {
    return false;
  }
  state.pool_type = py_ref::steal(
      PyType_FromModuleAndSpec(module, &pool_spec, state.router_type.get()));
  if (!state.pool_type) {
    return false;
  }
  state.types.add_shared_type(state.router_type.type());
  state.types.add_shared_type(state.pool_type.type());
  return PyModule_AddType(module, state.router_type.type()) == 0 &&
         PyModule_AddType(module, state.pool_type.type()) == 0;
}

}  // namespace troupe
