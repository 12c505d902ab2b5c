// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/launch_command.hpp"

#include <filesystem>
#include <system_error>

#include "pybridge/interpreters/bootstrap.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {
namespace {

bool add_word(PyObject* word, std::vector<std::string>& out) {
  char* text = nullptr;
  Py_ssize_t size = 0;
  if (PyBytes_AsStringAndSize(word, &text, &size) < 0) {
    return false;
  }
  out.emplace_back(text, static_cast<std::size_t>(size));
  return true;
}

// troupe._process.command(), of an ordinary Python.
bool ask_python(std::vector<std::string>& out) {
  const auto module = py_ref::steal(PyImport_ImportModule("troupe._process"));
  const auto words = py_ref::steal(
      module ? PyObject_CallMethod(module.get(), "command", nullptr) : nullptr);
  const auto list =
      py_ref::steal(words ? PySequence_List(words.get()) : nullptr);
  for (Py_ssize_t i = 0; list && i != PyList_GET_SIZE(list.get()); ++i) {
    if (!add_word(PyList_GET_ITEM(list.get(), i), out)) {
      return false;
    }
  }
  return static_cast<bool>(list);
}

}  // namespace

result<std::vector<std::string>> find_launch_command(runtime& r) {
  if (r.embedded()) {
    std::error_code failed;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
    return failed ? result<std::vector<std::string>>{make_error(
                        errc::not_found,
                        "can't find the program that runs here: " +
                            failed.message())}
                  : std::vector{self.string(), std::string{process_command}};
  }
  std::vector<std::string> words;
  const interpreter::visit scope{r.main()};
  if (!ask_python(words)) {
    return detail::take_python_error(errc::failed,
                                     "can't tell how to start this Python");
  }
  return words;
}

}  // namespace troupe
