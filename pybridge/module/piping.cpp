// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/piping.hpp"

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "actors/actor_system.hpp"
#include "pybridge/module/future_object.hpp"
#include "pybridge/module/sender_object.hpp"

namespace troupe {
namespace {

struct pipe {
  sender_target to;
  std::optional<sender_target> on_error;
  std::uint64_t sender;
  std::string if_late;  // words
};

// The receiver decodes the answer where it is: nothing is copied.
envelope_ptr make_message(const pipe& p, const sender_target& to,
                          ref_ptr<completion> answer) {
  auto e = make_envelope();
  e->kind = static_cast<std::uint8_t>(envelope_kind::message);
  e->outcome = true;
  e->selector = to.handler;
  e->sender = p.sender;
  e->content.attach(std::move(answer));
  return e;
}

void send(const pipe& p, const sender_target& to, ref_ptr<completion> answer) {
  auto e = make_message(p, to, std::move(answer));
  e->urgent = to.options.priority;
  to.receiver.cell().deliver_or_bury(std::move(e));
}

// Nobody is to get it, so it is told here.
void bury(const pipe& p, completion& answer) {
  const error& what = answer.why().what;
  const actor_ref& receiver = p.to.receiver;
  const bool cancelled = what.code == errc::cancelled;
  if (!cancelled) {
    std::fprintf(stderr, "troupe: nothing is piped to actor '%s': %s\n",
                 receiver.name().c_str(), what.detail.c_str());
  }
  receiver.cell().system().dead().note(
      *make_message(p, p.to, ref_ptr<completion>{&answer}), receiver.id(),
      cancelled ? dead_reason::cancelled : dead_reason::failed);
}

// On whichever thread completes the answer.
void on_answer(const pipe& p, completion& c) {
  ref_ptr<completion> answer{&c};
  if (c.has_value()) {
    send(p, p.to, std::move(answer));
    return;
  }
  if (c.why().what.code == errc::timed_out && c.why().raised.empty()) {
    answer = make_ref_counted<completion>();
    answer->set_fault({make_error(errc::timed_out, p.if_late), {}});
  }
  if (p.on_error) {
    send(p, *p.on_error, std::move(answer));
  } else {
    bury(p, *answer);
  }
}

bool read_target(module_state& state, PyObject* given, const char* usage,
                 std::optional<sender_target>& out) {
  out = target_of(state, given);
  if (!out || out->ask) {
    PyErr_Format(PyExc_TypeError,
                 "%s takes ref.tell.HANDLER, or ref.tell for receive(); not %R",
                 usage, given);
    return false;
  }
  return true;
}

}  // namespace

PyObject* pipe_future(PyObject* future, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"", "on_error", nullptr};
  PyObject* to = nullptr;
  PyObject* on_error = Py_None;
  module_state& state = state_of(future);
  std::optional<sender_target> target;
  std::optional<sender_target> for_errors;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:pipe_to",
                                   const_cast<char**>(names), &to, &on_error) ||
      !read_target(state, to, "pipe_to()", target) ||
      (on_error != Py_None &&
       !read_target(state, on_error, "pipe_to(on_error=...)", for_errors))) {
    return nullptr;
  }
  const request& asked = request_of(future);
  const actor_cell* self = actor_cell::current();
  completion& answer = *asked.answer;
  answer.on_done(
      // The completion is alive while it calls; to hold it would keep it so.
      [&answer,
       p = pipe{std::move(*target), std::move(for_errors),
                self == nullptr ? 0 : static_cast<std::uint64_t>(self->id()),
                words_if_expired(asked)}] { on_answer(p, answer); });
  Py_RETURN_NONE;
}

}  // namespace troupe
