// SPDX-License-Identifier: Apache-2.0
// A Python module or class as an actor's behaviour.
//
// Python objects here belong to the interpreter of the actor's isolate; they
// are touched on the actor's turn only and gone after on_stop().
#pragma once

#include "pybridge/python.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "actors/actor_cell.hpp"
#include "pybridge/engine/actor_loop.hpp"
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
  void on_stop(actor_cell& self, stop_reason reason) noexcept override;
  void interrupt(actor_cell& self, interrupt_kind kind,
                 std::uint64_t message) noexcept override;

private:
  struct handler {
    symbol name;
    py_ref function;
  };

  py_ref load();
  bool keep(PyObject* loaded);
  PyObject* find(symbol name) const noexcept;  // borrowed, or null
  [[nodiscard]] bool call(const envelope& e, py_ref& result);
  void finish(actor_cell& self, envelope& e, py_ref value);
  void refuse_unknown(actor_cell& self, envelope& e);
  void refuse_undecodable(actor_cell& self, envelope& e);
  void refuse_killed(actor_cell& self, envelope& e);
  void failed(actor_cell& self, envelope& e);
  void report(const std::string& context);
  void forget(actor_id id) noexcept;
  fault take_fault(const std::string& context);
  std::string describe_handler(const envelope& e) const;
  std::string handler_names() const;

  // Constant after construction, but for the arguments, which on_start() uses.
  engine& engine_;
  const ref_ptr<interpreter> home_;
  const std::uint64_t kill_token_;
  actor_recipe recipe_;

  // The actor's turn only.
  module_state* state_ = nullptr;
  std::vector<handler> handlers_;  // sorted by name
  py_ref receive_;
  py_ref stopping_;
  actor_loop loop_;
};

}  // namespace troupe
