// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/spawn_arguments.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pybridge/data/convert.hpp"
#include "pybridge/module/ref_object.hpp"

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
  // Not given: as it is; None: no limit.
  // Not given: as it is; None: no limit.
  bool take_capacity(std::size_t& out) {
    PyObject* given = nullptr;
    const int found = PyDict_PopString(rest_.get(), "mailbox", &given);
    const auto value = py_ref::steal(given);
    if (found <= 0) {
      return found == 0;
    }
    if (value.get() == Py_None) {
      out = mailbox::unbounded;
      return true;
    }
    return read_count("mailbox", value.get(), 1, out);
  }
  bool take_count(const char* name, Py_ssize_t least, std::size_t& out) {
    py_ref value;
    const int found = take(name, value);
    return found <= 0 ? found == 0 : read_count(name, value.get(), least, out);
  }
  bool take_seconds(const char* name, clock_duration& out) {
    py_ref value;
    const int found = take(name, value);
    if (found <= 0) {
      return found == 0;
    }
    std::optional<std::chrono::nanoseconds> seconds;
    if (!read_timeout(value.get(), seconds)) {
      return false;
    }
    out = seconds.value_or(clock_duration{});
    if (seconds && out <= clock_duration::zero()) {
      PyErr_Format(PyExc_ValueError, "spawn(%s=%R) must be more than 0 seconds",
                   name, value.get());
      return false;
    }
    return true;
  }
  PyObject* rest() const noexcept { return rest_.get(); }

private:
  static bool read_count(const char* name, PyObject* value, Py_ssize_t least,
                         std::size_t& out) {
    const Py_ssize_t count = PyLong_AsSsize_t(value);
    if (count >= least) {
      out = static_cast<std::size_t>(count);
    } else if (!PyErr_Occurred()) {
      PyErr_Format(PyExc_ValueError, "spawn(%s=%zd) must be at least %zd", name,
                   count, least);
    }
    return count >= least;
  }

  py_ref rest_;
};

bool read_policy(const std::string& name, overflow_policy& out) {
  if (name.empty()) {
    return true;
  }
  for (const overflow_policy policy :
       {overflow_policy::mute, overflow_policy::block, overflow_policy::fail,
        overflow_policy::drop_newest, overflow_policy::drop_oldest,
        overflow_policy::redirect}) {
    if (name == to_string(policy)) {
      out = policy;
      return true;
    }
  }
  PyErr_Format(PyExc_ValueError,
               "spawn(overflow='%s'): use \"mute\", \"block\", \"fail\", "
               "\"drop_newest\", \"drop_oldest\" or redirect=REF",
               name.c_str());
  return false;
}

// `overflow` and `redirect`, each of which may say that of the other.
bool take_overflow(module_state& state, keywords& given, spawn_options& out) {
  std::string policy;
  py_ref target;
  if (!given.take_text("overflow", policy) ||
      !read_policy(policy, out.overflow) ||
      given.take("redirect", target) < 0) {
    return false;
  }
  const actor_ref* const ref = target ? actor_of(state, target.get()) : nullptr;
  if (target && ref == nullptr) {
    PyErr_Format(PyExc_TypeError, "spawn(redirect=...) must be a Ref, not %s",
                 Py_TYPE(target.get())->tp_name);
    return false;
  }
  if (ref != nullptr) {
    out.redirect = ref_ptr<actor_cell>{&ref->cell()};
    out.overflow = overflow_policy::redirect;
  } else if (out.overflow == overflow_policy::redirect) {
    PyErr_SetString(
        PyExc_ValueError,
        "spawn(overflow=\"redirect\") needs redirect=REF: who is to "
        "get what doesn't fit");
    return false;
  }
  return true;
}

bool take_options(module_state& state, keywords& given, engine_spawn& out) {
  return given.take_text("name", out.options.name) &&
         given.take_text("home", out.home) && given.take_thread(out.thread) &&
         given.take_capacity(out.options.mailbox_capacity) &&
         take_overflow(state, given, out.options) &&
         given.take_count("concurrency", 1, out.options.concurrency) &&
         given.take_count("stash", 0, out.options.stash_capacity) &&
         given.take_seconds("time_limit", out.options.time_limit);
}

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

}  // namespace

bool read_spawn_arguments(module_state& state, PyObject* args, PyObject* kwargs,
                          engine_spawn& out) {
  if (PyTuple_GET_SIZE(args) < 1) {
    PyErr_SetString(PyExc_TypeError, "spawn() needs a target: what to run");
    return false;
  }
  keywords given{kwargs};
  return given && take_options(state, given, out) &&
         read_target(state.types, PyTuple_GET_ITEM(args, 0), out.recipe) &&
         encode_arguments(state.types, args, given.rest(),
                          out.recipe.arguments);
}

}  // namespace troupe
