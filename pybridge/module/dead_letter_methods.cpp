// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/dead_letter_methods.hpp"

#include <utility>

#include "pybridge/data/convert.hpp"
#include "pybridge/engine/dead_letter_feed.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/system_object.hpp"

namespace troupe {
namespace {

constexpr const char* capsule_name = "troupe._core.dead_letters";

struct feed {
  ref_ptr<engine> system;
  ref_ptr<dead_letter_queue> queue;
};

feed* feed_in(PyObject* capsule) {
  return static_cast<feed*>(PyCapsule_GetPointer(capsule, capsule_name));
}

void close(const feed& f) {
  f.system->actors().dead().unlisten(f.queue.get());
  f.queue->on_closed();
}

void free_feed(PyObject* capsule) {
  feed* const f = feed_in(capsule);
  close(*f);
  delete f;
}

PyObject* open_feed(engine& e) {
  auto* const f =
      new feed{ref_ptr<engine>{&e}, make_ref_counted<dead_letter_queue>()};
  PyObject* const capsule = PyCapsule_New(f, capsule_name, free_feed);
  if (capsule == nullptr) {
    delete f;
    return nullptr;
  }
  e.actors().dead().listen(f->queue);
  if (e.actors().closing()) {
    f->queue->on_closed();
  }
  return capsule;
}

// troupe._dead_letters.<function>(engine, who[, more])
PyObject* call_python(const char* function, engine& e, PyObject* who,
                      PyObject* more) {
  const auto module =
      py_ref::steal(PyImport_ImportModule("troupe._dead_letters"));
  const auto key = py_ref::steal(PyLong_FromVoidPtr(&e));
  const auto name = py_ref::steal(PyUnicode_FromString(function));
  return module && key && name
             ? PyObject_CallMethodObjArgs(module.get(), name.get(), key.get(),
                                          who, more, nullptr)
             : nullptr;
}

bool refuse_unless_callable(PyObject* who) {
  if (!PyCallable_Check(who)) {
    PyErr_Format(PyExc_TypeError,
                 "dead letters go to a Ref or a function, not to %s",
                 Py_TYPE(who)->tp_name);
    return false;
  }
  if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
    PyErr_SetString(PyExc_TypeError,
                    "in an actor, subscribe its Ref: "
                    "subscribe_dead_letters(troupe.context.self)");
    return false;
  }
  return true;
}

// Takes the actor's subscription away; false: it had none.
bool unsubscribe(dead_letters& from, const actor_ref& who) {
  return from.unlisten_if([&who](const dead_letter_listener& one) {
    const auto* sender = dynamic_cast<const dead_letter_sender*>(&one);
    return sender != nullptr && sender->receiver() == who;
  });
}

}  // namespace

PyObject* system_subscribe_dead_letters(PyObject* self, PyObject* who) {
  engine& e = engine_of_system(self);
  if (const actor_ref* ref = actor_of(state_of(self), who)) {
    if (&ref->cell().system() != &e.actors()) {
      PyErr_Format(PyExc_ValueError, "%R is an actor of another system", who);
      return nullptr;
    }
    unsubscribe(e.actors().dead(), *ref);
    e.actors().dead().listen(make_ref_counted<dead_letter_sender>(*ref));
    Py_RETURN_NONE;
  }
  if (!refuse_unless_callable(who)) {
    return nullptr;
  }
  const auto capsule = py_ref::steal(open_feed(e));
  return capsule ? call_python("start", e, who, capsule.get()) : nullptr;
}

PyObject* system_unsubscribe_dead_letters(PyObject* self, PyObject* who) {
  engine& e = engine_of_system(self);
  if (const actor_ref* ref = actor_of(state_of(self), who)) {
    return PyBool_FromLong(unsubscribe(e.actors().dead(), *ref));
  }
  return refuse_unless_callable(who) ? call_python("stop", e, who, nullptr)
                                     : nullptr;
}

PyObject* next_dead_letter(PyObject* module, PyObject* capsule) {
  feed* const f = feed_in(capsule);
  if (f == nullptr) {
    return nullptr;
  }
  module_state& state =
      **static_cast<module_state**>(PyModule_GetState(module));
  const ref_ptr<dead_letter_queue> queue = f->queue;
  std::optional<payload> letter;
  Py_BEGIN_ALLOW_THREADS;
  letter = queue->take();
  Py_END_ALLOW_THREADS;
  return letter ? decode(state.types, *letter) : Py_NewRef(Py_None);
}

PyObject* close_dead_letters(PyObject*, PyObject* capsule) {
  const feed* const f = feed_in(capsule);
  if (f == nullptr) {
    return nullptr;
  }
  close(*f);
  Py_RETURN_NONE;
}

const char* const subscribe_dead_letters_doc =
    R"doc(subscribe_dead_letters($self, who, /)
--

From now on `who` gets each dead letter, as a troupe.DeadLetter.

A Ref: its receive() gets it. A function of the main program: it is called with
it, in a thread of its own, until the system shuts down. An actor isn't told of
the dead letters that it causes itself, and nobody of those that telling causes.
While 1,000 wait they are left out; the next one that comes says how many.

>>> system.subscribe_dead_letters(print)
)doc";

const char* const unsubscribe_dead_letters_doc =
    R"doc(unsubscribe_dead_letters($self, who, /)
--

Ends what subscribe_dead_letters() began; returns whether there was something.)doc";

}  // namespace troupe
