// SPDX-License-Identifier: Apache-2.0
// System.shutdown(): its arguments, and what it tells.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "pybridge/module/send_options.hpp"
#include "pybridge/module/system_object.hpp"

namespace troupe {
namespace {

py_ref list_of(const std::vector<std::string>& names) {
  auto list = py_ref::steal(PyList_New(0));
  for (const std::string& name : names) {
    const auto text = py_ref::steal(PyUnicode_FromStringAndSize(
        name.data(), static_cast<Py_ssize_t>(name.size())));
    if (!list || !text || PyList_Append(list.get(), text.get()) < 0) {
      return {};
    }
  }
  return list;
}

double seconds(clock_duration time) {
  return std::chrono::duration<double>{time}.count();
}

PyObject* make_report(const shutdown_report& what) {
  const auto module = py_ref::steal(PyImport_ImportModule("troupe._reports"));
  const auto left = list_of(what.left);
  const auto killed = list_of(what.killed);
  return module && left && killed
             ? PyObject_CallMethod(
                   module.get(), "ShutdownReport", "OOO{s:d,s:d,s:d}",
                   left.get(), killed.get(), what.drained ? Py_True : Py_False,
                   "drain", seconds(what.draining), "stop",
                   seconds(what.stopping), "kill", seconds(what.killing))
             : nullptr;
}

// Not given, or None: as it is.
bool read_limit_if_given(PyObject* value, const char* what,
                         clock_duration& out) {
  return value == nullptr || value == Py_None || read_limit(value, what, out);
}

bool read_terms(PyObject* args, PyObject* kwargs, shutdown_terms& out) {
  static const char* names[] = {"timeout", "drain", "kill", nullptr};
  PyObject* timeout = nullptr;
  PyObject* drain = nullptr;
  PyObject* kill = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$OO:shutdown",
                                   const_cast<char**>(names), &timeout, &drain,
                                   &kill)) {
    return false;
  }
  clock_duration most{};
  if (drain != nullptr && drain != Py_None) {
    if (!read_limit(drain, "shutdown(drain=...)", most)) {
      return false;
    }
    out.drain = most;
  }
  return read_limit_if_given(timeout, "shutdown(timeout=...)", out.timeout) &&
         read_limit_if_given(kill, "shutdown(kill=...)", out.kill);
}

// Of this long that nobody sees its end.
void bound(clock_duration& limit) {
  limit = std::min<clock_duration>(limit, std::chrono::hours{24 * 365});
}

}  // namespace

PyObject* shutdown_from_python(engine& e, PyObject* args, PyObject* kwargs) {
  shutdown_terms terms;
  if (!read_terms(args, kwargs, terms)) {
    return nullptr;
  }
  bound(terms.timeout);
  bound(terms.kill);
  if (terms.drain) {
    bound(*terms.drain);
  }
  shutdown_report report;
  if (actor_cell::current() == nullptr) {
    const detached no_gil;
    report = e.shut_down(terms);
  } else if (terms.drain) {
    // From a handler: this actor ends too, so nobody can wait here.
    e.actors().begin_drained_shutdown(*terms.drain, terms.timeout);
  } else {
    e.actors().begin_shutdown(terms.timeout);
  }
  return make_report(report);
}

}  // namespace troupe
