// SPDX-License-Identifier: Apache-2.0
// Encoding: where in the message something went wrong, in words. Only ever
// runs on the way to an error.
#include <cstring>
#include <string>
#include <vector>

#include "pybridge/data/encoder.hpp"

namespace troupe {
namespace {

constexpr std::size_t steps_in_front = 8;  // of a long path
constexpr std::size_t steps_at_the_end = 4;
constexpr Py_ssize_t longest_key = 60;

py_ref text_of_key(PyObject* key) {
  py_ref text = py_ref::steal(PyObject_Repr(key));
  if (!text) {
    PyErr_Clear();
    return py_ref::steal(PyUnicode_FromFormat("<a %s>", Py_TYPE(key)->tp_name));
  }
  if (PyUnicode_GET_LENGTH(text.get()) <= longest_key) {
    return text;
  }
  return py_ref::steal(PyUnicode_FromFormat(
      "%U...",
      py_ref::steal(PyUnicode_Substring(text.get(), 0, longest_key)).get()));
}

py_ref text_of_step(const step& s) {
  switch (s.kind) {
    case step_kind::index:
      return py_ref::steal(PyUnicode_FromFormat("[%zd]", s.index));
    case step_kind::element:
      return py_ref::steal(PyUnicode_FromFormat("{%zd}", s.index));
    case step_kind::part:
      return py_ref::steal(PyUnicode_FromFormat(".%s", s.part));
    case step_kind::attribute:
      return py_ref::steal(PyUnicode_FromFormat(".%S", s.key));
    case step_kind::argument:
      return py_ref::steal(PyUnicode_FromFormat("argument %zd", s.index + 1));
    case step_kind::key:
    case step_kind::key_itself:
    case step_kind::named_argument:
      break;
  }
  const py_ref key = text_of_key(s.key);
  const char* format = s.kind == step_kind::key          ? "[%U]"
                       : s.kind == step_kind::key_itself ? " key %U"
                                                         : "argument %U";
  return key ? py_ref::steal(PyUnicode_FromFormat(format, key.get())) : key;
}

std::vector<const step*> steps_from_the_message(const step* last) {
  std::vector<const step*> steps;
  for (const step* s = last; s != nullptr; s = s->parent) {
    steps.insert(steps.begin(), s);
  }
  return steps;
}

/// Exceptions that say nothing about the object: they pass as they are.
bool concerns_the_object(PyObject* exception) {
  if (PyErr_GivenExceptionMatches(exception, PyExc_SystemExit)) {
    return true;  // a __reduce__ that calls exit() doesn't end the sender
  }
  return PyErr_GivenExceptionMatches(exception, PyExc_Exception) &&
         !PyErr_GivenExceptionMatches(exception, PyExc_MemoryError);
}

/// ": why", or what the cause says if it says more than that.
py_ref reason_text(const char* why, PyObject* cause) {
  if (*why != '\0' || cause == nullptr) {
    return py_ref::steal(
        PyUnicode_FromFormat("%s%s", *why == '\0' ? "" : ": ", why));
  }
  const py_ref words = py_ref::steal(PyObject_Str(cause));
  const char* text = words ? PyUnicode_AsUTF8(words.get()) : nullptr;
  PyErr_Clear();  // its str() may fail
  constexpr const char* usual = "cannot pickle";
  if (text == nullptr || std::strncmp(text, usual, std::strlen(usual)) == 0) {
    return py_ref::steal(PyUnicode_FromString(""));
  }
  return py_ref::steal(
      PyUnicode_FromFormat(": %s: %s", Py_TYPE(cause)->tp_name, text));
}

void chain(py_ref cause) {
  PyObject* raised = PyErr_GetRaisedException();
  if (cause) {
    PyException_SetContext(raised, Py_NewRef(cause.get()));
    PyException_SetCause(raised, cause.release());
  }
  PyErr_SetRaisedException(raised);
}

}  // namespace

bool encoder::is_ancestor(PyObject* object) const noexcept {
  for (const step* s = at_; s != nullptr; s = s->parent) {
    if (s->container == object) {
      return true;
    }
  }
  return false;
}

py_ref encoder::path_text(const step* last) const {
  const auto steps = steps_from_the_message(last);
  const bool of_call = !steps.empty() && steps[0]->container == nullptr;
  py_ref text = py_ref::steal(PyUnicode_FromString(of_call ? "" : what_));
  for (std::size_t i = 0; i != steps.size() && text; ++i) {
    py_ref next;
    if (i >= steps_in_front && i + steps_at_the_end < steps.size()) {
      i = steps.size() - steps_at_the_end - 1;
      next = py_ref::steal(PyUnicode_FromString("..."));
    } else {
      next = text_of_step(*steps[i]);
    }
    text = next ? py_ref::steal(PyUnicode_Concat(text.get(), next.get()))
                : py_ref{};
  }
  return text;
}

bool encoder::fail_cycle() {
  if (const py_ref path = path_text(at_)) {
    PyErr_Format(PyExc_ValueError, "%s contains itself: %U", what_, path.get());
  }
  return false;
}

bool encoder::fail_depth() {
  if (const py_ref path = path_text(at_->parent)) {
    PyErr_Format(PyExc_RecursionError,
                 "%s is nested more than %d levels deep: %U", what_,
                 wire::max_depth, path.get());
  }
  return false;
}

bool encoder::fail_changed(const char* kind) {
  if (const py_ref path = path_text(at_->parent)) {
    PyErr_Format(PyExc_RuntimeError, "%U: the %s changed while it was encoded",
                 path.get(), kind);
  }
  return false;
}

bool encoder::fail_refused(PyObject* object, const char* why) {
  py_ref cause = py_ref::steal(PyErr_GetRaisedException());
  if (cause && !concerns_the_object(cause.get())) {
    PyErr_SetRaisedException(cause.release());
    return false;
  }
  const py_ref path = path_text(at_);
  const py_ref type =
      py_ref::steal(PyType_GetFullyQualifiedName(Py_TYPE(object)));
  const py_ref reason = reason_text(why, cause.get());
  if (path && type && reason) {
    PyErr_Format(PyExc_TypeError, "%U: %U can't be sent%U", path.get(),
                 type.get(), reason.get());
    chain(std::move(cause));
  }
  return false;
}

bool encoder::fail_refused_global(PyObject* object, const std::string& why) {
  const py_ref path = path_text(at_);
  py_ref name = py_ref::steal(
      PyObject_GetAttr(object, types_.name(known_name::qualname)));
  if (!name) {
    PyErr_Clear();
    name = py_ref::steal(PyObject_Repr(object));
  }
  if (path && name) {
    PyErr_Format(PyExc_TypeError, "%U: %s %S can't be sent: %s", path.get(),
                 PyType_Check(object) ? "class" : "function", name.get(),
                 why.c_str());
  }
  return false;
}

}  // namespace troupe
