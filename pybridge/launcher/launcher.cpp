// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/launcher.hpp"

#include "pybridge/python.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pybridge/engine/running_engines.hpp"
#include "pybridge/engine/tree.hpp"
#include "pybridge/interpreters/runtime.hpp"
#include "pybridge/launcher/cli.hpp"
#include "pybridge/launcher/inspection.hpp"
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

std::string executable() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

int complain(const std::string& what, int code = exit_unusable) {
  std::fprintf(stderr, "troupe: %s\n", what.c_str());
  return code;
}

// What is to be done in Python.
struct task {
  std::vector<std::string> argv;
  std::string log_level = "WARNING";
  bool can_be_inspected = false;  // see inspection.hpp
  // Attached. The exit code as an int, or null with an exception set.
  std::function<py_ref(runtime&)> call;
};

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

py_ref none() {
  return py_ref::borrow(Py_None);
}

// troupe.MODULE.FUNCTION(*arguments); null with an exception set.
template <typename... Arguments>
py_ref call_package(const char* module, const char* function,
                    const char* format, const Arguments&... arguments) {
  const auto half = py_ref::steal(PyImport_ImportModule(module));
  if (!half || !(arguments && ...))
    return {};
  return py_ref::steal(
      PyObject_CallMethod(half.get(), function, format, arguments.get()...));
}

py_ref workers_of(const program& what) {
  return py_ref::steal(what.command.workers
                           ? PyLong_FromUnsignedLong(*what.command.workers)
                           : Py_NewRef(Py_None));
}

// {"drain": ..., "timeout": ...}: those that are given.
py_ref shutdown_of(const program& what) {
  auto limits = py_ref::steal(PyDict_New());
  for (const auto& [name, seconds] :
       {std::pair{"drain", what.command.drain},
        std::pair{"timeout", what.command.timeout}}) {
    const auto value =
        py_ref::steal(seconds ? PyFloat_FromDouble(*seconds) : nullptr);
    if (!limits ||
        (seconds &&
         (!value || PyDict_SetItemString(limits.get(), name, value.get()) < 0)))
      return {};
  }
  return limits;
}

bool search_package(const std::string& folder) {
  PyObject* const path = PySys_GetObject("path");  // borrowed
  const auto entry = to_python(folder);
  return path && entry && PyList_Insert(path, 0, entry.get()) == 0;
}

result<task> task_of(run_command command) {
  auto found = find_program(std::move(command));
  if (!found)
    return found.error();
  const auto argv = found->argv();
  const auto log_level = found->command.log_level.value_or("WARNING");
  return task{
      argv, log_level, true, [what = std::move(*found)](runtime& python) {
        return call_package("troupe._launch", "run", "OOOOOOO",
                            to_python(std::string{name_of(what.target.kind)}),
                            to_python(what.target.text),
                            to_python(what.command.args), workers_of(what),
                            what.file ? to_python(*what.file) : none(),
                            watch_signals_function(python), shutdown_of(what));
      }};
}

result<task> task_of(check_command command) {
  auto target = find_target(command.target);
  if (!target)
    return target.error();
  std::optional<checked_system_file> checked;
  if (target->kind == target_kind::system_file) {
    auto file = check_system_file(target->text);
    if (!file)
      return file.error();
    checked = std::move(*file);
  }
  return task{
      {command.target},
      "WARNING",
      false,
      [target = std::move(*target), checked = std::move(checked)](runtime&) {
        return call_package(
            "troupe._check", "check", "OOOO",
            to_python(std::string{name_of(target.kind)}),
            to_python(target.text), checked ? to_python(checked->file) : none(),
            to_python(checked ? checked->faults : std::vector<std::string>{}));
      }};
}

result<task> task_of(doctor_command command) {
  const auto report_to = command.report_to.value_or(-1);
  return task{{"doctor"}, "WARNING", false, [command, report_to](runtime&) {
                return call_package("troupe._doctor", "examine", "OOO",
                                    to_python(executable()),
                                    to_python(command.modules),
                                    py_ref::steal(PyLong_FromLong(report_to)));
              }};
}

std::string describe_process() {
  std::string text = "troupe: process " + std::to_string(getpid()) + ": ";
  const auto engines = running_engines::of_process().all();
  if (engines.empty())
    text += "no system of actors runs\n";
  for (const auto& e : engines) text += describe_tree(*e);
  return text;
}

int run_attached(runtime& python, const task& what,
                 const std::string& package) {
  const interpreter::attach scope{python.main()};
  watch_signals(python, false);
  const auto code = search_package(package) ? what.call(python) : py_ref{};
  if (code)
    return static_cast<int>(PyLong_AsLong(code.get()));
  const bool interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0;
  PyErr_Print();
  return interrupted ? exit_interrupted : exit_failed;
}

int run(const task& what) {
  const auto package = find_package(executable());
  if (!package)
    return complain("can't find the Python package that belongs to " +
                        executable() + "; build or install it again",
                    exit_failed);
  auto python = runtime::embed({.argv = what.argv,
                                .builtins = {{"troupe._core", PyInit__core}},
                                .log_level = what.log_level});
  if (!python)
    return complain(python.error().detail, exit_failed);
  set_process_runtime(**python);
  std::optional<inspection> inspected;
  if (what.can_be_inspected)
    inspected.emplace(describe_process);
  const int code = run_attached(**python, what, *package);
  inspected.reset();
  watch_signals_at_end();
  python->reset();
  return code;
}

// One function for each alternative of command_line.
struct launching {
  int operator()(const show_text& shown) const {
    std::fputs(shown.text.c_str(), stdout);
    return 0;
  }
  int operator()(const usage_error& wrong) const {
    std::fputs(wrong.text.c_str(), stderr);
    return exit_unusable;
  }
  int operator()(const tree_command& command) const {
    const auto text = ask_process(command.pid);
    if (!text)
      return complain(text.error().detail, exit_failed);
    std::fputs(text->c_str(), stdout);
    return 0;
  }
  template <typename Command>
  int operator()(Command command) const {
    const auto what = task_of(std::move(command));
    return what ? run(*what) : complain(what.error().detail);
  }
};

}  // namespace

int launch(int argc, const char* const* argv) {
  return std::visit(launching{},
                    parse_command_line(argc, argv, TROUPE_PYTHON_VERSION));
}

}  // namespace troupe
