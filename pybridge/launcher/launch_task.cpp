// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/launch_task.hpp"

#include <signal.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "pybridge/engine/running_engines.hpp"
#include "pybridge/engine/tree.hpp"
#include "pybridge/launcher/cli.hpp"
#include "pybridge/launcher/inspection.hpp"
#include "pybridge/launcher/launch_signals.hpp"
#include "pybridge/launcher/launch_target.hpp"
#include "pybridge/launcher/launch_values.hpp"
#include "pybridge/launcher/pipeline_file.hpp"
#include "pybridge/launcher/system_file.hpp"
#include "pybridge/process/launch_command.hpp"
#include "pybridge/process/process_launch.hpp"

namespace troupe {
namespace {

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
  if (target->kind == target_kind::system_file &&
      is_pipeline_file(target->text)) {
    command.args.insert(command.args.begin(), target->text);
    target = launch_target{target_kind::module, "troupe.pipeline._file"};
  }
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
  if (!found.command.ask_timeout)
    found.command.ask_timeout = file->ask_timeout;
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

bool put(const py_ref& dict, const char* name, const py_ref& value) {
  return value && PyDict_SetItemString(dict.get(), name, value.get()) == 0;
}

// The arguments of System() that are given.
py_ref options_of(const program& what) {
  auto options = py_ref::steal(PyDict_New());
  const auto workers = what.command.workers;
  if (!options ||
      (workers && !put(options, "workers",
                       py_ref::steal(PyLong_FromUnsignedLong(*workers)))))
    return {};
  const auto limit = what.command.ask_timeout;
  if (limit &&
      !put(options, "ask_timeout",
           std::isinf(*limit) ? none()
                              : py_ref::steal(PyFloat_FromDouble(*limit))))
    return {};
  return options;
}

// {"drain": ..., "timeout": ...}: those that are given.
py_ref shutdown_of(const program& what) {
  auto limits = py_ref::steal(PyDict_New());
  for (const auto& [name, seconds] :
       {std::pair{"drain", what.command.drain},
        std::pair{"timeout", what.command.timeout}})
    if (!limits ||
        (seconds &&
         !put(limits, name, py_ref::steal(PyFloat_FromDouble(*seconds)))))
      return {};
  return limits;
}

result<launch_task> task_of(run_command command) {
  auto found = find_program(std::move(command));
  if (!found)
    return found.error();
  const auto argv = found->argv();
  const auto log_level = found->command.log_level.value_or("WARNING");
  return launch_task{
      argv, log_level, true, true,
      [what = std::move(*found)](const launch_host& host) {
        return call_package(
            "troupe._launch", "run", "OOOOOOO",
            to_python(std::string{name_of(what.target.kind)}),
            to_python(what.target.text), to_python(what.command.args),
            options_of(what), what.file ? to_python(*what.file) : none(),
            watch_signals_function(host.python), shutdown_of(what));
      }};
}

result<launch_task> task_of(check_command command) {
  auto target = find_target(command.target);
  if (!target)
    return target.error();
  if (target->kind == target_kind::system_file &&
      is_pipeline_file(target->text))
    return launch_task{{command.target},
                       "WARNING",
                       false,
                       true,
                       [path = target->text](auto&&...) {
                         return call_package("troupe.pipeline._file", "check",
                                             "O", to_python(path));
                       }};
  std::optional<checked_system_file> checked;
  if (target->kind == target_kind::system_file) {
    auto file = check_system_file(target->text);
    if (!file)
      return file.error();
    checked = std::move(*file);
  }
  return launch_task{
      {command.target},
      "WARNING",
      false,
      true,
      [target = std::move(*target),
       checked = std::move(checked)](const launch_host&) {
        return call_package(
            "troupe._check", "check", "OOOO",
            to_python(std::string{name_of(target.kind)}),
            to_python(target.text), checked ? to_python(checked->file) : none(),
            to_python(checked ? checked->faults : std::vector<std::string>{}));
      }};
}

result<launch_task> task_of(doctor_command command) {
  const auto report_to = command.report_to.value_or(-1);
  return launch_task{{"doctor"},
                     "WARNING",
                     false,
                     true,
                     [command, report_to](const launch_host& host) {
                       return call_package(
                           "troupe._doctor", "examine", "OOO",
                           to_python(host.command), to_python(command.modules),
                           py_ref::steal(PyLong_FromLong(report_to)));
                     }};
}

// One function for each alternative of command_line.
struct launching {
  const launch_runner& run;

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

// A child process that has actors of its parent's. Ctrl-C is for the parent,
// which ends them in order; SIGINT was blocked until here.
launch_task process_task() {
  signal(SIGINT, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  launch_task task{{""}, "WARNING", true, false, [](const launch_host&) {
                     return call_package(
                         "troupe._process", "serve", "OO",
                         py_ref::steal(PyLong_FromLong(child_socket)),
                         py_ref::steal(PyLong_FromLong(child_settings)));
                   }};
  return task;
}

// As in `Python 3.14.7`: of the one that runs.
std::string python_version() {
  const auto part = [](int shift) {
    return std::to_string((Py_Version >> shift) & 0xFF);
  };
  return part(24) + "." + part(16) + "." + part(8);
}

}  // namespace

int complain(const std::string& what, int code) {
  std::fprintf(stderr, "troupe: %s\n", what.c_str());
  return code;
}

std::string describe_process() {
  std::string text = "troupe: process " + std::to_string(getpid()) + ": ";
  const auto engines = running_engines::of_process().all();
  if (engines.empty())
    text += "no system of actors runs\n";
  for (const auto& e : engines) text += describe_tree(*e);
  return text;
}

int run_attached(const launch_host& host, const launch_task& what) {
  if (what.watches_signals) {
    watch_signals(host.python, false);
  }
  const auto code = what.call(host);
  if (code) {
    return static_cast<int>(PyLong_AsLong(code.get()));
  }
  const bool interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0;
  PyErr_Print();
  return interrupted ? exit_interrupted : exit_failed;
}

int launch_with(int argc, const char* const* argv, const launch_runner& run) {
  if (argc == 2 && std::string_view{argv[1]} == process_command) {
    return run(process_task());
  }
  return std::visit(launching{run},
                    parse_command_line(argc, argv, python_version()));
}

}  // namespace troupe
