// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/bootstrap.hpp"

#include <marshal.h>

#include "pybridge/py_ref.hpp"

namespace troupe::detail {
namespace {

constexpr const char* module_name = "troupe._bootstrap";
constexpr const char* module_file = "<troupe/_bootstrap.py>";

constexpr const char source[] =
#include "pybridge/interpreters/bootstrap_source.inc"
    ;

std::string to_string(PyObject* object /* borrowed */) {
  const auto text = py_ref::steal(PyObject_Str(object));
  const char* utf8 = text ? PyUnicode_AsUTF8(text.get()) : nullptr;
  if (utf8 == nullptr) {
    PyErr_Clear();
    return "(no text)";
  }
  return utf8;
}

// Not by an import, which would import its package first.
py_ref module() {
  return py_ref::steal(PyImport_AddModuleRef(module_name));
}

result<void> call(const char* function, const std::string& settings)
    TROUPE_REQUIRES(gil) {
  const auto bootstrap = module();
  const auto answer =
      bootstrap ? py_ref::steal(PyObject_CallMethod(
                      bootstrap.get(), function, "y#", settings.data(),
                      static_cast<Py_ssize_t>(settings.size())))
                : py_ref{};
  if (!answer) {
    return take_python_error(errc::failed, "can't set up an interpreter");
  }
  return {};
}

result<std::string> to_bytes(const py_ref& object, const char* context)
    TROUPE_REQUIRES(gil) {
  char* data = nullptr;
  Py_ssize_t size = 0;
  if (!object || PyBytes_AsStringAndSize(object.get(), &data, &size) < 0) {
    return take_python_error(errc::failed, context);
  }
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

error take_python_error(errc code, const std::string& context) {
  const auto exception = py_ref::steal(PyErr_GetRaisedException());
  if (!exception) {
    return make_error(code, context);
  }
  return make_error(code, context + ": " + Py_TYPE(exception.get())->tp_name +
                              ": " + to_string(exception.get()));
}

result<std::string> compile_bootstrap() {
  const auto code =
      py_ref::steal(Py_CompileString(source, module_file, Py_file_input));
  const auto bytes = code ? py_ref::steal(PyMarshal_WriteObjectToString(
                                code.get(), Py_MARSHAL_VERSION))
                          : py_ref{};
  return to_bytes(bytes, "can't compile _bootstrap.py");
}

result<void> load_bootstrap(const std::string& code) {
  const auto object = py_ref::steal(PyMarshal_ReadObjectFromString(
      code.data(), static_cast<Py_ssize_t>(code.size())));
  const auto loaded = object ? py_ref::steal(PyImport_ExecCodeModuleEx(
                                   module_name, object.get(), module_file))
                             : py_ref{};
  if (!loaded) {
    return take_python_error(errc::failed, "can't run _bootstrap.py");
  }
  return {};
}

result<void> start_main(bool embedded, const std::string& log_level) {
  const auto bootstrap = module();
  const auto answer =
      bootstrap ? py_ref::steal(PyObject_CallMethod(
                      bootstrap.get(), "start_main", "Os",
                      embedded ? Py_True : Py_False, log_level.c_str()))
                : py_ref{};
  if (!answer) {
    return take_python_error(errc::failed, "can't set up Python");
  }
  return {};
}

result<std::string> read_settings() {
  const auto bootstrap = module();
  const auto settings = bootstrap ? py_ref::steal(PyObject_CallMethod(
                                        bootstrap.get(), "settings", nullptr))
                                  : py_ref{};
  return to_bytes(settings, "can't read the main interpreter's settings");
}

result<void> start_actor_interpreter(const std::string& settings) {
  return call("start", settings);
}

result<void> renew_settings(const std::string& settings) {
  return call("renew", settings);
}

bool finish() noexcept {
  const auto bootstrap = module();
  const auto answer = bootstrap ? py_ref::steal(PyObject_CallMethod(
                                      bootstrap.get(), "finish", nullptr))
                                : py_ref{};
  if (!answer) {
    PyErr_WriteUnraisable(nullptr);
  }
  return answer.get() == Py_True;
}

}  // namespace troupe::detail
