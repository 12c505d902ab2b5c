// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/python_config.hpp"

#include <cstdlib>
#include <fstream>
#include <string_view>

#include "troupe_python_config.hpp"

namespace troupe::detail {
namespace {

// Destroys a PyConfig at the end of a scope.
struct python_config : PyConfig {
  python_config() { PyConfig_InitPythonConfig(this); }
  ~python_config() { PyConfig_Clear(this); }
  python_config(const python_config&) = delete;
  python_config& operator=(const python_config&) = delete;
};

PyStatus set_argv(PyConfig& config, const std::vector<std::string>& argv) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  return PyConfig_SetBytesArgv(
      &config, static_cast<Py_ssize_t>(arguments.size()), arguments.data());
}

PyStatus initialize(PyConfig& config, const std::vector<std::string>& argv) {
  config.parse_argv = 0;
  config.site_import = 0;
  PyStatus status = set_argv(config, argv);
  if (!PyStatus_Exception(status)) {
    status = PyConfig_SetBytesString(&config, &config.executable,
                                     python_executable().c_str());
  }
  return PyStatus_Exception(status) ? status : Py_InitializeFromConfig(&config);
}

// "3.14" of "3.14.7".
std::string_view minor_version(std::string_view version) {
  return version.substr(0, version.find('.', version.find('.') + 1));
}

// The version in a pyvenv.cfg: `version = 3.14.7`, or `version_info = ...`.
std::string venv_version(const std::string& file) {
  std::ifstream lines{file};
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (line.starts_with("version") && equals != std::string::npos) {
      const auto begin = line.find_first_not_of(' ', equals + 1);
      return begin == std::string::npos ? "" : line.substr(begin);
    }
  }
  return "";
}

}  // namespace

std::string python_executable() {
  const char* venv = std::getenv("VIRTUAL_ENV");
  if (venv != nullptr && *venv != '\0') {
    const std::string root{venv};
    if (minor_version(venv_version(root + "/pyvenv.cfg")) ==
        minor_version(TROUPE_PYTHON_VERSION)) {
      return root + "/bin/python";
    }
  }
  return TROUPE_PYTHON_EXECUTABLE;
}

result<void> initialize_python(const std::vector<std::string>& argv) {
  python_config config;
  const PyStatus status = initialize(config, argv);
  if (PyStatus_Exception(status)) {
    return make_error(errc::failed, std::string{"can't start Python: "} +
                                        (status.err_msg ? status.err_msg
                                                        : "no reason given"));
  }
  return {};
}

}  // namespace troupe::detail
