// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/launcher.hpp"

#include "pybridge/python.hpp"

#include <filesystem>
#include <optional>
#include <string>

#include "pybridge/interpreters/runtime.hpp"
#include "pybridge/launcher/inspection.hpp"
#include "pybridge/launcher/launch_signals.hpp"
#include "pybridge/launcher/launch_task.hpp"
#include "pybridge/launcher/launch_values.hpp"
#include "pybridge/launcher/package_path.hpp"
#include "pybridge/module/core_module.hpp"
#include "pybridge/module/process_runtime.hpp"

namespace troupe {
namespace {

std::string executable() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

bool search_package(const std::string& folder) {
  PyObject* const path = PySys_GetObject("path");  // borrowed
  const auto entry = to_python(folder);
  return path && entry && PyList_Insert(path, 0, entry.get()) == 0;
}

int run_in(runtime& python, const launch_task& what,
           const std::string& package) {
  const interpreter::attach scope{python.main()};
  if (!search_package(package)) {
    PyErr_Print();
    return exit_failed;
  }
  return run_attached({python, {executable()}}, what);
}

int run(const launch_task& what) {
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
  const int code = run_in(**python, what, *package);
  inspected.reset();
  watch_signals_at_end();
  python->reset();
  return code;
}

}  // namespace

int launch(int argc, const char* const* argv) {
  return launch_with(argc, argv, run);
}

}  // namespace troupe
