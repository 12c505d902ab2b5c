// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/sender_object.hpp"

#include <new>
#include <string>
#include <utility>

#include "pybridge/data/convert.hpp"
#include "pybridge/module/future_object.hpp"
#include "pybridge/module/sending.hpp"
#include "pybridge/process/crossing.hpp"

namespace troupe {
namespace {

struct sender_object {
  PyObject_HEAD vectorcallfunc vectorcall;
  actor_ref receiver;        // one, or
  ref_ptr<group> receivers;  // all of these
  send_options options;
  symbol selector;    // none: for receive(message)
  bool ask;           // else tell
  PyObject* by_name;  // handler name -> sender; made on first use; owned
};

sender_object* as_sender(PyObject* self) {
  return reinterpret_cast<sender_object*>(self);
}

// What to send: a call of `selector`, or one message.
struct sending {
  symbol selector;
  PyObject* const* args;  // borrowed
  std::size_t nargs;
};

// What tell(Counter.add, 1) names: a function, or a method bound to its class.
PyObject* function_of(PyObject* first) {  // borrowed; null: it is none
  if (!PyMethod_Check(first)) {
    return PyFunction_Check(first) ? first : nullptr;
  }
  return PyFunction_Check(PyMethod_GET_FUNCTION(first))
             ? PyMethod_GET_FUNCTION(first)
             : nullptr;
}

// Whether @troupe.handler has marked it. -1: an exception is set.
int is_marked(PyObject* function) {
  PyObject* mark = nullptr;
  const int found =
      PyObject_GetOptionalAttrString(function, "__troupe_handler__", &mark);
  const auto owned = py_ref::steal(mark);
  return found < 0 ? -1 : found > 0 && mark == Py_True;
}

bool read_name(PyObject* function, symbol& out) {
  const auto name = py_ref::steal(PyObject_GetAttrString(function, "__name__"));
  Py_ssize_t length = 0;
  const char* text =
      name ? PyUnicode_AsUTF8AndSize(name.get(), &length) : nullptr;
  if (text != nullptr) {
    out = intern({text, static_cast<std::size_t>(length)});
  }
  return text != nullptr;
}

// tell(Counter.add, 1) calls the handler `add`, as tell.add(1) does.
bool read_handler(bool ask, sending& what) {
  PyObject* const first = what.args[0];
  PyObject* const function = function_of(first);
  const int marked = function == nullptr ? 0 : is_marked(function);
  if (marked <= 0) {
    return marked == 0;
  }
  if (PyMethod_Check(first) && !PyType_Check(PyMethod_GET_SELF(first))) {
    PyErr_Format(PyExc_TypeError,
                 "%s() takes the handler of the actor's class, not that of an "
                 "object here: %R",
                 ask ? "ask" : "tell", first);
    return false;
  }
  ++what.args;
  --what.nargs;
  return read_name(function, what.selector);
}

void refuse_count(bool ask, const sending& what) {
  const char* verb = ask ? "ask" : "tell";
  if (what.nargs > 1 && function_of(what.args[0]) != nullptr) {
    PyErr_Format(PyExc_TypeError,
                 "%s() takes one message, or a handler and its arguments; %R "
                 "is not marked with @troupe.handler",
                 verb, what.args[0]);
    return;
  }
  PyErr_Format(PyExc_TypeError,
               "%s() takes one message; to call a handler, write "
               "ref.%s.HANDLER(...)",
               verb, verb);
}

bool encode_arguments(module_state& state, bool ask, sending what,
                      PyObject* kwnames, envelope& e) {
  if (what.selector == symbol::none && what.nargs > 0 &&
      !read_handler(ask, what)) {
    return false;
  }
  if (what.selector != symbol::none) {
    e.kind = static_cast<std::uint8_t>(envelope_kind::call);
    e.selector = what.selector;
    return encode_call(state.types, what.args, what.nargs, kwnames, e.content);
  }
  if (what.nargs != 1 || kwnames != nullptr) {
    refuse_count(ask, what);
    return false;
  }
  e.kind = static_cast<std::uint8_t>(envelope_kind::message);
  return encode(state.types, what.args[0], e.content);
}

PyObject* sender_call(PyObject* object, PyObject* const* args,
                      std::size_t nargsf, PyObject* kwnames) {
  if (refuse_in_forked_child()) [[unlikely]] {
    return nullptr;
  }
  const sender_object& self = *as_sender(object);
  module_state& state = state_of(object);
  envelope_ptr e = make_envelope();
  const auto nargs = static_cast<std::size_t>(PyVectorcall_NARGS(nargsf));
  if (!encode_arguments(state, self.ask, {self.selector, args, nargs}, kwnames,
                        *e)) {
    return nullptr;
  }
  if (self.receivers == nullptr && self.receiver.cell().far() &&
      !can_cross(e->content)) [[unlikely]] {
    PyErr_SetString(PyExc_TypeError, cant_cross_words);
    return nullptr;
  }
  if (const actor_cell* sender = actor_cell::current()) {
    e->sender = static_cast<std::uint64_t>(sender->id());
  }
  e->urgent = self.options.priority;
  if (self.receivers != nullptr) {
    self.receivers->tell(std::move(e));
    return Py_NewRef(Py_None);
  }
  py_ref answer;
  if (self.ask) {
    request asked = begin_request(self.receiver, e->selector, self.options);
    e->reply_to = asked.answer;
    answer = py_ref::steal(make_future(state, std::move(asked)));
    if (!answer) {
      return nullptr;
    }
  }
  if (!send(self.receiver, std::move(e))) {
    return nullptr;
  }
  return self.ask ? answer.release() : Py_NewRef(Py_None);
}

PyObject* make_sender_for(module_state& state, const actor_ref& receiver,
                          const send_options& options, bool ask,
                          symbol selector) {
  PyTypeObject* type = state.sender_type.type();
  PyObject* object = type->tp_alloc(type, 0);
  if (object == nullptr) {
    return nullptr;
  }
  sender_object* self = as_sender(object);
  self->vectorcall = sender_call;
  new (&self->receiver) actor_ref{receiver};
  new (&self->receivers) ref_ptr<group>{};
  new (&self->options) send_options{options};
  self->selector = selector;
  self->ask = ask;
  return object;
}

PyObject* sender_for_name(PyObject* object, PyObject* name) {
  sender_object* self = as_sender(object);
  Py_ssize_t length = 0;
  const char* text = PyUnicode_AsUTF8AndSize(name, &length);
  if (text == nullptr) {
    return nullptr;
  }
  auto made = py_ref::steal(make_sender_for(
      state_of(object), self->receiver, self->options, self->ask,
      intern({text, static_cast<std::size_t>(length)})));
  if (made) {
    as_sender(made.get())->receivers = self->receivers;
  }
  if (!made || PyDict_SetItem(self->by_name, name, made.get()) < 0) {
    return nullptr;
  }
  return made.release();
}

bool is_private(PyObject* name) {
  return PyUnicode_GET_LENGTH(name) > 0 && PyUnicode_ReadChar(name, 0) == '_';
}

PyObject* sender_getattro(PyObject* object, PyObject* name) {
  sender_object* self = as_sender(object);
  if (self->selector != symbol::none || is_private(name)) {
    return PyObject_GenericGetAttr(object, name);
  }
  if (self->by_name == nullptr && (self->by_name = PyDict_New()) == nullptr) {
    return nullptr;
  }
  PyObject* known = nullptr;
  if (PyDict_GetItemRef(self->by_name, name, &known) != 0) {
    return known;  // found, or an exception is set
  }
  return sender_for_name(object, name);
}

PyObject* sender_repr(PyObject* object) {
  const sender_object& self = *as_sender(object);
  const std::string_view name = name_of(self.selector);
  return PyUnicode_FromFormat(
      "<troupe %s%s%.*s to '%s'>", self.ask ? "ask" : "tell",
      name.empty() ? "" : ".", static_cast<int>(name.size()), name.data(),
      (self.receivers ? self.receivers->name() : self.receiver.name()).c_str());
}

void sender_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  sender_object* self = as_sender(object);
  Py_XDECREF(self->by_name);
  self->receiver.~actor_ref();
  self->receivers.~intrusive_ptr();
  type->tp_free(object);
  Py_DECREF(type);
}

constexpr const char* sender_doc =
    R"doc(What sends to one actor: `ref.tell` and `ref.ask`.

Call it with a message for the actor's receive(), or call an attribute of it,
named like a handler, with that handler's arguments. It also takes the handler
itself, a function marked with @troupe.handler, before the arguments: then type
checkers know what may be given, and what is answered. It may be kept and used
often, on any thread.

>>> add = ref.tell.add
>>> for n in range(1000):
...     add(n)
>>> ref.tell(Counter.add, 1000)
)doc";

PyMemberDef sender_members[] = {
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(sender_object, vectorcall),
     Py_READONLY, nullptr},
    {},
};

PyType_Slot sender_slots[] = {
    {Py_tp_doc, const_cast<char*>(sender_doc)},
    {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
    {Py_tp_getattro, reinterpret_cast<void*>(sender_getattro)},
    {Py_tp_repr, reinterpret_cast<void*>(sender_repr)},
    {Py_tp_dealloc, reinterpret_cast<void*>(sender_dealloc)},
    {Py_tp_members, sender_members},
    {},
};

PyType_Spec sender_spec = {
    .name = "troupe._core.Sender",
    .basicsize = sizeof(sender_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = sender_slots,
};

}  // namespace

PyObject* make_sender(module_state& state, const actor_ref& receiver,
                      const send_options& options, bool ask) {
  return make_sender_for(state, receiver, options, ask, symbol::none);
}

PyObject* make_group_sender(module_state& state, ref_ptr<group> receivers) {
  PyObject* made = make_sender_for(state, {}, {}, false, symbol::none);
  if (made != nullptr) {
    as_sender(made)->receivers = std::move(receivers);
  }
  return made;
}

std::optional<sender_target> target_of(module_state& state, PyObject* object) {
  if (!Py_IS_TYPE(object, state.sender_type.type()) ||
      as_sender(object)->receivers != nullptr) {
    return std::nullopt;
  }
  const sender_object& self = *as_sender(object);
  return sender_target{self.receiver, self.selector, self.options, self.ask};
}

bool encode_message(module_state& state, PyObject* sender,
                    PyObject* const* args, std::size_t nargs, PyObject* kwnames,
                    envelope& e) {
  const sender_object& self = *as_sender(sender);
  return encode_arguments(state, self.ask, {self.selector, args, nargs},
                          kwnames, e);
}

bool add_sender_type(PyObject* module, module_state& state) {
  state.sender_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &sender_spec, nullptr));
  return static_cast<bool>(state.sender_type);
}

}  // namespace troupe
