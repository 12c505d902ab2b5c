// SPDX-License-Identifier: Apache-2.0
// python_behaviour: handlers and hooks that are `async def`.
#include <utility>

#include "actors/actor_system.hpp"
#include "base/roles.hpp"
#include "pybridge/engine/python_behaviour.hpp"

namespace troupe {

std::optional<fault> python_behaviour::start_async(actor_cell& self,
                                                   PyObject* coroutine) {
  const turn_scope in_turn;
  starting_ = loop_.start(*state_, coroutine, actor_id::nobody,
                          actor_loop::about::start);
  if (starting_ && !is_done(starting_)) {
    loop_.hold(starting_, actor_loop::about::start, nullptr, "started()");
    self.start_later();
    return std::nullopt;
  }
  const py_ref task = std::move(starting_);
  return started_as(self, task ? result_of(task) : py_ref{});
}

void python_behaviour::handle_async(actor_cell& self, envelope& e,
                                    PyObject* coroutine) {
  const turn_scope in_turn;
  const py_ref task =
      start_limited(self, coroutine, self.sender(), actor_loop::about::message);
  if (!task) {
    failed(self, e);
  } else if (is_done(task)) {
    finish(self, e, result_of(task));
  } else {
    suspend(self, task);
    return;
  }
  settle(self);
}

// The handler counts until it is done, whether it has its message still or not.
void python_behaviour::suspend(actor_cell& self, const py_ref& task) {
  const turn_scope in_turn;
  envelope_ptr kept = self.keep();
  // Before it was kept, nobody was told: see actor_cell::give_up().
  const bool given_up = kept != nullptr && is_given_up(*kept);
  loop_.hold(task, actor_loop::about::message, std::move(kept),
             "a handler that had given its message away");
  if (given_up) {
    given_up_.store(true);
    drive(self);
  } else {
    settle(self);
  }
}

py_ref python_behaviour::start_limited(const actor_cell& self,
                                       PyObject* coroutine, actor_id sender,
                                       actor_loop::about kind) {
  auto limited = py_ref::borrow(coroutine);
  if (self.time_limit() > clock_duration::zero()) {
    limited = loop_.limit(coroutine, self.time_limit());
  }
  return limited ? loop_.start(*state_, limited.get(), sender, kind) : py_ref{};
}

void python_behaviour::on_given_up() noexcept {
  given_up_.store(true);
}

void python_behaviour::on_hurry(actor_cell& self) {
  const at_work scope{*this};
  loop_.hurry();
  drive(self);
}

void python_behaviour::drive(actor_cell& self) {
  const turn_scope in_turn;
  if (given_up_.exchange(false)) {
    loop_.cancel_given_up();
  }
  // A plain handler may be over, and its message not yet gone: what runs here
  // isn't about it.
  const auto before = std::exchange(state_->starting_task, no_task);
  const bool driven = loop_.drive();
  state_->starting_task = before;
  if (!driven && !self.killed()) {
    if (PyErr_ExceptionMatches(PyExc_SystemExit) != 0) {
      self.stop_self();
    } else {
      report("the event loop of actor '" + self.name() + "' failed");
    }
  }
  PyErr_Clear();
  settle(self);
}

// What the loop has finished.
void python_behaviour::settle(actor_cell& self) {
  const turn_scope in_turn;
  for (actor_loop::held& done : loop_.take_finished()) {
    if (done.kind == actor_loop::about::message) {
      finish_kept(self, done);
    } else if (done.task.get() == starting_.get()) {
      starting_.reset();
      self.started_now(started_as(self, result_of(done.task)));
    } else if (done.task.get() == ending_.get()) {
      ending_.reset();
      ended_as(self, result_of(done.task));
      self.ending_is_over();
    } else if (!result_of(done.task)) {
      failed_in(self, done.what);
    }
  }
}

void python_behaviour::finish_kept(actor_cell& self, actor_loop::held& done) {
  const turn_scope in_turn;
  py_ref value = result_of(done.task);
  if (done.message != nullptr) {
    finish_message(self, *done.message, std::move(value));
  } else if (!value) {
    failed_in(self, done.what);
  }
  self.release(std::move(done.message));
}

// Of a timer, or about the end of another: nobody waits for it.
void python_behaviour::finish_callback_async(actor_cell& self,
                                             PyObject* coroutine,
                                             const char* what) {
  const py_ref task = start_limited(self, coroutine, actor_id::nobody,
                                    actor_loop::about::other);
  if (task && !is_done(task)) {
    loop_.hold(task, actor_loop::about::other, nullptr, what);
  } else if (!task || !result_of(task)) {
    failed_in(self, what);
  }
  settle(self);
}

bool python_behaviour::on_ending(actor_cell& self, stop_reason reason,
                                 bool drain) {
  const at_work scope{*this};
  const turn_scope in_turn;
  const std::string word{to_string(reason)};
  starting_.reset();
  ends_ = true;
  py_ref stopping = first_.stopping ? first_.stopping : py_ref::borrow(Py_None);
  if (!loop_) {
    if (!first_.stopping) {
      return false;
    }
    stopping =
        py_ref::steal(PyObject_CallFunction(stopping.get(), "s", word.c_str()));
    if (!stopping || !PyCoro_CheckExact(stopping.get())) {
      ended_as(self, std::move(stopping));
      return false;
    }
  }
  const auto coroutine = loop_.ending(drain, stopping.get(), word.c_str());
  ending_ = coroutine ? loop_.start(*state_, coroutine.get(), actor_id::nobody,
                                    actor_loop::about::other)
                      : py_ref{};
  if (ending_ && !is_done(ending_)) {
    loop_.hold(ending_, actor_loop::about::other, nullptr, "stopping()");
    settle(self);
    return static_cast<bool>(ending_);
  }
  const py_ref task = std::move(ending_);
  ended_as(self, task ? result_of(task) : py_ref{});
  settle(self);
  return false;
}

// What stopping() came to; null with an exception set.
void python_behaviour::ended_as(actor_cell& self, py_ref outcome) {
  if (!outcome) {
    if (!self.killed()) {
      report("stopping() of actor '" + self.name() + "' failed");
    }
    PyErr_Clear();
  }
}

void python_behaviour::let_go_of_loop(actor_cell& self) noexcept {
  const turn_scope in_turn;
  if (loop_) {
    self.system().waits().end_awaits(self.id());
  }
  for (actor_loop::held& left : loop_.take_all()) {
    if (left.kind != actor_loop::about::message) {
      continue;
    }
    if (left.message == nullptr) {
      // It was given away.
    } else if (self.killed()) {
      refuse_killed(self, *left.message);
    } else {
      refuse_stopped(self, *left.message);
    }
    self.release(std::move(left.message));
  }
  starting_.reset();
  ending_.reset();
  loop_.close();
}

}  // namespace troupe
