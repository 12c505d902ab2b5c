// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/handler_table.hpp"

#include <algorithm>

namespace troupe {
namespace {

bool read_handlers(PyObject* named, std::vector<handler_table::handler>& out) {
  Py_ssize_t position = 0;
  PyObject* key = nullptr;
  PyObject* function = nullptr;
  out.reserve(static_cast<std::size_t>(PyDict_GET_SIZE(named)));
  while (PyDict_Next(named, &position, &key, &function)) {
    const char* name = PyUnicode_AsUTF8(key);
    if (name == nullptr) {
      return false;
    }
    out.push_back({intern(name), py_ref::borrow(function)});
  }
  std::ranges::sort(out, {}, &handler_table::handler::name);
  return true;
}

}  // namespace

// ({handler name: callable}, receive, stopping, down, exited, timed_out), of
// which all but the first may be None.
bool handler_table::read(PyObject* parts) {
  PyObject* named = nullptr;  // borrowed, as the others
  PyObject* hooks[5] = {};
  if (!PyArg_ParseTuple(parts, "O!OOOOO", &PyDict_Type, &named, &hooks[0],
                        &hooks[1], &hooks[2], &hooks[3], &hooks[4])) {
    return false;
  }
  py_ref* const places[] = {&receive, &stopping, &down, &exited, &timed_out};
  for (std::size_t i = 0; i < std::size(hooks); ++i) {
    *places[i] = py_ref::borrow(hooks[i] == Py_None ? nullptr : hooks[i]);
  }
  return read_handlers(named, handlers);
}

PyObject* handler_table::find(symbol name) const noexcept {
  const auto found =
      std::ranges::lower_bound(handlers, name, {}, &handler::name);
  return found != handlers.end() && found->name == name ? found->function.get()
                                                        : nullptr;
}

std::string handler_table::names() const {
  std::string text;
  for (const handler& h : handlers) {
    text += (text.empty() ? "; it has: " : ", ") + std::string{name_of(h.name)};
  }
  return text;
}

}  // namespace troupe
