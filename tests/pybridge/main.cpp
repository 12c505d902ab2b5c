// SPDX-License-Identifier: Apache-2.0
// Runs doctest inside an embedded Python, attached to the main interpreter.
#include "pybridge/python.hpp"

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "troupe_python_config.hpp"

#ifdef __SANITIZE_ADDRESS__
// CPython doesn't free everything at exit.
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}
#endif

namespace {

PyStatus start_python() {
#ifdef __SANITIZE_ADDRESS__
  // So that the sanitizer sees each object's memory by itself.
  PyPreConfig early;
  PyPreConfig_InitIsolatedConfig(&early);
  early.allocator = PYMEM_ALLOCATOR_MALLOC;
  const PyStatus prepared = Py_PreInitialize(&early);
  if (PyStatus_Exception(prepared) != 0) {
    return prepared;
  }
#endif
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.site_import = 0;
  PyStatus status = PyConfig_SetBytesString(&config, &config.program_name,
                                            TROUPE_PYTHON_EXECUTABLE);
  if (PyStatus_Exception(status) == 0) {
    status =
        PyConfig_SetBytesString(&config, &config.home, TROUPE_PYTHON_PREFIX);
  }
  if (PyStatus_Exception(status) == 0) {
    status = Py_InitializeFromConfig(&config);
  }
  PyConfig_Clear(&config);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  doctest::Context context{argc, argv};
  const PyStatus status = start_python();
  if (PyStatus_Exception(status) != 0) {
    Py_ExitStatusException(status);
  }
  const int failed = context.run();
  return Py_FinalizeEx() < 0 && failed == 0 ? 1 : failed;
}
