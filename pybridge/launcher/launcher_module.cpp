// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/launcher_module.hpp"

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "pybridge/launcher/inspection.hpp"
#include "pybridge/launcher/launch_signals.hpp"
#include "pybridge/launcher/launch_task.hpp"
#include "pybridge/launcher/launch_values.hpp"
#include "pybridge/module/process_runtime.hpp"

namespace troupe {
namespace {

// The words of a sequence of str, as the file system's encoding has them.
// False: an exception is set.
bool read_words(PyObject* sequence, std::vector<std::string>& out) {
  const auto words = py_ref::steal(PySequence_List(sequence));
  for (Py_ssize_t i = 0; words && i < PyList_GET_SIZE(words.get()); ++i) {
    const auto word = py_ref::steal(
        PyUnicode_EncodeFSDefault(PyList_GET_ITEM(words.get(), i)));
    if (!word) {
      return false;
    }
    out.emplace_back(PyBytes_AS_STRING(word.get()),
                     static_cast<std::size_t>(PyBytes_GET_SIZE(word.get())));
  }
  return static_cast<bool>(words);
}

bool set_argv(const std::vector<std::string>& argv) {
  const auto list = to_python(argv);
  return list && PySys_SetObject("argv", list.get()) == 0;
}

int print_failure() {
  PyErr_Print();
  return exit_failed;
}

// Attached, by a thread of the ordinary Python.
int run(const std::vector<std::string>& command, const launch_task& what) {
  if (!set_argv(what.argv)) {
    return print_failure();
  }
  runtime* const python = find_process_runtime(what.log_level);
  if (python == nullptr) {
    return print_failure();
  }
  std::optional<inspection> inspected;
  if (what.can_be_inspected) {
    inspected.emplace(describe_process);
  }
  const int code = run_attached({*python, command}, what);
  {
    const detached no_gil;
    inspected.reset();
  }
  watch_signals_at_end();
  return code;
}

// launch(command, words) -> the exit code
PyObject* launch(PyObject*, PyObject* args) {
  PyObject* command = nullptr;
  PyObject* words = nullptr;
  std::vector<std::string> again;
  std::vector<std::string> all{"troupe"};
  if (!PyArg_ParseTuple(args, "OO:launch", &command, &words) ||
      !read_words(command, again) || !read_words(words, all)) {
    return nullptr;
  }
  std::vector<const char*> argv;
  for (const std::string& word : all) {
    argv.push_back(word.c_str());
  }
  const int code =
      launch_with(static_cast<int>(argv.size()), argv.data(),
                  [&](const launch_task& what) { return run(again, what); });
  std::fflush(stdout);  // help is written by C
  return PyLong_FromLong(code);
}

PyMethodDef functions[] = {
    {"launch", launch, METH_VARARGS,
     "launch($module, command, words, /)\n--\n\nDoes what the program `troupe` "
     "does when it is called with these words, and\nreturns the exit code. "
     "command: starts a launcher in another process."},
    {},
};

PyModuleDef_Slot slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
    {},
};

PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "troupe._launcher",
    .m_doc = "The launcher, for `python -m troupe`.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = nullptr,
    .m_clear = nullptr,
    .m_free = nullptr,
};

}  // namespace
}  // namespace troupe

PyMODINIT_FUNC PyInit__launcher() {
  return PyModuleDef_Init(&troupe::definition);
}
