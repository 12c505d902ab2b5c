// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/future_object.hpp"

#include <new>
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/cell/actor_cell.hpp"
#include "pybridge/data/convert.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/piping.hpp"

namespace troupe {
namespace {

struct future_object {
  PyObject_HEAD request asked;
  PyObject* value;      // decoded once, or null; owned
  PyObject* exception;  // likewise
};

future_object* as_future(PyObject* self) {
  return reinterpret_cast<future_object*>(self);
}

completion& answer_to(PyObject* self) {
  return *as_future(self)->asked.answer;
}

bool has_expired(completion& c) {
  return c.why().what.code == errc::timed_out && c.why().raised.empty();
}

// Fills value or exception; false with an exception set that is no answer.
bool decode_answer(PyObject* object) {
  future_object& self = *as_future(object);
  if (self.value != nullptr || self.exception != nullptr) {
    return true;
  }
  module_state& state = state_of(object);
  completion& answer = *self.asked.answer;
  if (answer.has_value()) {
    self.value = answer.value().empty() ? Py_NewRef(Py_None)
                                        : decode(state.types, answer.value());
    if (self.value != nullptr) {
      return true;
    }
  } else if (has_expired(answer)) {
    raise_named("AskTimeout", words_if_expired(self.asked).c_str());
  } else {
    raise_fault(state, answer.why());
  }
  self.exception = PyErr_GetRaisedException();
  return self.exception != nullptr;
}

bool parse_timeout(PyObject* args, PyObject* kwargs, const char* format,
                   PyObject** seconds) {
  static const char* names[] = {"timeout", nullptr};
  return PyArg_ParseTupleAndKeywords(args, kwargs, format,
                                     const_cast<char**>(names), seconds) != 0;
}

PyObject* future_result(PyObject* object, PyObject* args, PyObject* kwargs) {
  PyObject* seconds = nullptr;
  if (!parse_timeout(args, kwargs, "|O:result", &seconds) ||
      !wait_for_answer(as_future(object)->asked, seconds) ||
      !decode_answer(object)) {
    return nullptr;
  }
  future_object& self = *as_future(object);
  if (self.exception != nullptr) {
    PyErr_SetRaisedException(Py_NewRef(self.exception));
    return nullptr;
  }
  return Py_NewRef(self.value);
}

PyObject* future_exception(PyObject* object, PyObject* args, PyObject* kwargs) {
  PyObject* seconds = nullptr;
  if (!parse_timeout(args, kwargs, "|O:exception", &seconds) ||
      !wait_for_answer(as_future(object)->asked, seconds) ||
      !decode_answer(object)) {
    return nullptr;
  }
  PyObject* exception = as_future(object)->exception;
  return Py_NewRef(exception == nullptr ? Py_None : exception);
}

PyObject* future_done(PyObject* object, PyObject*) {
  return PyBool_FromLong(answer_to(object).done());
}

bool was_cancelled(completion& c) {
  return c.done() && !c.has_value() && c.why().what.code == errc::cancelled;
}

PyObject* future_cancel(PyObject* object, PyObject*) {
  completion& answer = answer_to(object);
  const bool first = actor_cell::give_up(
      as_future(object)->asked.asked.cell().system(), answer);
  return PyBool_FromLong(first || was_cancelled(answer));
}

PyObject* future_cancelled(PyObject* object, PyObject*) {
  return PyBool_FromLong(was_cancelled(answer_to(object)));
}

PyObject* call_futures(const char* function, PyObject* self,
                       PyObject* argument) {
  const auto module = py_ref::steal(PyImport_ImportModule("troupe._futures"));
  const auto name = py_ref::steal(PyUnicode_FromString(function));
  return module && name ? PyObject_CallMethodObjArgs(module.get(), name.get(),
                                                     self, argument, nullptr)
                        : nullptr;
}

PyObject* future_add_done_callback(PyObject* object, PyObject* function) {
  return call_futures("add_done_callback", object, function);
}

PyObject* future_await(PyObject* object) {
  return call_futures("wait_in_loop", object, nullptr);
}

PyObject* future_repr(PyObject* object) {
  completion& answer = answer_to(object);
  const char* state = !answer.done()          ? "pending"
                      : answer.has_value()    ? "done"
                      : was_cancelled(answer) ? "cancelled"
                                              : "raised";
  return PyUnicode_FromFormat("<troupe.Future of '%s', %s>",
                              as_future(object)->asked.asked.name().c_str(),
                              state);
}

int future_traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(as_future(object)->value);
  Py_VISIT(as_future(object)->exception);
  return 0;
}

int future_clear(PyObject* object) {
  Py_CLEAR(as_future(object)->value);
  Py_CLEAR(as_future(object)->exception);
  return 0;
}

void future_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  future_clear(object);
  as_future(object)->asked.~request();
  type->tp_free(object);
  Py_DECREF(type);
}

constexpr const char* future_doc = R"doc(The answer to come of ref.ask(...).

Wait for it with result(), or `await` it in asyncio. It belongs to the
interpreter in which it was made, and can't be sent in a message.

>>> future = ref.ask.divide(6, 3)
>>> future.result(timeout=5)
2.0
)doc";

constexpr const char* result_doc = R"doc(result($self, timeout=None)
--

Waits for the answer, at most `timeout` seconds, and returns it.

None: until the request's own limit, which ref.options(timeout=...) or the
system's ask_timeout has set. Each call returns the same object. Raises
- what the handler raised, with its traceback as the cause,
- AskTimeout (a TimeoutError): after `timeout` the request stays open, and
  may be waited for again; after its own limit it has ended,
- ActorStopped, if the actor had ended, or ended before it answered,
- concurrent.futures.CancelledError, after cancel(),
- DeadlockError, in a handler that would wait for itself in the end.
Any thread; while a handler waits here, other actors go on.)doc";

constexpr const char* exception_doc = R"doc(exception($self, timeout=None)
--

Waits as result() does, and returns what that would raise, or None.

If there is nothing in time it raises AskTimeout, as result() does.)doc";

constexpr const char* done_doc = R"doc(done($self)
--

Whether there is an answer, an error or a cancellation. Never blocks.)doc";

constexpr const char* cancel_doc = R"doc(cancel($self)
--

Gives up on the answer, unless it is there. Returns whether it is cancelled.

A request that waits in the actor's mailbox is skipped, and counted as a dead
letter ("cancelled"). An async handler that is suspended is cancelled, too: it
gets a CancelledError where it awaits something, and its message counts as
"cancelled". A plain handler that has begun isn't interrupted. An answer that
still comes is counted ("late_reply").)doc";

constexpr const char* add_done_callback_doc =
    R"doc(add_done_callback($self, function, /)
--

Calls function(future) once, when it is done; at once, if it is.

In an actor's handler: later, on a turn of that actor. Elsewhere: on a thread of
Troupe's. An exception that it raises is printed. Raises RuntimeError in a
thread that an actor has started.

>>> future.add_done_callback(lambda done: print(done.result()))
)doc";

constexpr const char* pipe_to_doc =
    R"doc(pipe_to($self, to, /, on_error=None)
--

Sends the answer on, when it comes: `to` is ref.tell.HANDLER or ref.tell.

The handler gets the answer as its one argument; that of `on_error` gets the
exception, if there is one. Without `on_error` that is shown on stderr and
counted as a dead letter ("failed"). The messages come from the actor that
called pipe_to(), which may have ended by then.

>>> counter.ask.top(1).pipe_to(printer.tell.show, on_error=log.tell.problem)
)doc";

PyMethodDef future_methods[] = {
    {"result", as_method(future_result), METH_VARARGS | METH_KEYWORDS,
     result_doc},
    {"exception", as_method(future_exception), METH_VARARGS | METH_KEYWORDS,
     exception_doc},
    {"done", future_done, METH_NOARGS, done_doc},
    {"cancel", future_cancel, METH_NOARGS, cancel_doc},
    {"cancelled", future_cancelled, METH_NOARGS,
     "cancelled($self)\n--\n\nWhether cancel() came before the answer."},
    {"add_done_callback", future_add_done_callback, METH_O,
     add_done_callback_doc},
    {"pipe_to", as_method(pipe_future), METH_VARARGS | METH_KEYWORDS,
     pipe_to_doc},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     "Future[T]: a future of a T."},
    {},
};

PyType_Slot future_slots[] = {
    {Py_tp_doc, const_cast<char*>(future_doc)},
    {Py_tp_methods, future_methods},
    {Py_am_await, reinterpret_cast<void*>(future_await)},
    {Py_tp_repr, reinterpret_cast<void*>(future_repr)},
    {Py_tp_traverse, reinterpret_cast<void*>(future_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(future_clear)},
    {Py_tp_dealloc, reinterpret_cast<void*>(future_dealloc)},
    {},
};

PyType_Spec future_spec = {
    .name = "troupe.Future",
    .basicsize = sizeof(future_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = future_slots,
};

}  // namespace

PyObject* make_future(module_state& state, request asked) {
  PyTypeObject* type = state.future_type.type();
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) {
    new (&as_future(object)->asked) request{std::move(asked)};
  }
  return object;
}

const request& request_of(PyObject* future) {
  return as_future(future)->asked;
}

bool add_future_type(PyObject* module, module_state& state) {
  state.future_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &future_spec, nullptr));
  return state.future_type &&
         PyModule_AddType(module, state.future_type.type()) == 0;
}

}  // namespace troupe
