// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/python_behaviour.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "pybridge/data/convert.hpp"
#include "pybridge/engine/engine.hpp"

namespace troupe {
namespace {

std::uint64_t next_token() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// troupe._actor.<name>: the parts of an actor's life that aren't hot.
py_ref actor_function(const char* name) {
  const auto module = py_ref::steal(PyImport_ImportModule("troupe._actor"));
  return module ? py_ref::steal(PyObject_GetAttrString(module.get(), name))
                : py_ref{};
}

std::string describe(PyObject* exception) {
  std::string text = Py_TYPE(exception)->tp_name;
  const auto words = py_ref::steal(PyObject_Str(exception));
  const char* utf8 = words ? PyUnicode_AsUTF8(words.get()) : nullptr;
  if (utf8 == nullptr) {
    PyErr_Clear();
  } else if (*utf8 != '\0') {
    text += std::string{": "} + utf8;
  }
  return text;
}

}  // namespace

python_behaviour::python_behaviour(engine& e, ref_ptr<interpreter> home,
                                   actor_recipe recipe)
    : engine_{e},
      home_{std::move(home)},
      kill_token_{next_token()},
      recipe_{std::move(recipe)} {}

std::optional<fault> python_behaviour::on_start(actor_cell& self) {
  const interpreter::interruptible scope{*home_, kill_token_};
  state_ = import_state();
  py_ref loaded = state_ != nullptr && !self.killed() ? load() : py_ref{};
  if (loaded && PyCoro_CheckExact(loaded.get())) {
    loaded = loop_.finish(*state_, std::move(loaded));
  }
  if (loaded && keep(loaded.get())) {
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

// `loaded`: ({handler name: callable}, receive or None, stopping or None)
bool python_behaviour::keep(PyObject* loaded) {
  PyObject* handlers = nullptr;  // borrowed, as the other two
  PyObject* receive = nullptr;
  PyObject* stopping = nullptr;
  if (!PyArg_ParseTuple(loaded, "O!OO", &PyDict_Type, &handlers, &receive,
                        &stopping)) {
    return false;
  }
  receive_ = py_ref::borrow(receive == Py_None ? nullptr : receive);
  stopping_ = py_ref::borrow(stopping == Py_None ? nullptr : stopping);
  Py_ssize_t position = 0;
  PyObject* key = nullptr;
  PyObject* function = nullptr;
  while (PyDict_Next(handlers, &position, &key, &function)) {
    const char* name = PyUnicode_AsUTF8(key);
    if (name == nullptr) {
      return false;
    }
    handlers_.push_back({intern(name), py_ref::borrow(function)});
  }
  std::ranges::sort(handlers_, {}, &handler::name);
  return true;
}

PyObject* python_behaviour::find(symbol name) const noexcept {
  const auto found =
      std::ranges::lower_bound(handlers_, name, {}, &handler::name);
  return found != handlers_.end() && found->name == name ? found->function.get()
                                                         : nullptr;
}

// False: the content of `e` can't become Python objects. In either case a null
// result comes with an exception set.
bool python_behaviour::call(const envelope& e, py_ref& result) {
  if (e.kind == static_cast<std::uint8_t>(envelope_kind::message)) {
    const auto message = py_ref::steal(decode(state_->types, e.content));
    if (!message) {
      return false;
    }
    result = py_ref::steal(PyObject_CallOneArg(receive_.get(), message.get()));
    return true;
  }
  decoded_call arguments;
  if (!decode_call(state_->types, e.content, arguments)) {
    return false;
  }
  result = py_ref::steal(arguments.call(find(e.selector)));
  return true;
}

void python_behaviour::on_message(actor_cell& self, envelope& e) {
  const bool known = e.kind == static_cast<std::uint8_t>(envelope_kind::message)
                         ? static_cast<bool>(receive_)
                         : find(e.selector) != nullptr;
  if (!known) {
    refuse_unknown(self, e);
    return;
  }
  const interpreter::interruptible scope{*home_, kill_token_};
  if (self.killed()) {
    refuse_killed(self, e);
    return;
  }
  py_ref value;
  if (!call(e, value)) {
    refuse_undecodable(self, e);
    return;
  }
  if (value && PyCoro_CheckExact(value.get())) {
    value = loop_.finish(*state_, std::move(value));
  }
  finish(self, e, std::move(value));
}

void python_behaviour::finish(actor_cell& self, envelope& e, py_ref value) {
  if (!value) {
    failed(self, e);
    return;
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

void python_behaviour::failed(actor_cell& self, envelope& e) {
  const turn_scope in_turn;
  const bool asked = e.reply_to != nullptr;
  const bool exits = PyErr_ExceptionMatches(PyExc_SystemExit) != 0;
  const std::string context =
      "actor '" + self.name() + "' failed in " + describe_handler(e);
  if (self.killed()) {
    PyErr_Clear();
    self.refuse(
        e, dead_reason::failed,
        {make_error(errc::stopped, "actor '" + self.name() + "' was killed"),
         {}});
  } else if (exits) {
    self.answer(e, take_fault(context));
    self.stop_self();
  } else if (asked) {
    self.answer(e, take_fault(context));
  } else {
    report(context);
    self.fail(e, take_fault(context));
  }
}

void python_behaviour::refuse_killed(actor_cell& self, envelope& e) {
  const turn_scope in_turn;
  self.refuse(
      e, dead_reason::failed,
      {make_error(errc::stopped, "actor '" + self.name() + "' was killed"),
       {}});
}

// An exception is set. The message is at fault, not the actor, which lives on.
void python_behaviour::refuse_undecodable(actor_cell& self, envelope& e) {
  const turn_scope in_turn;
  const std::string context =
      "actor '" + self.name() + "' can't make sense of a message";
  if (e.reply_to == nullptr) {
    report(context);
  }
  self.refuse(e, dead_reason::undecodable, take_fault(context));
}

void python_behaviour::refuse_unknown(actor_cell& self, envelope& e) {
  const turn_scope in_turn;
  const std::string words = "actor '" + self.name() + "' has no " +
                            describe_handler(e) + handler_names();
  if (e.reply_to == nullptr) {
    PySys_FormatStderr("troupe: %s\n", words.c_str());
  }
  self.refuse(e, dead_reason::no_handler,
              {make_error(errc::no_handler, words), {}});
}

std::string python_behaviour::describe_handler(const envelope& e) const {
  return e.kind == static_cast<std::uint8_t>(envelope_kind::message)
             ? std::string{"receive()"}
             : "handler '" + std::string{name_of(e.selector)} + "'";
}

std::string python_behaviour::handler_names() const {
  std::string names;
  for (const handler& h : handlers_) {
    names +=
        (names.empty() ? "; it has: " : ", ") + std::string{name_of(h.name)};
  }
  return names;
}

// The exception that is set, on this interpreter's stderr; it stays set.
void python_behaviour::report(const std::string& context) {
  const auto exception = py_ref::steal(PyErr_GetRaisedException());
  const auto print = actor_function("report");
  const auto printed = py_ref::steal(
      print ? PyObject_CallFunction(print.get(), "sO", context.c_str(),
                                    exception.get())
            : nullptr);
  if (!printed) {
    PyErr_WriteUnraisable(nullptr);
  }
  PyErr_SetRaisedException(Py_NewRef(exception.get()));
}

fault python_behaviour::take_fault(const std::string& context) {
  const auto exception = py_ref::steal(PyErr_GetRaisedException());
  if (!exception) {
    return {make_error(errc::stopped, context), {}};
  }
  fault why{
      make_error(errc::failed, context + ": " + describe(exception.get())), {}};
  if (state_ != nullptr) {
    encode_exception(state_->types, exception.get(), why.raised);
  }
  return why;
}

void python_behaviour::on_ready(actor_cell& self) {
  const interpreter::interruptible scope{*home_, kill_token_};
  const auto run = actor_function("run_callbacks");
  const auto done =
      py_ref::steal(run ? PyObject_CallNoArgs(run.get()) : nullptr);
  if (!done && !self.killed()) {
    report("a callback of actor '" + self.name() + "' failed");
  }
  PyErr_Clear();
  if (loop_ && !loop_.drive() && !self.killed()) {
    report("the event loop of actor '" + self.name() + "' failed");
  }
  PyErr_Clear();
}

void python_behaviour::on_stop(actor_cell& self, stop_reason reason) noexcept {
  if (stopping_ && reason != stop_reason::killed) {
    const interpreter::interruptible scope{*home_, kill_token_};
    auto done = py_ref::steal(PyObject_CallFunction(
        stopping_.get(), "s", std::string{to_string(reason)}.c_str()));
    if (done && PyCoro_CheckExact(done.get())) {
      done = loop_.finish(*state_, std::move(done));
    }
    if (!done) {
      report("stopping() of actor '" + self.name() + "' failed");
      PyErr_Clear();
    }
  }
  loop_.end(reason == stop_reason::killed);
  if (recipe_.private_module) {
    forget(self.id());
  }
  handlers_.clear();
  receive_.reset();
  stopping_.reset();
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

}  // namespace troupe
