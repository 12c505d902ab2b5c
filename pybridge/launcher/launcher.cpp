// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/launcher.hpp"

#include "pybridge/python.hpp"

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "pybridge/interpreters/runtime.hpp"
#include "pybridge/launcher/cli.hpp"
#include "pybridge/launcher/launch_signals.hpp"
#include "pybridge/launcher/launch_target.hpp"
#include "pybridge/launcher/launch_values.hpp"
#include "pybridge/launcher/package_path.hpp"
#include "pybridge/launcher/system_file.hpp"
#include "pybridge/module/core_module.hpp"
#include "pybridge/module/system_object.hpp"
#include "troupe_python_config.hpp"

namespace troupe {
namespace {

constexpr int exit_failed = 1;
constexpr int exit_unusable = 2;

int complain(const std::string& what, int code = exit_unusable) {
  std::fprintf(stderr, "troupe: %s\n", what.c_str());
  return code;
}

// What to run, and how: the command line and the system file put together.
struct program {
  run_command command;
  launch_target target;
  std::optional<system_file> file;

  std::vector<std::string> argv() const {
    std::vector<std::string> all{command.target};
    all.insert(all.end(), command.args.begin(), command.args.end());
    return all;
  }
};

result<program> find_program(run_command command) {
  auto target = find_target(command.target);
  if (!target)
    return target.error();
  program found{std::move(command), std::move(*target), std::nullopt};
  if (found.target.kind != target_kind::system_file)
    return found;
  auto file = read_system_file(found.target.text);
  if (!file)
    return file.error();
  if (!found.command.workers)
    found.command.workers = file->workers;
  if (!found.command.log_level)
    found.command.log_level = file->log_level;
  found.file = std::move(*file);
  return found;
}

// watch_signals(interrupted: bool), for the Python half. `self`: the runtime.
PyObject* watch_signals_from_python(PyObject* self, PyObject* interrupted) {
  void* const python = PyCapsule_GetPointer(self, nullptr);
  if (python == nullptr)
    return nullptr;
  watch_signals(*static_cast<runtime*>(python), interrupted == Py_True);
  Py_RETURN_NONE;
}

PyMethodDef watch_signals_method{"watch_signals", watch_signals_from_python,
                                 METH_O, nullptr};

py_ref watch_signals_function(runtime& python) {
  const auto capsule = py_ref::steal(PyCapsule_New(&python, nullptr, nullptr));
  return py_ref::steal(
      capsule ? PyCFunction_New(&watch_signals_method, capsule.get())
              : nullptr);
}

const char* name_of(target_kind kind) {
  return kind == target_kind::script ? "script" : "module";
}

py_ref workers_of(const program& what) {
  return py_ref::steal(what.command.workers
                           ? PyLong_FromUnsignedLong(*what.command.workers)
                           : Py_NewRef(Py_None));
}

bool search_package(const std::string& folder) {
  PyObject* const path = PySys_GetObject("path");  // borrowed
  const auto entry = to_python(folder);
  return path && entry && PyList_Insert(path, 0, entry.get()) == 0;
}

// troupe._launch.run(...): the exit code, or -1 with an exception set.
long call_python_half(runtime& python, const program& what) {
  const auto half = py_ref::steal(PyImport_ImportModule("troupe._launch"));
  const auto target = to_python(what.target.text);
  const auto args = to_python(what.command.args);
  const auto workers = workers_of(what);
  const auto file = what.file ? to_python(*what.file) : py_ref::borrow(Py_None);
  const auto watch = watch_signals_function(python);
  if (!half || !target || !args || !workers || !file || !watch)
    return -1;
  const auto code = py_ref::steal(PyObject_CallMethod(
      half.get(), "run", "sOOOOO", name_of(what.target.kind), target.get(),
      args.get(), workers.get(), file.get(), watch.get()));
  return code ? PyLong_AsLong(code.get()) : -1;
}

int run_attached(runtime& python, const program& what,
                 const std::string& package) {
  const interpreter::attach scope{python.main()};
  watch_signals(python, false);
  const long code =
      search_package(package) ? call_python_half(python, what) : -1;
  if (code >= 0)
    return static_cast<int>(code);
  const bool interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0;
  PyErr_Print();
  return interrupted ? exit_interrupted : exit_failed;
}

std::string executable() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

int run(run_command command) {
  const auto what = find_program(std::move(command));
  if (!what)
    return complain(what.error().detail);
  const auto package = find_package(executable());
  if (!package)
    return complain("can't find the Python package that belongs to " +
                        executable() + "; build or install it again",
                    exit_failed);
  auto python = runtime::embed(
      {.argv = what->argv(),
       .builtins = {{"troupe._core", PyInit__core}},
       .log_level = what->command.log_level.value_or("WARNING")});
  if (!python)
    return complain(python.error().detail, exit_failed);
  set_process_runtime(**python);
  const int code = run_attached(**python, *what, *package);
  watch_signals_at_end();
  python->reset();
  return code;
}

}  // namespace

int launch(int argc, const char* const* argv) {
  auto parsed = parse_command_line(argc, argv, TROUPE_PYTHON_VERSION);
  if (const auto* shown = std::get_if<show_text>(&parsed)) {
    std::fputs(shown->text.c_str(), stdout);
    return 0;
  }
  if (const auto* wrong = std::get_if<usage_error>(&parsed)) {
    std::fputs(wrong->text.c_str(), stderr);
    return exit_unusable;
  }
  return run(std::move(std::get<run_command>(parsed)));
}

}  // namespace troupe
