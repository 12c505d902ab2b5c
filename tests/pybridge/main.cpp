// SPDX-License-Identifier: Apache-2.0
// Runs doctest inside an embedded Python, attached to the main interpreter.
#include "pybridge/python.hpp"

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "troupe_python_config.hpp"

namespace {

PyStatus start_python() {
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.site_import = 0;
  PyStatus status = PyConfig_SetBytesString(&config, &config.program_name,
                                            TROUPE_PYTHON_EXECUTABLE);
  if (PyStatus_Exception(status) == 0) {
    status = PyConfig_SetBytesString(&config, &config.home,
                                     TROUPE_PYTHON_PREFIX);
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
