// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/python_behaviour.hpp"

#include <atomic>
#include <utility>

#include "pybridge/data/convert.hpp"
#include "pybridge/engine/engine.hpp"
#include "pybridge/module/import_shelter.hpp"
#include "pybridge/module/letters.hpp"
#include "pybridge/module/reply_object.hpp"

namespace troupe {
namespace {

thread_local constinit python_behaviour* behaviour_at_work = nullptr;

std::uint64_t next_token() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

bool is_call(const envelope& e) noexcept {
  return e.kind == static_cast<std::uint8_t>(envelope_kind::call);
}

}  // namespace

py_ref actor_function(const char* name) {
  const auto module = py_ref::steal(PyImport_ImportModule("troupe._actor"));
  return module ? py_ref::steal(PyObject_GetAttrString(module.get(), name))
                : py_ref{};
}

python_behaviour::at_work::at_work(python_behaviour& who) noexcept
    : interruptible_{*who.home_, who.kill_token_},
      before_{std::exchange(behaviour_at_work, &who)} {}

python_behaviour::at_work::~at_work() {
  behaviour_at_work = before_;
}

python_behaviour* python_behaviour::current() noexcept {
  return behaviour_at_work;
}

python_behaviour::python_behaviour(engine& e, ref_ptr<interpreter> home,
                                   actor_recipe recipe)
    : engine_{e},
      home_{std::move(home)},
      kill_token_{next_token()},
      loop_{*home_},
      recipe_{std::move(recipe)} {}

std::optional<fault> python_behaviour::on_start(actor_cell& self) {
  state_ = import_state();
  const bool prepared = state_ != nullptr && shelter_imports(*state_);
  const at_work scope{*this};
  py_ref loaded = prepared && !self.killed() ? load() : py_ref{};
  if (loaded && PyCoro_CheckExact(loaded.get())) {
    return start_async(self, loaded.get());
  }
  return started_as(self, loaded);
}

// What load() came to; null with an exception set.
std::optional<fault> python_behaviour::started_as(const actor_cell& self,
                                                  const py_ref& loaded) {
  if (loaded && first_.read(loaded.get())) {
    return std::nullopt;
  }
  return take_fault("actor '" + self.name() + "' couldn't start");
}

// troupe._actor.start((module, class, private))(*args, **kwargs)
py_ref python_behaviour::load() {
  const payload arguments = std::move(recipe_.arguments);
  decoded_call call;
  const auto start = actor_function("start");
  const auto recipe = py_ref::steal(
      Py_BuildValue("(ssO)", recipe_.module.c_str(), recipe_.class_name.c_str(),
                    recipe_.private_module ? Py_True : Py_False));
  if (!start || !recipe || !decode_call(state_->types, arguments, call)) {
    return {};
  }
  const auto bound =
      py_ref::steal(PyObject_CallOneArg(start.get(), recipe.get()));
  return bound ? py_ref::steal(call.call(bound.get())) : py_ref{};
}

// Owned: a handler may become() something else while it runs.
py_ref python_behaviour::find(const envelope& e) const {
  return e.selector == symbol::none ? now().receive
                                    : py_ref::borrow(now().find(e.selector));
}

// The one value that it holds, or what a request came to (see piping.cpp).
// Null: an exception is set.
py_ref python_behaviour::decode_message(const envelope& e) {
  return e.outcome ? read_outcome(*state_, e.content)
                   : py_ref::steal(decode(state_->types, e.content));
}

// False: the content of `e` can't become Python objects. In either case a null
// result comes with an exception set.
bool python_behaviour::call(PyObject* function, const envelope& e,
                            py_ref& result) {
  if (!is_call(e)) {
    const auto message = decode_message(e);
    if (!message) {
      return false;
    }
    result = py_ref::steal(PyObject_CallOneArg(function, message.get()));
    return true;
  }
  decoded_call arguments;
  if (!decode_call(state_->types, e.content, arguments)) {
    return false;
  }
  result = py_ref::steal(arguments.call(function));
  return true;
}

void python_behaviour::on_message(actor_cell& self, envelope& e) {
  const py_ref function = find(e);
  if (!function) {
    refuse_unknown(self, e);
    return;
  }
  const at_work scope{*this};
  if (self.killed()) {
    refuse_killed(self, e);
    return;
  }
  py_ref value;
  if (!call(function.get(), e, value)) {
    refuse_undecodable(self, e);
    return;
  }
  if (value && PyCoro_CheckExact(value.get())) {
    handle_async(self, e, value.get());
    return;
  }
  finish(self, e, std::move(value));
  if (loop_.has_ready()) {
    drive(self);
  }
}

void python_behaviour::finish(actor_cell& self, envelope& e, py_ref value) {
  const turn_scope in_turn;
  if (self.at_hand() != &e) {  // stashed or forwarded: this answers nobody
    if (!value) {
      failed_in(self, "a handler that had given its message away");
    }
    return;
  }
  finish_message(self, e, std::move(value));
}

void python_behaviour::finish_message(actor_cell& self, envelope& e,
                                      py_ref value) {
  if (!value) {
    failed(self, e);
    return;
  }
  if (e.deferred) {  // a Reply answers
    e.reply_to = nullptr;
  }
  if (e.reply_to == nullptr) {
    return;
  }
  payload answer;
  if (encode(state_->types, value.get(), answer, "result")) {
    self.answer(e, std::move(answer));
  } else {
    self.answer(e, take_fault("the answer can't be sent"));
  }
}

void python_behaviour::on_ready(actor_cell& self) {
  const at_work scope{*this};
  const auto run = actor_function("run_callbacks");
  const auto done =
      py_ref::steal(run ? PyObject_CallNoArgs(run.get()) : nullptr);
  if (!done && !self.killed()) {
    report("a callback of actor '" + self.name() + "' failed");
  }
  PyErr_Clear();
  if (loop_) {
    drive(self);
  }
}

void python_behaviour::become(handler_table next, bool keep) {
  if (!keep && !become_.empty()) {
    const handler_table last = std::exchange(become_.back(), std::move(next));
    return;
  }
  become_.push_back(std::move(next));
}

bool python_behaviour::unbecome() noexcept {
  if (become_.empty()) {
    return false;
  }
  const handler_table last = std::move(become_.back());
  become_.pop_back();
  return true;
}

void python_behaviour::on_stop(actor_cell& self, stop_reason reason) noexcept {
  static_cast<void>(reason);
  let_go_of_loop(self);
  if (state_ != nullptr) {
    end_replies(*state_, self.id());
  }
  if (recipe_.private_module) {
    forget(self.id());
  }
  timers_.clear();
  become_.clear();
  first_ = {};
}

// The interpreter goes on without this actor.
void python_behaviour::forget(actor_id id) noexcept {
  const auto function = actor_function("forget");
  const auto done = py_ref::steal(
      function ? PyObject_CallFunction(function.get(), "K",
                                       static_cast<unsigned long long>(id))
               : nullptr);
  PyErr_Clear();
}

void python_behaviour::interrupt(actor_cell& self, interrupt_kind kind,
                                 std::uint64_t message) noexcept {
  runtime& r = engine_.get_runtime();
  if (kind == interrupt_kind::kill) {
    r.interrupt(home_, kill_token_, "troupe.errors:ActorKilled");
  } else {
    r.interrupt(home_, kill_token_, "troupe.errors:HandlerTimeout",
                [cell = ref_ptr<actor_cell>{&self}, message] {
                  return cell->is_handling(message);
                });
  }
}

std::string python_behaviour::describe() const {
  return recipe_.class_name.empty() ? recipe_.module
                                    : recipe_.module + ":" + recipe_.class_name;
}

}  // namespace troupe
