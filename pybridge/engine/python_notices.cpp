// SPDX-License-Identifier: Apache-2.0
// python_behaviour: timers, ends of others, silence. None of these is a
// message, so what they call answers nobody; if it fails, the actor does.
#include <utility>

#include "actors/cell/end_notice.hpp"
#include "pybridge/engine/python_behaviour.hpp"
#include "pybridge/module/ref_object.hpp"

namespace troupe {
namespace {

py_ref make_notice(const char* type, PyObject* arguments) {
  const auto module = py_ref::steal(PyImport_ImportModule("troupe._notices"));
  const auto made = py_ref::steal(
      module ? PyObject_GetAttrString(module.get(), type) : nullptr);
  return made && arguments != nullptr
             ? py_ref::steal(PyObject_CallObject(made.get(), arguments))
             : py_ref{};
}

py_ref end_arguments(module_state& state, const end_notice& what) {
  auto& cell = static_cast<actor_cell&>(*what.who());
  const auto ref =
      py_ref::steal(make_ref(state, actor_ref{ref_ptr<actor_cell>{&cell}}));
  return ref ? py_ref::steal(Py_BuildValue(
                   "(Osz)", ref.get(),
                   std::string{to_string(what.reason())}.c_str(),
                   what.words().empty() ? nullptr : what.words().c_str()))
             : py_ref{};
}

}  // namespace

const python_behaviour::hook python_behaviour::down_hook{"down",
                                                         &handler_table::down};
const python_behaviour::hook python_behaviour::exited_hook{
    "exited", &handler_table::exited};
const python_behaviour::hook python_behaviour::timed_out_hook{
    "timed_out", &handler_table::timed_out};

// That of what it has become, or else its own.
py_ref python_behaviour::hook_function(const hook& how) const {
  const py_ref& now_has = now().*how.function;
  return now_has ? now_has : first_.*how.function;
}

// A null notice comes with an exception set.
void python_behaviour::tell(actor_cell& self, const hook& how, py_ref notice) {
  py_ref function = hook_function(how);
  const bool hooked = static_cast<bool>(function);
  if (!hooked) {
    function = now().receive;
  }
  if (!function) {
    refuse_unheard(self, how.name);
    return;
  }
  py_ref value;
  if (notice && hooked && &how == &timed_out_hook) {
    value = py_ref::steal(PyObject_CallNoArgs(function.get()));
  } else if (notice) {
    value = py_ref::steal(PyObject_CallOneArg(function.get(), notice.get()));
  }
  finish_callback(
      self, std::move(value),
      hooked ? (std::string{how.name} + "()").c_str() : "receive()");
}

// A null value comes with an exception set.
void python_behaviour::finish_callback(actor_cell& self, py_ref value,
                                       const char* what) {
  if (!value) {
    failed_in(self, what);
  } else if (PyCoro_CheckExact(value.get())) {
    finish_callback_async(self, value.get(), what);
  } else if (loop_.has_ready()) {
    drive(self);
  }
}

void python_behaviour::tell_end(actor_cell& self, const hook& how,
                                const char* type, const end_notice& what) {
  const at_work scope{*this};
  if (!self.killed()) {
    tell(self, how, make_notice(type, end_arguments(*state_, what).get()));
  }
}

void python_behaviour::on_down(actor_cell& self, const end_notice& what) {
  tell_end(self, down_hook, "Down", what);
}

void python_behaviour::on_exit(actor_cell& self, const end_notice& what) {
  tell_end(self, exited_hook, "Exit", what);
}

void python_behaviour::on_receive_timeout(actor_cell& self) {
  const at_work scope{*this};
  if (!self.killed()) {
    const auto nothing = py_ref::steal(PyTuple_New(0));
    tell(self, timed_out_hook, make_notice("ReceiveTimeout", nothing.get()));
  }
}

void python_behaviour::on_timer(actor_cell& self, timer_token which) {
  const at_work scope{*this};
  callback_timers::entry due = timers_.take(which);
  if (!due.function || self.killed()) {
    return;
  }
  if (due.what != callback_timers::kind::call) {
    tell(self,
         due.what == callback_timers::kind::down ? down_hook : exited_hook,
         std::move(due.function));
    return;
  }
  finish_callback(self,
                  py_ref::steal(PyObject_CallObject(due.function.get(),
                                                    due.arguments.get())),
                  "what a timer called");
}

}  // namespace troupe
