// SPDX-License-Identifier: Apache-2.0
// A Python module or class as an actor's behaviour.
//
// Python objects here belong to the interpreter of the actor's isolate; they
// are touched on the actor's turn only and gone after on_stop().
#pragma once

#include "pybridge/python.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/cell/actor_cell.hpp"
#include "pybridge/engine/actor_loop.hpp"
#include "pybridge/engine/callback_timers.hpp"
#include "pybridge/engine/handler_table.hpp"
#include "pybridge/interpreters/interpreter.hpp"
#include "pybridge/interpreters/runtime.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

class engine;

/// What a Python actor is made of.
struct actor_recipe {
  std::string module;      // import path
  std::string class_name;  // qualified, in the module; empty: the module itself
  bool private_module;     // other actors in the interpreter may use it too
  payload arguments;       // of started(), or of the class; an encoded call

  /// "module" or "module:Class".
  std::string target() const {
    return class_name.empty() ? module : module + ":" + class_name;
  }
  actor_recipe clone() const {
    return {module, class_name, private_module, arguments.clone()};
  }
};

class python_behaviour final : public behaviour {
public:
  python_behaviour(engine& e, ref_ptr<interpreter> home, actor_recipe recipe);

  std::optional<fault> on_start(actor_cell& self) override;
  void on_message(actor_cell& self, envelope& e) override;
  void on_ready(actor_cell& self) override;
  void on_timer(actor_cell& self, timer_token which) override;
  void on_down(actor_cell& self, const end_notice& what) override;
  void on_exit(actor_cell& self, const end_notice& what) override;
  void on_receive_timeout(actor_cell& self) override;
  bool on_ending(actor_cell& self, stop_reason reason, bool drain) override;
  void on_stop(actor_cell& self, stop_reason reason) noexcept override;
  void on_given_up() noexcept override;
  void on_hurry(actor_cell& self) override;
  void interrupt(actor_cell& self, interrupt_kind kind,
                 std::uint64_t message) noexcept override;
  std::string describe() const override;

  // Any thread.
  interpreter& home() const noexcept { return *home_; }
  /// What runs here does so under this token, see interpreter::look().
  std::uint64_t token() const noexcept { return kill_token_; }

  // For troupe.context: in this actor's Python code.
  /// The one whose Python code runs on this thread, or null. Borrowed.
  static python_behaviour* current() noexcept;
  /// From the next message on; `keep`: until the matching unbecome().
  void become(handler_table next, bool keep);
  /// False: it is as it was in the beginning.
  bool unbecome() noexcept;
  actor_loop& loop() noexcept { return loop_; }
  callback_timers& timers() noexcept { return timers_; }
  clock_duration receive_timeout() const noexcept { return receive_timeout_; }
  void set_receive_timeout(clock_duration limit) noexcept {
    receive_timeout_ = limit;
  }

private:
  // Python code of this actor runs on this thread, and can be interrupted.
  class at_work {
  public:
    explicit at_work(python_behaviour& who) noexcept;
    ~at_work();
    at_work(const at_work&) = delete;
    at_work& operator=(const at_work&) = delete;

  private:
    const interpreter::interruptible interruptible_;
    python_behaviour* const before_;
  };

  // What an end or a silence is told by.
  struct hook {
    const char* name;
    py_ref handler_table::*function;
  };
  static const hook down_hook, exited_hook, timed_out_hook;

  // python_behaviour.cpp
  py_ref load();
  const handler_table& now() const noexcept {
    return become_.empty() ? first_ : become_.back();
  }
  py_ref find(const envelope& e) const;
  [[nodiscard]] bool call(PyObject* function, const envelope& e,
                          py_ref& result);
  py_ref decode_message(const envelope& e);
  std::optional<fault> started_as(const actor_cell& self, const py_ref& loaded);
  void finish_message(actor_cell& self, envelope& e, py_ref value);
  void finish(actor_cell& self, envelope& e, py_ref value);
  void forget(actor_id id) noexcept;

  // python_notices.cpp
  void tell(actor_cell& self, const hook& how, py_ref notice);
  void tell_end(actor_cell& self, const hook& how, const char* type,
                const end_notice& what);
  py_ref hook_function(const hook& how) const;
  void finish_callback(actor_cell& self, py_ref value, const char* what);

  // python_failures.cpp
  void refuse_unknown(actor_cell& self, envelope& e);
  void refuse_unheard(actor_cell& self, const char* name);
  void refuse_undecodable(actor_cell& self, envelope& e);
  void refuse_killed(actor_cell& self, envelope& e);
  void refuse_stopped(actor_cell& self, envelope& e);
  void cancelled(actor_cell& self, envelope& e, const std::string& context);
  void failed(actor_cell& self, envelope& e);
  void failed_in(actor_cell& self, const std::string& what);

  // python_async.cpp
  std::optional<fault> start_async(actor_cell& self, PyObject* coroutine);
  void handle_async(actor_cell& self, envelope& e, PyObject* coroutine);
  void suspend(actor_cell& self, const py_ref& task);
  py_ref start_limited(const actor_cell& self, PyObject* coroutine,
                       actor_id sender, actor_loop::about kind);
  void finish_kept(actor_cell& self, actor_loop::held& done);
  void drive(actor_cell& self);
  void settle(actor_cell& self);
  void finish_callback_async(actor_cell& self, PyObject* coroutine,
                             const char* what);
  void ended_as(actor_cell& self, py_ref outcome);
  void let_go_of_loop(actor_cell& self) noexcept;

  void report(const std::string& context);
  fault take_fault(const std::string& context);

  // What each message touches comes first.

  // Constant after construction.
  engine& engine_;
  const ref_ptr<interpreter> home_;
  const std::uint64_t kill_token_;

  // The actor's turn only.
  module_state* state_ = nullptr;
  std::vector<handler_table> become_;  // what is now is the last
  handler_table first_;
  actor_loop loop_;
  callback_timers timers_;
  clock_duration receive_timeout_{};  // zero: none
  py_ref starting_;                   // the task of started(), until it is done
  py_ref ending_;                     // likewise of what ends the actor
  bool ends_ = false;                 // on_ending() was called
  std::atomic<bool> given_up_{false};  // by any thread: a request, maybe kept
  actor_recipe recipe_;  // constant, but for the arguments: on_start()'s
};

/// troupe._actor.<name>: the parts of an actor's life that aren't hot. New
/// reference, or null with an exception set.
py_ref actor_function(const char* name);

}  // namespace troupe
