// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/future_wait.hpp"

#include <cstdio>
#include <optional>
#include <utility>

#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/system_object.hpp"

namespace troupe {
namespace {

std::string name_of_request(const request& r) {
  const std::string_view handler = name_of(r.handler);
  return "actor '" + r.asked.name() + "'" +
         (handler.empty() ? "" : " to '" + std::string{handler} + "'");
}

PyObject* raise_not_yet(const request& r, clock_duration waited) {
  const std::string words = "no answer from " + name_of_request(r) + " in " +
                            in_seconds(waited) +
                            "; the request stays open, and may be waited for "
                            "again";
  return raise_named("AskTimeout", words.c_str());
}

// (the one that waits, the one it waits for)
py_ref cycle_of(module_state& state, actor_cell& waiting,
                const actor_ref& asked) {
  const actor_ref self{ref_ptr<actor_cell>{&waiting}};
  const auto first = py_ref::steal(make_ref(state, self));
  if (!first || self == asked) {
    return py_ref::steal(first ? PyTuple_Pack(1, first.get()) : nullptr);
  }
  const auto second = py_ref::steal(make_ref(state, asked));
  return py_ref::steal(second ? PyTuple_Pack(2, first.get(), second.get())
                              : nullptr);
}

}  // namespace

request begin_request(const actor_ref& asked, symbol handler,
                      const send_options& options) {
  const clock_duration limit = options.timeout
                                   ? *options.timeout
                                   : engine_of(asked.cell()).ask_timeout();
  auto answer = make_ref_counted<completion>();
  if (limit != no_limit) {
    scheduler& clock = asked.cell().system().get_scheduler();
    answer->set_deadline(clock, clock.now() + limit);
  }
  return {std::move(answer), asked, handler, limit, !options.timeout};
}

std::string in_seconds(clock_duration time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g s",
                std::chrono::duration<double>{time}.count());
  return text;
}

bool would_deadlock(const request& r) noexcept {
  const actor_cell* waiting = actor_cell::current();
  if (waiting == nullptr) {
    return false;
  }
  const actor_cell& asked = r.asked.cell();
  return waiting == &asked ||
         (waiting->home() != nullptr && waiting->home() == asked.home()) ||
         (waiting->lane() && asked.lane() &&
          waiting->lane()->index == asked.lane()->index);
}

PyObject* raise_deadlock(module_state& state, const request& r) {
  actor_cell& waiting = *actor_cell::current();
  const std::string self = "'" + waiting.name() + "'";
  const std::string words =
      self + " would wait for ever: it waits for " +
      (&waiting == &r.asked.cell()
           ? "itself"
           : "'" + r.asked.name() + "', which shares its " +
                 (waiting.lane() ? "pinned thread" : "home") +
                 " and can't run") +
      " until this handler returns; await it, use add_done_callback(), or "
      "spawn one of them elsewhere";
  const auto cycle = cycle_of(state, waiting, r.asked);
  const auto errors = py_ref::steal(PyImport_ImportModule("troupe.errors"));
  const auto error = py_ref::steal(
      cycle && errors ? PyObject_CallMethod(errors.get(), "DeadlockError", "sO",
                                            words.c_str(), cycle.get())
                      : nullptr);
  if (error) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.get())),
                    error.get());
  }
  return nullptr;
}

bool wait_for_answer(module_state& state, const request& r, PyObject* seconds) {
  std::optional<clock_duration> timeout;
  if (!read_timeout(seconds, timeout)) {
    return false;
  }
  if (r.answer->done()) {
    return true;
  }
  if (would_deadlock(r)) {
    raise_deadlock(state, r);
    return false;
  }
  switch (wait_detached(*r.answer, timeout)) {
    case wait_result::done:
      return true;
    case wait_result::timed_out:
      raise_not_yet(r, *timeout);
      return false;
    case wait_result::interrupted:
    case wait_result::deadlock:
      return false;
  }
  return false;
}

PyObject* raise_expired(const request& r) {
  const std::string words =
      "no answer from " + name_of_request(r) + " within " +
      in_seconds(r.limit) +
      (r.by_default ? ", the limit of this system's requests (ask_timeout); "
                      "ref.options(timeout=...) sets another"
                    : "");
  return raise_named("AskTimeout", words.c_str());
}

}  // namespace troupe
