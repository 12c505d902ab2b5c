// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/group_object.hpp"

#include <functional>
#include <new>
#include <utility>

#include "actors/actor_system.hpp"
#include "pybridge/module/ask_all.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/sender_object.hpp"

namespace troupe {
namespace {

struct group_object {
  PyObject_HEAD ref_ptr<group> shared;
  PyObject* tell;  // a sender, made on first use; owned
};

group_object* as_group(PyObject* self) {
  return reinterpret_cast<group_object*>(self);
}

PyObject* group_tell(PyObject* object, void*) {
  group_object* self = as_group(object);
  if (self->tell == nullptr) {
    self->tell = make_group_sender(state_of(object), self->shared);
  }
  return Py_XNewRef(self->tell);
}

PyObject* group_name(PyObject* object, void*) {
  const std::string& name = group_of(object).name();
  return PyUnicode_FromStringAndSize(name.data(),
                                     static_cast<Py_ssize_t>(name.size()));
}

// The actor that `ref` (borrowed, or null) means: that of this handler, if it
// is null or None. Without an actor an exception is set.
actor_ref member_of(PyObject* group, const char* method, PyObject* ref) {
  if (ref != nullptr && ref != Py_None) {
    const actor_ref* given = actor_of(state_of(group), ref);
    if (given == nullptr) {
      PyErr_Format(PyExc_TypeError, "%s() takes a Ref, not %s", method,
                   Py_TYPE(ref)->tp_name);
    }
    return given == nullptr ? actor_ref{} : *given;
  }
  actor_cell* const self = actor_cell::current();
  if (self == nullptr) {
    PyErr_Format(PyExc_TypeError, "outside of a handler %s() needs a Ref",
                 method);
  }
  return actor_ref{ref_ptr<actor_cell>{self}};
}

PyObject* group_join(PyObject* object, PyObject* args) {
  PyObject* given = nullptr;
  if (!PyArg_ParseTuple(args, "|O:join", &given)) {
    return nullptr;
  }
  const actor_ref ref = member_of(object, "join", given);
  if (!ref) {
    return nullptr;
  }
  const auto joined = group_of(object).join(ref);
  if (joined) {
    return PyBool_FromLong(*joined);
  }
  if (joined.error().code == errc::invalid_argument) {
    PyErr_SetString(PyExc_ValueError, joined.error().detail.c_str());
    return nullptr;
  }
  return raise_error(joined.error());
}

PyObject* group_leave(PyObject* object, PyObject* args) {
  PyObject* given = nullptr;
  if (!PyArg_ParseTuple(args, "|O:leave", &given)) {
    return nullptr;
  }
  const actor_ref ref = member_of(object, "leave", given);
  return ref ? PyBool_FromLong(group_of(object).leave(ref)) : nullptr;
}

PyObject* group_members(PyObject* object, PyObject*) {
  return make_ref_list(state_of(object), group_of(object).members());
}

Py_ssize_t group_length(PyObject* object) {
  return static_cast<Py_ssize_t>(group_of(object).members().size());
}

PyObject* group_repr(PyObject* object) {
  return PyUnicode_FromFormat("<troupe.Group '%s'>",
                              group_of(object).name().c_str());
}

bool same(const group& a, const group& b) noexcept {
  return &a.system() == &b.system() && a.name() == b.name();
}

Py_hash_t group_hash(PyObject* object) {
  const auto hash =
      static_cast<Py_hash_t>(std::hash<std::string>{}(group_of(object).name()));
  return hash == -1 ? 1 : hash;
}

PyObject* group_compare(PyObject* left, PyObject* right, int op) {
  if ((op != Py_EQ && op != Py_NE) || Py_TYPE(left) != Py_TYPE(right)) {
    Py_RETURN_NOTIMPLEMENTED;
  }
  const bool equal = same(group_of(left), group_of(right));
  return PyBool_FromLong(equal == (op == Py_EQ));
}

// An empty group is still a group.
int group_bool(PyObject*) {
  return 1;
}

void group_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  Py_XDECREF(as_group(object)->tell);
  as_group(object)->shared.~intrusive_ptr();
  type->tp_free(object);
  Py_DECREF(type);
}

constexpr const char* group_doc =
    R"doc(Actors that are told as one; made by System.group(name).

An actor that has joined is a member until it leaves or ends. Group objects are
small, hashable, and can be sent in messages; those of one name mean the same
group. Any thread may use them.

>>> workers = system.group("workers")
>>> workers.join(system.spawn("worker"))
True
>>> workers.tell.prepare("today")  # all of them
)doc";

constexpr const char* tell_doc =
    R"doc(Sends to each member: group.tell(message), or group.tell.HANDLER(arguments...).

The message is encoded once; blobs in it are shared. Without members it is a
dead letter ("no_receiver"), and so is what a member's full mailbox refuses.)doc";

constexpr const char* join_doc = R"doc(join($self, ref=None, /)
--

Makes an actor (None: the one at hand) a member.

Returns whether it is new. Raises ActorStopped if it has ended.)doc";

constexpr const char* leave_doc = R"doc(leave($self, ref=None, /)
--

Ends the membership of an actor (None: the one at hand); returns whether it was
a member.)doc";

PyGetSetDef group_properties[] = {
    {"tell", group_tell, nullptr, tell_doc, nullptr},
    {"name", group_name, nullptr, "The group's name.", nullptr},
    {},
};

PyMethodDef group_methods[] = {
    {"join", group_join, METH_VARARGS, join_doc},
    {"leave", group_leave, METH_VARARGS, leave_doc},
    {"ask_all", as_method(ask_all), METH_VARARGS | METH_KEYWORDS, ask_all_doc},
    {"members", group_members, METH_NOARGS,
     "members($self)\n--\n\nThe Refs of the members, in the order of their "
     "start."},
    {},
};

PyType_Slot group_slots[] = {
    {Py_tp_doc, const_cast<char*>(group_doc)},
    {Py_tp_getset, group_properties},
    {Py_tp_methods, group_methods},
    {Py_sq_length, reinterpret_cast<void*>(group_length)},
    {Py_nb_bool, reinterpret_cast<void*>(group_bool)},
    {Py_tp_repr, reinterpret_cast<void*>(group_repr)},
    {Py_tp_hash, reinterpret_cast<void*>(group_hash)},
    {Py_tp_richcompare, reinterpret_cast<void*>(group_compare)},
    {Py_tp_dealloc, reinterpret_cast<void*>(group_dealloc)},
    {},
};

PyType_Spec group_spec = {
    .name = "troupe.Group",
    .basicsize = sizeof(group_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = group_slots,
};

}  // namespace

group& group_of(PyObject* object) noexcept {
  return *as_group(object)->shared;
}

PyObject* make_group(module_state& state, ref_ptr<group> g) {
  PyTypeObject* type = state.group_type.type();
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) {
    new (&as_group(object)->shared) ref_ptr<group>{std::move(g)};
  }
  return object;
}

bool add_group_type(PyObject* module, module_state& state) {
  state.group_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &group_spec, nullptr));
  if (!state.group_type) {
    return false;
  }
  state.types.add_shared_type(state.group_type.type());
  return PyModule_AddType(module, state.group_type.type()) == 0;
}

}  // namespace troupe
