// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/reply_object.hpp"

#include <new>
#include <string>
#include <utility>

#include "actors/actor_system.hpp"
#include "base/roles.hpp"
#include "pybridge/data/convert.hpp"
#include "pybridge/module/at_hand.hpp"

namespace troupe {
namespace {

struct reply_object {
  PyObject_HEAD ref_ptr<completion> asker;  // null: nobody asked, or answered
  actor_ref actor;                          // whose Reply it is
  bool asked;
  bool answered;
};

reply_object* as_reply(PyObject* self) {
  return reinterpret_cast<reply_object*>(self);
}

void forget_open(module_state& state, const reply_object& self) noexcept {
  const auto all = state.open_replies.find(self.actor.id());
  if (all != state.open_replies.end()) {
    all->second.erase(self.asker.get());
    if (all->second.empty()) {
      state.open_replies.erase(all);
    }
  }
}

// False: an exception is set, for this would be the second answer.
bool begin_answer(reply_object& self) {
  if (self.answered) {
    PyErr_Format(PyExc_RuntimeError,
                 "this request to actor '%s' is answered already",
                 self.actor.name().c_str());
    return false;
  }
  return true;
}

ref_ptr<completion> close(module_state& state, reply_object& self) noexcept {
  if (self.asker != nullptr) {
    forget_open(state, self);
  }
  self.answered = true;
  return std::exchange(self.asker, nullptr);
}

PyObject* finish_answer(const reply_object& self, bool in_time) {
  if (!in_time) {
    const auto late = make_envelope();
    late->sender = static_cast<std::uint64_t>(self.actor.id());
    self.actor.cell().system().dead().note(*late, self.actor.id(),
                                           dead_reason::late_reply);
  }
  Py_RETURN_NONE;
}

PyObject* reply_answer(PyObject* object, PyObject* value) {
  reply_object& self = *as_reply(object);
  module_state& state = state_of(object);
  payload answer;
  if (!begin_answer(self) || (self.asker != nullptr &&
                              !encode(state.types, value, answer, "result"))) {
    return nullptr;
  }
  const auto asker = close(state, self);
  return finish_answer(self,
                       asker == nullptr || asker->set_value(std::move(answer)));
}

PyObject* reply_fail(PyObject* object, PyObject* exception) {
  reply_object& self = *as_reply(object);
  module_state& state = state_of(object);
  if (!PyExceptionInstance_Check(exception)) {
    return PyErr_Format(PyExc_TypeError, "fail() takes an exception, not %s",
                        Py_TYPE(exception)->tp_name);
  }
  if (!begin_answer(self)) {
    return nullptr;
  }
  fault why{
      make_error(errc::failed, "actor '" + self.actor.name() +
                                   "' failed: " + Py_TYPE(exception)->tp_name),
      {}};
  if (self.asker != nullptr) {
    encode_exception(state.types, exception, why.raised);
  }
  const auto asker = close(state, self);
  return finish_answer(self,
                       asker == nullptr || asker->set_fault(std::move(why)));
}

PyObject* reply_wanted(PyObject* object, void*) {
  reply_object& self = *as_reply(object);
  return PyBool_FromLong(self.asker != nullptr && !self.asker->done());
}

PyObject* reply_repr(PyObject* object) {
  const reply_object& self = *as_reply(object);
  const char* state = self.answered ? "answered"
                      : !self.asked ? "nobody asked"
                                    : "open";
  return PyUnicode_FromFormat("<troupe.Reply of '%s', %s>",
                              self.actor.name().c_str(), state);
}

void reply_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  reply_object& self = *as_reply(object);
  if (const auto asker = close(state_of(object), self)) {
    asker->set_fault(
        {make_error(errc::failed, "actor '" + self.actor.name() +
                                      "' let go of the request without an "
                                      "answer (its Reply is gone)"),
         {}});
  }
  self.asker.~intrusive_ptr();
  self.actor.~actor_ref();
  type->tp_free(object);
  Py_DECREF(type);
}

constexpr const char* reply_doc = R"doc(The answer that a handler gives later.

Made by context.reply_later(). Keep it, and answer once: in another handler, in a
callback, in a thread of this actor. If it is let go of without an answer, the
asker gets a TroupeError, and when the actor ends, ActorStopped. It belongs to
the actor, and can't be sent; to have another actor answer, use
context.forward().

>>> waiting = []
>>> @troupe.handler
... def take():
...     waiting.append(troupe.context.reply_later())
>>> @troupe.handler
... def put(thing):
...     waiting.pop(0).answer(thing)
)doc";

PyMethodDef reply_methods[] = {
    {"answer", reply_answer, METH_O,
     "answer($self, value, /)\n--\n\nAnswers the request with this value.\n\n"
     "An answer that nobody wants any more is a dead letter (\"late_reply\"); "
     "to a message\nthat was told it does nothing. Raises RuntimeError for a "
     "second answer, and\nTypeError for what can't be sent."},
    {"fail", reply_fail, METH_O,
     "fail($self, exception, /)\n--\n\nAnswers the request with this "
     "exception, which is raised at the asker."},
    {},
};

PyGetSetDef reply_properties[] = {
    {"wanted", reply_wanted, nullptr,
     "Whether somebody still waits for the answer.", nullptr},
    {},
};

PyType_Slot reply_slots[] = {
    {Py_tp_doc, const_cast<char*>(reply_doc)},
    {Py_tp_methods, reply_methods},
    {Py_tp_getset, reply_properties},
    {Py_tp_repr, reinterpret_cast<void*>(reply_repr)},
    {Py_tp_dealloc, reinterpret_cast<void*>(reply_dealloc)},
    {},
};

PyType_Spec reply_spec = {
    .name = "troupe.Reply",
    .basicsize = sizeof(reply_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = reply_slots,
};

}  // namespace

bool add_reply_type(PyObject* module, module_state& state) {
  state.reply_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &reply_spec, nullptr));
  return state.reply_type &&
         PyModule_AddType(module, state.reply_type.type()) == 0;
}

PyObject* reply_later(module_state& state) {
  actor_cell* const cell = actor_cell::current();
  const message_place place = message_at_hand(state, "reply_later");
  if (!place) {
    return nullptr;
  }
  envelope* const e = place.message;
  PyTypeObject* type = state.reply_type.type();
  PyObject* object = type->tp_alloc(type, 0);
  if (object == nullptr) {
    return nullptr;
  }
  reply_object& self = *as_reply(object);
  new (&self.asker)
      ref_ptr<completion>{static_cast<completion*>(e->reply_to.get())};
  new (&self.actor) actor_ref{ref_ptr<actor_cell>{cell}};
  self.asked = self.asker != nullptr;
  e->deferred = true;
  if (self.asked) {
    self.asker->set_deferred();
    state.open_replies[cell->id()].insert(self.asker.get());
  }
  return object;
}

void end_replies(module_state& state, actor_id actor) noexcept {
  const auto all = state.open_replies.extract(actor);
  if (all.empty()) {
    return;
  }
  for (completion* const asker : all.mapped()) {
    asker->set_fault(
        {make_error(errc::stopped, "the actor has ended and didn't answer"),
         {}});
  }
}

}  // namespace troupe
