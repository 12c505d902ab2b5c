// SPDX-License-Identifier: Apache-2.0
// What a worker of an executor does: take a task, run it, put what came of it.
#include <memory>
#include <utility>

#include "actors/actor_system.hpp"
#include "base/symbol.hpp"
#include "pybridge/data/convert.hpp"
#include "pybridge/interpreters/interpreter.hpp"
#include "pybridge/module/channel_object.hpp"

namespace troupe {
namespace {

struct worker {
  module_state& state;
  actor_cell& cell;
  channel& tasks;
  channel& results;
};

// New reference, or null with an exception set.
py_ref call_task(type_cache& types, const payload& task) {
  decoded_call call;
  if (!decode_call(types, task, call)) {
    return {};
  }
  if (call.nargs() == 0) {
    PyErr_SetString(PyExc_TypeError, "a task without a function");
    return {};
  }
  const std::size_t nargs =
      call.nargs() - 1;  // the function's own slot is free
  return py_ref::steal(PyObject_Vectorcall(
      call.args()[0], call.args() + 1, nargs | PY_VECTORCALL_ARGUMENTS_OFFSET,
      call.kwnames()));
}

// False: the worker is being killed, an exception is set.
bool run_one(worker& self, const parcel& task) {
  parcel outcome{task.tag, static_cast<std::uint8_t>(parcel_kind::value), {}};
  type_cache& types = self.state.types;
  const py_ref result = call_task(types, task.content);
  if (!result || !encode(types, result.get(), outcome.content, "result")) {
    if (self.cell.killed()) {
      return false;
    }
    const auto raised = py_ref::steal(PyErr_GetRaisedException());
    outcome.kind = static_cast<std::uint8_t>(parcel_kind::raised);
    encode_exception(types, raised.get(), outcome.content);
  }
  self.results.put_anyway(std::move(outcome));
  return true;
}

// Measured (bench/executor): to rest and be woken costs 5-10 us, which is more
// than the next task is away while somebody submits one after the other.
bool linger(channel& tasks) {
  const detached no_gil;
  return tasks.linger(std::chrono::microseconds{50});
}

// Has `handler` of this actor called when there is a task. False: an exception
// is set.
bool rest(worker& self, symbol handler) {
  const auto nothing = std::make_shared<payload>();
  if (!encode_call(self.state.types, nullptr, 0, nullptr, *nothing)) {
    return false;
  }
  self.tasks.when_filled().told->on_done(
      [cell = ref_ptr<actor_cell>{&self.cell}, handler, nothing] {
        if (cell->ended()) {
          return;
        }
        auto e = make_envelope();
        e->kind = static_cast<std::uint8_t>(envelope_kind::call);
        e->selector = handler;
        e->content = nothing->clone();
        cell->deliver_or_bury(std::move(e));
      });
  return true;
}

// New reference, or null with an exception set.
PyObject* outcome_of_run(bool goes_on, unsigned long long ran) {
  return Py_BuildValue("(OK)", goes_on ? Py_True : Py_False, ran);
}

}  // namespace

PyObject* run_tasks(PyObject* object, PyObject* args) {
  module_state& state = state_of(object);
  PyObject* results = nullptr;
  const char* handler = nullptr;
  double seconds = 0;
  unsigned long long most = 0;
  if (!PyArg_ParseTuple(args, "O!sd|K:run", state.channel_type.get(), &results,
                        &handler, &seconds, &most)) {
    return nullptr;
  }
  actor_cell* const cell = actor_cell::current();
  if (cell == nullptr) {
    PyErr_SetString(PyExc_RuntimeError, "tasks are run by an actor");
    return nullptr;
  }
  const ref_ptr<channel> tasks{&channel_of(object)};
  const ref_ptr<channel> outcomes{&channel_of(results)};
  worker self{state, *cell, *tasks, *outcomes};
  const scheduler& clock = cell->system().get_scheduler();
  const clock_duration end =
      clock.now() + std::chrono::duration_cast<clock_duration>(
                        std::chrono::duration<double>{seconds});
  unsigned long long ran = 0;
  while (!cell->killed()) {
    parcel task;
    switch (tasks->take(task)) {
      case channel_result::ok:
        break;
      case channel_result::not_now:
        if (linger(*tasks)) {
          continue;
        }
        return rest(self, intern(handler)) ? outcome_of_run(false, ran)
                                           : nullptr;
      case channel_result::closed:
        return outcome_of_run(false, ran);
    }
    if (!run_one(self, task)) {
      return nullptr;
    }
    if (++ran == most) {
      break;
    }
    if (clock.now() >= end && tasks->size() != 0) {
      return outcome_of_run(true, ran);
    }
  }
  return outcome_of_run(false, ran);
}

}  // namespace troupe
