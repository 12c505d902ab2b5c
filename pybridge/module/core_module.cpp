// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/core_module.hpp"

#include <new>

#include "base/forked.hpp"
#include "pybridge/data/blob.hpp"
#include "pybridge/module/arrivals_object.hpp"
#include "pybridge/module/awaiting.hpp"
#include "pybridge/module/channel_object.hpp"
#include "pybridge/module/context_object.hpp"
#include "pybridge/module/context_parts.hpp"
#include "pybridge/module/dead_letter_methods.hpp"
#include "pybridge/module/future_object.hpp"
#include "pybridge/module/group_object.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/module_state.hpp"
#include "pybridge/module/port_object.hpp"
#include "pybridge/module/probe_object.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/reply_object.hpp"
#include "pybridge/module/router_object.hpp"
#include "pybridge/module/sealed_object.hpp"
#include "pybridge/module/sender_object.hpp"
#include "pybridge/module/supervise.hpp"
#include "pybridge/module/system_object.hpp"
#include "pybridge/module/test_kit_object.hpp"
#include "pybridge/module/waker_object.hpp"
#include "pybridge/process/serve.hpp"
#include "pybridge/version.hpp"

namespace troupe {
namespace {

module_state*& state_slot(PyObject* module) {
  return *static_cast<module_state**>(PyModule_GetState(module));
}

PyObject* current(PyObject* module, PyObject*) {
  actor_cell* cell = actor_cell::current();
  return cell == nullptr ? Py_NewRef(Py_None)
                         : make_ref(*state_slot(module),
                                    actor_ref{ref_ptr<actor_cell>{cell}});
}

PyObject* in_main_interpreter(PyObject* module, PyObject*) {
  return PyBool_FromLong(in_program(*state_slot(module)));
}

PyMethodDef functions[] = {
    {"current", current, METH_NOARGS,
     "current($module)\n--\n\nThe Ref of the actor whose turn runs on this "
     "thread, or None."},
    {"begin_await", as_method(begin_await), METH_FASTCALL,
     "begin_await($module, task, future, /)\n--\n\nThis task is about to be "
     "suspended for the answer. A number for end_await(),\nor 0; DeadlockError "
     "if that would never come."},
    {"end_await", end_await, METH_O,
     "end_await($module, number, /)\n--\n\nIt goes on."},
    {"next_dead_letter", next_dead_letter, METH_O,
     "next_dead_letter($module, feed, /)\n--\n\nWaits for one; None: there "
     "are no more."},
    {"close_dead_letters", close_dead_letters, METH_O,
     "close_dead_letters($module, feed, /)\n--\n\nNo more come."},
    {"in_main_interpreter", in_main_interpreter, METH_NOARGS,
     "in_main_interpreter($module)\n--\n\nWhether this is the program\'s main "
     "interpreter, and not that of a process\nwhich actors have for "
     "themselves."},
    {"serve_process", serve_process, METH_O, serve_process_doc},
    {},
};

bool add_blob_type(PyObject* module, module_state& state) {
  const auto type = py_ref::steal(make_blob_type(module));
  if (!type || PyModule_AddType(module, type.type()) < 0) {
    return false;
  }
  state.types.set_blob_type(type.type());
  return true;
}

int execute(PyObject* module) {
  auto* state = new (std::nothrow) module_state;
  if (state == nullptr) {
    PyErr_NoMemory();
    return -1;
  }
  state_slot(module) = state;
  state->sender_variable =
      py_ref::steal(PyContextVar_New("troupe.context.sender", nullptr));
  state->task_variable =
      py_ref::steal(PyContextVar_New("troupe.context.task", nullptr));
  return state->sender_variable && state->task_variable &&
                 PyModule_AddStringConstant(module, "__version__", version) ==
                     0 &&
                 add_blob_type(module, *state) &&
                 add_sender_type(module, *state) &&
                 add_ref_type(module, *state) &&
                 add_future_type(module, *state) &&
                 add_waker_type(module, *state) &&
                 add_port_type(module, *state) &&
                 add_arrivals_type(module, *state) &&
                 add_channel_type(module, *state) &&
                 add_sealed_type(module, *state) &&
                 add_reply_type(module, *state) &&
                 add_group_type(module, *state) &&
                 add_router_types(module, *state) &&
                 add_timer_type(module, *state) &&
                 add_system_type(module, *state) &&
                 add_probe_type(module, *state) &&
                 add_test_kit_type(module, *state) && add_supervision(module) &&
                 add_context(module, *state)
             ? 0
             : -1;
}

int traverse(PyObject* module, visitproc visit, void* arg) {
  module_state* state = state_slot(module);
  if (state == nullptr) {
    return 0;
  }
  for (const py_ref* type :
       {&state->ref_type, &state->sender_type, &state->future_type,
        &state->system_type, &state->context_type, &state->timer_type,
        &state->port_type, &state->arrivals_type, &state->reply_type,
        &state->waker_type, &state->sender_variable, &state->task_variable,
        &state->group_type, &state->router_type, &state->pool_type,
        &state->channel_type, &state->sealed_type, &state->probe_type,
        &state->test_kit_type}) {
    Py_VISIT(type->get());
  }
  return state->types.traverse(visit, arg);
}

int clear(PyObject* module) {
  if (module_state* state = state_slot(module)) {
    state->types.clear();
  }
  return 0;
}

void free_state(void* module) {
  if (in_forked_child()) {
    return;  // it may hold the last references to what others should end
  }
  delete std::exchange(state_slot(static_cast<PyObject*>(module)), nullptr);
}

PyModuleDef_Slot slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(execute)},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {},
};

PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "troupe._core",
    .m_doc = "The C++ core of troupe; use the names of the package troupe.",
    .m_size = sizeof(module_state*),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = free_state,
};

}  // namespace
}  // namespace troupe

PyMODINIT_FUNC PyInit__core() {
  return PyModuleDef_Init(&troupe::definition);
}
