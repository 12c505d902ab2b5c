// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/naming.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include "actors/group.hpp"
#include "pybridge/data/convert.hpp"
#include "pybridge/launcher/near_name.hpp"
#include "pybridge/module/future_object.hpp"
#include "pybridge/module/group_object.hpp"
#include "pybridge/module/parent_names.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/system_object.hpp"

namespace troupe {
namespace {

registry& names_of(PyObject* system) {
  return engine_of_system(system).actors().names();
}

PyObject* raise_for_name(const error& e) {
  switch (e.code) {
    case errc::already_exists:
      return raise_named("NameTaken", e.detail.c_str());
    case errc::invalid_argument:
      PyErr_SetString(PyExc_ValueError, e.detail.c_str());
      return nullptr;
    case errc::stopped:
      return raise_named("ActorStopped", e.detail.c_str());
    default:
      return raise_error(e);
  }
}

actor_ref actor_in(const payload& value) {
  return actor_ref{
      boost::static_pointer_cast<actor_cell>(value.attachments()[0])};
}

// Stands for whoever gets the name, so that a Future can say whom it waits for.
class nobody final : public behaviour {
public:
  void on_message(actor_cell&, envelope&) override {}
};

actor_ref stand_in(engine& e, const std::string& name) {
  actor_cell::setting s{};
  s.name = name;
  return actor_ref{make_ref_counted<actor_cell>(e.actors(), std::move(s),
                                                make_ref_counted<nobody>())};
}

PyObject* raise_no_such_name(engine& e, const std::string& name) {
  return raise_named(
      "UnknownName",
      ("no actor has the name '" + name + "'" + near_names(e, name)).c_str());
}

// Null with an exception, or None.
PyObject* done_by_parent(const ref_ptr<completion>& answer) {
  if (answer == nullptr) {
    return nullptr;
  }
  if (answer->has_value()) {
    Py_RETURN_NONE;
  }
  const error& why = answer->why().what;
  return why.code == errc::not_found
             ? raise_named("UnknownName", why.detail.c_str())
             : raise_for_name(why);
}

PyObject* raise_not_in_time(engine& e, const std::string& name) {
  PyErr_SetString(PyExc_TimeoutError, ("no actor got the name '" + name +
                                       "' in time" + near_names(e, name))
                                          .c_str());
  return nullptr;
}

}  // namespace

bool read_name(PyObject* name, const char* of_what, std::string& out) {
  if (!PyUnicode_Check(name)) {
    PyErr_Format(PyExc_TypeError, "the name of %s must be a str, not %s",
                 of_what, Py_TYPE(name)->tp_name);
    return false;
  }
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(name, &size);
  if (text == nullptr) {
    return false;
  }
  out.assign(text, static_cast<std::size_t>(size));
  if (out.empty()) {
    PyErr_Format(PyExc_ValueError, "the name of %s can't be empty", of_what);
  }
  return !out.empty();
}

std::string near_names(engine& e, const std::string& name) {
  const std::vector<std::string> all = e.actors().names().names();
  const std::vector<std::string_view> known(all.begin(), all.end());
  return did_you_mean(name, known);
}

PyObject* system_register(PyObject* self, PyObject* args) {
  PyObject* text = nullptr;
  PyObject* object = nullptr;
  std::string name;
  if (!PyArg_ParseTuple(args, "OO!:register", &text,
                        state_of(self).ref_type.get(), &object) ||
      !read_name(text, "an actor", name)) {
    return nullptr;
  }
  const actor_ref& ref = *actor_of(state_of(self), object);
  if (&ref.cell().system() != &engine_of_system(self).actors()) {
    PyErr_Format(PyExc_ValueError, "%R is an actor of another system", object);
    return nullptr;
  }
  engine& e = engine_of_system(self);
  if (e.parent() != nullptr) {
    return done_by_parent(ask_parent(e, name_question::add, name, &ref.cell()));
  }
  const auto added = names_of(self).add(name, ref);
  return added ? Py_NewRef(Py_None) : raise_for_name(added.error());
}

PyObject* system_unregister(PyObject* self, PyObject* text) {
  std::string name;
  if (!read_name(text, "an actor", name)) {
    return nullptr;
  }
  engine& e = engine_of_system(self);
  if (e.parent() != nullptr) {
    return done_by_parent(ask_parent(e, name_question::remove, name));
  }
  const auto removed = names_of(self).remove(name);
  if (removed) {
    Py_RETURN_NONE;
  }
  return removed.error().code == errc::not_found
             ? raise_no_such_name(engine_of_system(self), name)
             : raise_for_name(removed.error());
}

PyObject* system_wait_for(PyObject* self, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"", "timeout", nullptr};
  PyObject* text = nullptr;
  PyObject* seconds = nullptr;
  std::optional<std::chrono::nanoseconds> timeout;
  std::string name;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:wait_for",
                                   const_cast<char**>(names), &text,
                                   &seconds) ||
      !read_name(text, "an actor", name) || !read_timeout(seconds, timeout)) {
    return nullptr;
  }
  engine& e = engine_of_system(self);
  const auto named = when_named_anywhere(e, name);
  switch (wait_detached(*named, timeout, e.get_scheduler())) {
    case wait_result::done:
      break;
    case wait_result::timed_out:
      return raise_not_in_time(e, name);
    default:
      return nullptr;
  }
  if (!named->has_value()) {
    return raise_named("SystemStopped", named->why().what.detail.c_str());
  }
  return make_ref(state_of(self), actor_in(named->value()));
}

PyObject* system_when_named(PyObject* self, PyObject* text) {
  std::string name;
  if (!read_name(text, "an actor", name)) {
    return nullptr;
  }
  engine& e = engine_of_system(self);
  const auto named = when_named_anywhere(e, name);
  auto answer = make_ref_counted<completion>();
  named->on_done([answer, c = named.get()] {
    if (c->has_value()) {
      answer->set_value(
          encoded_ref(ref_ptr<ref_counted>{c->value().attachments()[0]}));
    } else {
      answer->set_fault({c->why().what, {}});
    }
  });
  return make_future(state_of(self), {std::move(answer), stand_in(e, name)});
}

PyObject* system_group(PyObject* self, PyObject* text) {
  std::string name;
  if (!read_name(text, "a group", name)) {
    return nullptr;
  }
  return make_group(state_of(self),
                    make_ref_counted<group>(engine_of_system(self).actors(),
                                            std::move(name)));
}

const char* const register_doc = R"doc(register($self, name, ref, /)
--

Gives an actor one more name, under which lookup() and wait_for() find it.

It has it until it ends, or unregister(). Raises NameTaken if another actor has
it, ActorStopped if this one has ended. Any thread.

>>> system.register("clock", system.spawn("clocks.quartz"))
)doc";

const char* const unregister_doc = R"doc(unregister($self, name, /)
--

Frees a name that register() gave.

Raises UnknownName if no actor has it, and ValueError for a name that an actor
was spawned with: that it keeps until it ends. Any thread.)doc";

const char* const wait_for_doc = R"doc(wait_for($self, name, /, timeout=None)
--

The Ref of the actor of this name, as soon as there is one.

Waits at most `timeout` seconds (None: for ever), then raises TimeoutError.
Raises SystemStopped when the system shuts down meanwhile. Any thread; while a
handler waits here, other actors go on.)doc";

const char* const when_named_doc = R"doc(when_named($self, name, /)
--

A Future of the Ref that wait_for() would return; doesn't wait.)doc";

const char* const group_doc = R"doc(group($self, name, /)
--

The Group of this name. It need not have members, now or ever. Any thread.)doc";

}  // namespace troupe
