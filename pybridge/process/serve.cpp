// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/serve.hpp"

#include <unistd.h>

#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "pybridge/engine/engine.hpp"
#include "pybridge/module/module_state.hpp"
#include "pybridge/module/system_object.hpp"
#include "pybridge/process/parent_process.hpp"

namespace troupe {
namespace {

// Most of it is for the program's actors, which may have none here.
constexpr std::size_t workers = 2;
constexpr auto time_to_stop = std::chrono::seconds{2};
// An actor that is stuck in C, or the end of Python, may not let it go.
constexpr auto time_to_end = std::chrono::seconds{4};

// No orphan is left, whatever code of others does.
void end_in_any_case() {
  std::thread{[] {
    std::this_thread::sleep_for(time_to_end);
    ::_exit(1);
  }}.detach();
}

void run_until_over(engine& e, parent_process& parent) {
  const detached no_gil;
  while (parent.when_over().wait(std::nullopt) != wait_result::done) {
  }
  end_in_any_case();
  e.shutdown(time_to_stop);
}

}  // namespace

PyObject* serve_process(PyObject* module, PyObject* socket) {
  module_state& state =
      **static_cast<module_state**>(PyModule_GetState(module));
  const int number = PyLong_AsInt(socket);
  if (number < 0) {
    return PyErr_Occurred() != nullptr
               ? nullptr
               : PyErr_Format(PyExc_ValueError, "no descriptor: %d", number);
  }
  const auto system = py_ref::steal(start_system(
      state.system_type.type(),
      {.workers = workers, .warm_interpreters = 0, .dead_letter_log = false}));
  if (!system) {
    return nullptr;
  }
  engine& e = engine_of_system(system.get());
  const auto parent = make_ref_counted<parent_process>(e, descriptor{number});
  e.set_parent(*parent);
  try {
    parent->start();
  } catch (const std::system_error& failed) {
    PyErr_SetString(PyExc_OSError, failed.what());
    return nullptr;
  }
  run_until_over(e, *parent);
  Py_RETURN_NONE;
}

const char* const serve_process_doc =
    "serve_process($module, socket, /)\n--\n\nRuns the actors that the parent "
    "process asks for, until it has closed the\nsocket.";

}  // namespace troupe
