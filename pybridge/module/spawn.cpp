// SPDX-License-Identifier: Apache-2.0
// System.spawn(): from Python's arguments to an actor that has started.
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pybridge/data/convert.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/system_object.hpp"

namespace troupe {
namespace {

// Keyword arguments: ours taken out, the others left for the actor.
class keywords {
public:
  explicit keywords(PyObject* kwargs)
      : rest_{py_ref::steal(kwargs == nullptr ? PyDict_New()
                                              : PyDict_Copy(kwargs))} {}
  explicit operator bool() const noexcept { return static_cast<bool>(rest_); }

  // -1: an exception is set; 0: not given, or None; 1: given.
  int take(const char* name, py_ref& out) {
    PyObject* value = nullptr;
    const int found = PyDict_PopString(rest_.get(), name, &value);
    out = py_ref::steal(value);
    return found > 0 && value == Py_None ? 0 : found;
  }
  bool take_text(const char* name, std::string& out) {
    py_ref value;
    const int found = take(name, value);
    if (found <= 0) {
      return found == 0;
    }
    if (!PyUnicode_Check(value.get())) {
      PyErr_Format(PyExc_TypeError, "spawn(%s=...) must be a str, not %s", name,
                   Py_TYPE(value.get())->tp_name);
      return false;
    }
    const char* text = PyUnicode_AsUTF8(value.get());
    out = text == nullptr ? "" : text;
    return text != nullptr;
  }
  bool take_flag(const char* name, bool& out) {
    py_ref value;
    const int found = take(name, value);
    if (found > 0 && !PyBool_Check(value.get())) {
      PyErr_Format(PyExc_TypeError, "spawn(%s=...) must be a bool, not %s",
                   name, Py_TYPE(value.get())->tp_name);
      return false;
    }
    out = found > 0 && value.get() == Py_True;
    return found >= 0;
  }
  bool take_thread(thread_choice& out) {
    bool pinned = false;
    bool dedicated = false;
    if (!take_flag("pinned", pinned) || !take_flag("dedicated", dedicated)) {
      return false;
    }
    if (pinned && dedicated) {
      PyErr_SetString(PyExc_ValueError,
                      "spawn(): pinned=True shares a thread, dedicated=True "
                      "has one; choose");
      return false;
    }
    out = dedicated ? thread_choice::dedicated
          : pinned  ? thread_choice::pinned
                    : thread_choice::any;
    return true;
  }
  bool take_capacity(std::size_t& out) {
    py_ref value;
    const int found = take("mailbox", value);
    if (found <= 0) {
      return found == 0;
    }
    const Py_ssize_t capacity = PyLong_AsSsize_t(value.get());
    if (capacity > 0) {
      out = static_cast<std::size_t>(capacity);
    } else if (!PyErr_Occurred()) {
      PyErr_SetString(PyExc_ValueError,
                      "spawn(mailbox=...) must be at least 1, or None for one "
                      "without a limit");
    }
    return capacity > 0;
  }
  PyObject* rest() const noexcept { return rest_.get(); }

private:
  py_ref rest_;
};

bool split_name(std::string_view text, actor_recipe& out) {
  const auto colon = text.find(':');
  out.module = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    out.class_name = text.substr(colon + 1);
  }
  if (out.module.empty() ||
      (colon != std::string_view::npos && out.class_name.empty())) {
    PyErr_Format(
        PyExc_ValueError, "spawn(%R): write \"module\" or \"module:Class\"",
        py_ref::steal(PyUnicode_FromStringAndSize(
                          text.data(), static_cast<Py_ssize_t>(text.size())))
            .get());
    return false;
  }
  return true;
}

bool read_class(type_cache& types, PyObject* target, actor_recipe& out) {
  std::string why;
  const symbol name = types.name_of_global(target, why);
  if (name != symbol::none) {
    return split_name(name_of(name), out);
  }
  if (!PyErr_Occurred()) {
    PyErr_Format(PyExc_TypeError,
                 "%R can't be an actor: its interpreter couldn't import it "
                 "(%s)",
                 target, why.c_str());
  }
  return false;
}

bool read_target(type_cache& types, PyObject* target, actor_recipe& out) {
  if (PyUnicode_Check(target)) {
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(target, &size);
    return text != nullptr &&
           split_name({text, static_cast<std::size_t>(size)}, out);
  }
  if (PyType_Check(target)) {
    return read_class(types, target, out);
  }
  if (PyModule_Check(target)) {
    const char* name = PyModule_GetName(target);
    out.module = name == nullptr ? "" : name;
    return name != nullptr;
  }
  PyErr_Format(PyExc_TypeError,
               "spawn() takes a module's name, \"module:Class\", or a class; "
               "not %s",
               Py_TYPE(target)->tp_name);
  return false;
}

bool encode_arguments(type_cache& types, PyObject* args, PyObject* kwargs,
                      payload& out) {
  std::vector<PyObject*> values;  // borrowed from args and kwargs
  for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(args); ++i) {
    values.push_back(PyTuple_GET_ITEM(args, i));
  }
  const std::size_t positional = values.size();
  const auto names = py_ref::steal(PyTuple_New(PyDict_Size(kwargs)));
  if (!names) {
    return false;
  }
  Py_ssize_t position = 0;
  Py_ssize_t index = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  while (PyDict_Next(kwargs, &position, &key, &value)) {
    PyTuple_SET_ITEM(names.get(), index++, Py_NewRef(key));
    values.push_back(value);
  }
  return encode_call(types, values.data(), positional,
                     index == 0 ? nullptr : names.get(), out);
}

// Detached, and if this is an actor's turn, with the others' going elsewhere.
result<actor_ref> spawn_detached(engine& e, engine_spawn what) {
  const bool in_turn = actor_cell::current() != nullptr;
  const detached no_gil;
  if (!in_turn) {
    return e.spawn(std::move(what));
  }
  const blocking_region region{e.get_scheduler()};
  return e.spawn(std::move(what));
}

// What failed in the new actor's interpreter is the cause of ours.
PyObject* raise_spawn_error(module_state& state, const fault& why) {
  raise_named("SpawnError", why.what.detail.c_str());
  if (why.raised.empty()) {
    return nullptr;
  }
  auto failure = py_ref::steal(PyErr_GetRaisedException());
  if (PyObject* cause = decode_exception(state.types, why.raised)) {
    PyException_SetCause(failure.get(), cause);  // steals
    PyErr_SetRaisedException(failure.release());
  }
  return nullptr;
}

// An actor in a shared home keeps it busy, and another that is to start there
// (or in a home that waits for this one) can't start before this turn ends.
bool can_wait_for(const engine_spawn& what) {
  const actor_cell* self = actor_cell::current();
  return self == nullptr || self->home() == nullptr || what.home == "own";
}

// Likewise one that is pinned to the thread on which this turn runs.
bool shares_lane(const actor_cell& other) {
  const actor_cell* self = actor_cell::current();
  return self != nullptr && self->lane() && other.lane() &&
         self->lane()->index == other.lane()->index;
}

// Nobody waits for this start, so its failure is told here. Called on the turn
// of whichever thread, so without Python.
void report_failed_start(engine& e, completion& started) {
  started.on_done([&e, &started] {
    if (!started.has_value()) {
      std::fprintf(stderr, "troupe: %s\n", started.why().what.detail.c_str());
      e.count_failure();
    }
  });
}

}  // namespace

PyObject* spawn_from_python(module_state& state, engine& e, PyObject* args,
                            PyObject* kwargs) {
  engine_spawn what;
  keywords given{kwargs};
  if (PyTuple_GET_SIZE(args) < 1) {
    PyErr_SetString(PyExc_TypeError, "spawn() needs a target: what to run");
    return nullptr;
  }
  if (!given || !given.take_text("name", what.name) ||
      !given.take_text("home", what.home) ||
      !given.take_capacity(what.mailbox_capacity) ||
      !given.take_thread(what.thread) ||
      !read_target(state.types, PyTuple_GET_ITEM(args, 0), what.recipe) ||
      !encode_arguments(state.types, args, given.rest(),
                        what.recipe.arguments)) {
    return nullptr;
  }
  if (e.get_runtime().main().is_current()) {
    if (const auto noted = e.get_runtime().note_settings(); !noted) {
      return raise_error(noted.error());
    }
  }
  bool waits = can_wait_for(what);
  const auto spawned = spawn_detached(e, std::move(what));
  if (!spawned) {
    return spawned.error().code == errc::stopped
               ? raise_named("SystemStopped", spawned.error().detail.c_str())
               : raise_error(spawned.error());
  }
  auto ref = py_ref::steal(make_ref(state, *spawned));
  completion& started = spawned->cell().started();
  waits = waits && !shares_lane(spawned->cell());
  if (!waits) {
    report_failed_start(e, started);
  }
  if (!ref || !waits) {
    return ref.release();
  }
  if (wait_detached(started, std::nullopt) != wait_result::done) {
    spawned->kill();
    return nullptr;
  }
  return started.has_value() ? ref.release()
                             : raise_spawn_error(state, started.why());
}

}  // namespace troupe
