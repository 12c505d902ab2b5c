// SPDX-License-Identifier: Apache-2.0
// python_behaviour: what becomes of messages and actors when code fails.
#include <utility>

#include "actors/actor_system.hpp"
#include "base/roles.hpp"
#include "pybridge/data/convert.hpp"
#include "pybridge/engine/python_behaviour.hpp"

namespace troupe {
namespace {

std::string words_for(PyObject* exception) {
  std::string text = Py_TYPE(exception)->tp_name;
  const auto words = py_ref::steal(PyObject_Str(exception));
  const char* utf8 = words ? PyUnicode_AsUTF8(words.get()) : nullptr;
  if (utf8 == nullptr) {
    PyErr_Clear();
  } else if (*utf8 != '\0') {
    text += std::string{": "} + utf8;
  }
  return text;
}

std::string describe_handler(const envelope& e) {
  return e.selector == symbol::none
             ? std::string{"receive()"}
             : "handler '" + std::string{name_of(e.selector)} + "'";
}

fault killed_fault(const actor_cell& self) {
  return {make_error(errc::stopped, "actor '" + self.name() + "' was killed"),
          {}};
}

fault stopped_fault(const actor_cell& self) {
  return {make_error(errc::stopped,
                     "actor '" + self.name() + "' stopped before it answered"),
          {}};
}

}  // namespace

void python_behaviour::failed(actor_cell& self, envelope& e) {
  const turn_scope in_turn;
  const bool asked = e.reply_to != nullptr;
  const bool exits = PyErr_ExceptionMatches(PyExc_SystemExit) != 0;
  const std::string context =
      "actor '" + self.name() + "' failed in " + describe_handler(e);
  if (self.killed()) {
    PyErr_Clear();
    self.refuse(e, dead_reason::failed, killed_fault(self));
  } else if (loop_ && is_cancellation()) {
    cancelled(self, e, context);
  } else if (exits) {
    self.answer(e, take_fault(context));
    self.stop_self();
  } else if (asked) {
    self.answer(e, take_fault(context));
  } else {
    report(context);
    self.fail(e, take_fault(context));
  }
}

// The handler's task was cancelled: because its asker has given up, or the
// actor ends, or by its own code.
void python_behaviour::cancelled(actor_cell& self, envelope& e,
                                 const std::string& context) {
  const turn_scope in_turn;
  if (is_given_up(e)) {
    PyErr_Clear();
    self.refuse(e, dead_reason::cancelled, {});
    return;
  }
  if (ends_) {
    PyErr_Clear();
    refuse_stopped(self, e);
    return;
  }
  if (e.reply_to == nullptr) {
    report(context);
  }
  PyErr_Clear();
  // Not as the exception that it is: at the asker it would look as if somebody
  // had cancelled the asker.
  fault why{make_error(errc::failed, context + ": it was cancelled"), {}};
  if (e.reply_to == nullptr) {
    self.fail(e, std::move(why));
  } else {
    self.answer(e, std::move(why));
  }
}

// As a failed tell, but no message is to blame.
void python_behaviour::failed_in(actor_cell& self, const std::string& what) {
  const turn_scope in_turn;
  const std::string context = "actor '" + self.name() + "' failed in " + what;
  if (self.killed() || (ends_ && loop_ && is_cancellation())) {
    PyErr_Clear();
  } else if (PyErr_ExceptionMatches(PyExc_SystemExit) != 0) {
    PyErr_Clear();
    self.stop_self();
  } else {
    report(context);
    self.fail_self(take_fault(context));
  }
}

void python_behaviour::refuse_killed(actor_cell& self, envelope& e) {
  const turn_scope in_turn;
  self.refuse(e, dead_reason::failed, killed_fault(self));
}

void python_behaviour::refuse_stopped(actor_cell& self, envelope& e) {
  const turn_scope in_turn;
  self.refuse(e, dead_reason::stopped, stopped_fault(self));
}

// An exception is set. The message is at fault, not the actor, which lives on.
void python_behaviour::refuse_undecodable(actor_cell& self, envelope& e) {
  const turn_scope in_turn;
  const std::string context =
      "actor '" + self.name() + "' can't make sense of a message";
  if (e.reply_to == nullptr) {
    report(context);
  }
  self.refuse(e, dead_reason::undecodable, take_fault(context));
}

void python_behaviour::refuse_unknown(actor_cell& self, envelope& e) {
  const turn_scope in_turn;
  const std::string words = "actor '" + self.name() + "' has no " +
                            describe_handler(e) + now().names();
  if (e.reply_to == nullptr) {
    PySys_FormatStderr("troupe: %s\n", words.c_str());
  }
  self.refuse(e, dead_reason::no_handler,
              {make_error(errc::no_handler, words), {}});
}

// It asked for the notice, and has nothing to hear it with.
void python_behaviour::refuse_unheard(actor_cell& self, const char* name) {
  PySys_FormatStderr(
      "troupe: actor '%s' is told something that it asked for, and has no "
      "%s() or receive() to hear it\n",
      self.name().c_str(), name);
  const auto letter = make_envelope();
  letter->selector = intern(name);
  self.system().dead().note(*letter, self.id(), dead_reason::no_handler);
}

// The exception that is set, on this interpreter's stderr; it stays set.
void python_behaviour::report(const std::string& context) {
  const auto exception = py_ref::steal(PyErr_GetRaisedException());
  const auto print = actor_function("report");
  const auto printed = py_ref::steal(
      print ? PyObject_CallFunction(print.get(), "sO", context.c_str(),
                                    exception.get())
            : nullptr);
  if (!printed) {
    PyErr_WriteUnraisable(nullptr);
  }
  PyErr_SetRaisedException(Py_NewRef(exception.get()));
}

fault python_behaviour::take_fault(const std::string& context) {
  const auto exception = py_ref::steal(PyErr_GetRaisedException());
  if (!exception) {
    return {make_error(errc::stopped, context), {}};
  }
  fault why{
      make_error(errc::failed, context + ": " + words_for(exception.get())),
      {}};
  if (state_ != nullptr) {
    encode_exception(state_->types, exception.get(), why.raised);
  }
  return why;
}

}  // namespace troupe
