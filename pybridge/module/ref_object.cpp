// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/ref_object.hpp"

#include <new>
#include <string>
#include <utility>

#include "actors/actor_system.hpp"
#include "pybridge/module/channel_object.hpp"
#include "pybridge/module/group_object.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/router_object.hpp"
#include "pybridge/module/sealed_object.hpp"
#include "pybridge/module/sender_object.hpp"

namespace troupe {
namespace {

struct ref_object {
  PyObject_HEAD actor_ref ref;
  send_options options;
  PyObject* tell;  // senders, made on first use; owned
  PyObject* ask;
};

ref_object* as_ref(PyObject* self) {
  return reinterpret_cast<ref_object*>(self);
}

PyObject* ref_tell(PyObject* object, void*) {
  ref_object* self = as_ref(object);
  if (self->tell == nullptr) {
    self->tell = make_sender(state_of(object), self->ref, self->options, false);
  }
  return Py_XNewRef(self->tell);
}

PyObject* ref_ask(PyObject* object, void*) {
  ref_object* self = as_ref(object);
  if (self->ask == nullptr) {
    self->ask = make_sender(state_of(object), self->ref, self->options, true);
  }
  return Py_XNewRef(self->ask);
}

PyObject* ref_name(PyObject* object, void*) {
  const std::string& name = as_ref(object)->ref.name();
  return PyUnicode_FromStringAndSize(name.data(),
                                     static_cast<Py_ssize_t>(name.size()));
}

PyObject* ref_id(PyObject* object, void*) {
  return PyLong_FromUnsignedLongLong(
      static_cast<unsigned long long>(as_ref(object)->ref.id()));
}

PyObject* ref_alive(PyObject* object, void*) {
  return PyBool_FromLong(!as_ref(object)->ref.ended());
}

PyObject* ref_reason(PyObject* object, void*) {
  const actor_cell& cell = as_ref(object)->ref.cell();
  return cell.ended() ? PyUnicode_FromString(
                            std::string{to_string(cell.end_reason())}.c_str())
                      : Py_NewRef(Py_None);
}

PyObject* ref_queued(PyObject* object, void*) {
  return PyLong_FromSize_t(as_ref(object)->ref.cell().mailbox_size());
}

PyObject* ref_restarts(PyObject* object, void*) {
  return PyLong_FromUnsignedLongLong(
      static_cast<unsigned long long>(as_ref(object)->ref.cell().restarts()));
}

PyObject* ref_handled(PyObject* object, void*) {
  return PyLong_FromUnsignedLongLong(
      static_cast<unsigned long long>(as_ref(object)->ref.cell().handled()));
}

PyObject* ref_stop(PyObject* object, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"drain", nullptr};
  int drain = 0;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$p:stop",
                                   const_cast<char**>(names), &drain) ||
      refuse_in_forked_child()) {
    return nullptr;
  }
  if (drain != 0) {
    as_ref(object)->ref.stop_when_drained();
  } else {
    as_ref(object)->ref.stop();
  }
  Py_RETURN_NONE;
}

PyObject* ref_kill(PyObject* object, PyObject*) {
  if (refuse_in_forked_child()) {
    return nullptr;
  }
  const actor_ref ref = as_ref(object)->ref;
  Py_BEGIN_ALLOW_THREADS;  // takes a lock of the actor's
  ref.kill();
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}

PyObject* ref_join(PyObject* object, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"timeout", nullptr};
  PyObject* seconds = nullptr;
  std::optional<std::chrono::nanoseconds> timeout;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:join",
                                   const_cast<char**>(names), &seconds) ||
      !read_timeout(seconds, timeout)) {
    return nullptr;
  }
  const actor_ref ref = as_ref(object)->ref;
  if (actor_cell::current() == &ref.cell()) {
    PyErr_SetString(PyExc_RuntimeError,
                    "an actor can't join itself: it would wait for ever");
    return nullptr;
  }
  const wait_result result = wait_detached(ref.cell().when_ended(), timeout,
                                           ref.cell().system().get_scheduler());
  if (result == wait_result::interrupted) {
    return nullptr;
  }
  return PyBool_FromLong(result == wait_result::done);
}

PyObject* ref_options(PyObject* object, PyObject* args, PyObject* kwargs) {
  send_options options = as_ref(object)->options;
  if (!read_options(args, kwargs, options)) {
    return nullptr;
  }
  PyObject* view = make_ref(state_of(object), as_ref(object)->ref);
  if (view != nullptr) {
    as_ref(view)->options = options;
  }
  return view;
}

PyObject* ref_repr(PyObject* object) {
  const actor_ref& ref = as_ref(object)->ref;
  return PyUnicode_FromFormat("<troupe.Ref '%s'%s>", ref.name().c_str(),
                              ref.ended() ? " (ended)" : "");
}

Py_hash_t ref_hash(PyObject* object) {
  return static_cast<Py_hash_t>(as_ref(object)->ref.id());
}

PyObject* ref_compare(PyObject* left, PyObject* right, int op) {
  if ((op != Py_EQ && op != Py_NE) || Py_TYPE(left) != Py_TYPE(right)) {
    Py_RETURN_NOTIMPLEMENTED;
  }
  const bool equal = as_ref(left)->ref == as_ref(right)->ref;
  return PyBool_FromLong(equal == (op == Py_EQ));
}

void ref_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  ref_object* self = as_ref(object);
  Py_XDECREF(self->tell);
  Py_XDECREF(self->ask);
  self->ref.~actor_ref();
  type->tp_free(object);
  Py_DECREF(type);
}

constexpr const char* ref_doc =
    R"doc(The handle to an actor: small, hashable, can be sent in messages.

Made by System.spawn() and context.spawn(). It stays valid when its actor has
ended, and says so. Refs to the same actor are equal. Any thread may use it.

>>> counter = system.spawn("counter")
>>> counter.tell.add(("to", "be"))  # one way
>>> counter.ask.top(1).result(timeout=5)
[('to', 1)]
)doc";

constexpr const char* tell_doc =
    R"doc(Sends one way: ref.tell(message), or ref.tell.HANDLER(arguments...).

Returns None at once. A message that no handler takes, because the actor has
ended say, is a dead letter: see System.dead_letters(). Raises TypeError or
ValueError, with the place in the message, for what can't be sent, and
MailboxFull. Any thread.)doc";

constexpr const char* ask_doc =
    R"doc(Sends a request: ref.ask(message), or ref.ask.HANDLER(arguments...).

Returns a Future at once, in which the answer arrives: what the handler returns
or raises. Raises as `tell` does. Any thread.)doc";

constexpr const char* stop_doc = R"doc(stop($self, *, drain=False)
--

Ends the actor after the message at hand; returns at once.

What still waits in its mailbox becomes dead letters. With drain=True it first
handles all that was sent before. Its stopping() is called, with "stopped". Does
nothing if it has ended already. Any thread.)doc";

constexpr const char* kill_doc = R"doc(kill($self)
--

Ends the actor at once, also within a handler; returns at once.

ActorKilled is raised in Python code that runs or waits there. A call that
blocks in C goes on until it returns. stopping() isn't called. Any thread.)doc";

constexpr const char* join_doc = R"doc(join($self, timeout=None)
--

Waits until the actor has ended, at most `timeout` seconds (None: for ever).

Returns whether it has. Any thread; while a handler waits here, other actors go
on. Raises RuntimeError in the actor itself.)doc";

constexpr const char* options_doc =
    R"doc(options($self, *, timeout=..., priority=...)
--

A Ref to the same actor, by which messages are sent in another way.

timeout: how many seconds each request has, from the ask on (None: no limit);
    else it is the system's ask_timeout. When the time is over its future
    raises AskTimeout, the actor doesn't begin with it any more, and an answer
    that still comes is a dead letter.
priority: whether its messages overtake those without it (not those with).

It is equal to this one, and arrives in a message as a plain Ref.

>>> quick = counter.options(timeout=2.0)
>>> quick.ask.top(1).result()
[('to', 1)]
)doc";

PyGetSetDef ref_properties[] = {
    {"tell", ref_tell, nullptr, tell_doc, nullptr},
    {"ask", ref_ask, nullptr, ask_doc, nullptr},
    {"name", ref_name, nullptr,
     "The actor's name, unique in its system while it lives.", nullptr},
    {"id", ref_id, nullptr,
     "A number that no other actor of this process ever has.", nullptr},
    {"alive", ref_alive, nullptr, "False once the actor has ended.", nullptr},
    {"reason", ref_reason, nullptr,
     "Why the actor has ended: \"stopped\", \"failed\", \"killed\", "
     "\"unstarted\" or\n\"shutdown\"; None while it lives.",
     nullptr},
    {"restarts", ref_restarts, nullptr,
     "How often its supervisor has restarted it.", nullptr},
    {"handled", ref_handled, nullptr,
     "How many messages it has handled, restarts or not; not counting those "
     "that became\ndead letters, or were forwarded.",
     nullptr},
    {"queued", ref_queued, nullptr,
     "How many messages wait in its mailbox or are at hand, about.", nullptr},
    {},
};

PyMethodDef ref_methods[] = {
    {"options", as_method(ref_options), METH_VARARGS | METH_KEYWORDS,
     options_doc},
    {"stop", as_method(ref_stop), METH_VARARGS | METH_KEYWORDS, stop_doc},
    {"kill", ref_kill, METH_NOARGS, kill_doc},
    {"join", as_method(ref_join), METH_VARARGS | METH_KEYWORDS, join_doc},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     "Ref[T]: a ref to an actor whose handlers are those of T."},
    {},
};

PyType_Slot ref_slots[] = {
    {Py_tp_doc, const_cast<char*>(ref_doc)},
    {Py_tp_getset, ref_properties},
    {Py_tp_methods, ref_methods},
    {Py_tp_repr, reinterpret_cast<void*>(ref_repr)},
    {Py_tp_hash, reinterpret_cast<void*>(ref_hash)},
    {Py_tp_richcompare, reinterpret_cast<void*>(ref_compare)},
    {Py_tp_dealloc, reinterpret_cast<void*>(ref_dealloc)},
    {},
};

PyType_Spec ref_spec = {
    .name = "troupe.Ref",
    .basicsize = sizeof(ref_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = ref_slots,
};

ref_ptr<ref_counted> ref_to_shared(PyObject* object) {
  if (Py_IS_TYPE(object, state_of(object).group_type.type())) {
    return ref_ptr<ref_counted>{&group_of(object)};
  }
  if (Py_IS_TYPE(object, state_of(object).channel_type.type())) {
    return ref_ptr<ref_counted>{&channel_of(object)};
  }
  if (Py_IS_TYPE(object, state_of(object).sealed_type.type())) {
    return ref_ptr<ref_counted>{&sealed_of(object)};
  }
  if (!Py_IS_TYPE(object, state_of(object).ref_type.type())) {
    return ref_ptr<ref_counted>{&actor_of_router(object).cell()};
  }
  return ref_ptr<ref_counted>{&as_ref(object)->ref.cell()};
}

PyObject* ref_from_shared(type_cache& types, ref_ptr<ref_counted> shared) {
  auto& state = *static_cast<module_state*>(types.hooks().context);
  if (auto* everybody = dynamic_cast<group*>(shared.get())) {
    return make_group(state, ref_ptr<group>{everybody});
  }
  if (auto* queue = dynamic_cast<channel*>(shared.get())) {
    return make_channel(state, ref_ptr<channel>{queue});
  }
  if (auto* value = dynamic_cast<sealed*>(shared.get())) {
    return make_sealed(state, ref_ptr<sealed>{value});
  }
  return make_ref(
      state,
      actor_ref{ref_ptr<actor_cell>{static_cast<actor_cell*>(shared.get())}});
}

}  // namespace

PyObject* make_ref(module_state& state, const actor_ref& ref) {
  PyTypeObject* type = state.ref_type.type();
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) {
    new (&as_ref(object)->ref) actor_ref{ref};
    new (&as_ref(object)->options) send_options{};
  }
  return object;
}

PyObject* make_ref_list(module_state& state,
                        const std::vector<actor_ref>& refs) {
  auto list = py_ref::steal(PyList_New(0));
  for (const actor_ref& one : refs) {
    const auto ref = py_ref::steal(make_ref(state, one));
    if (!list || !ref || PyList_Append(list.get(), ref.get()) < 0) {
      return nullptr;
    }
  }
  return list.release();
}

const actor_ref* actor_of(module_state& state, PyObject* object) {
  return Py_IS_TYPE(object, state.ref_type.type()) ? &as_ref(object)->ref
                                                   : nullptr;
}

bool add_ref_type(PyObject* module, module_state& state) {
  state.ref_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &ref_spec, nullptr));
  if (!state.ref_type) {
    return false;
  }
  state.types.set_ref_hooks({.ref_type = state.ref_type.type(),
                             .to_shared = ref_to_shared,
                             .from_shared = ref_from_shared,
                             .context = &state});
  return PyModule_AddType(module, state.ref_type.type()) == 0;
}

}  // namespace troupe
