// SPDX-License-Identifier: Apache-2.0
// Tasks of an executor whose workers are in other processes, where its channels
// can't be: each is sent to its worker as a request, and the next one when the
// answer has come.
#include <array>
#include <string>
#include <utility>

#include "actors/actor_system.hpp"
#include "base/symbol.hpp"
#include "pybridge/data/wire.hpp"
#include "pybridge/module/channel_object.hpp"
#include "pybridge/module/ref_object.hpp"

namespace troupe {
namespace {

void put_text(payload& out, std::string text) {
  for (char& c : text) {
    c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
  }
  out.append(std::array{static_cast<std::byte>(wire::tag::ascii)}.data(), 1);
  for (std::size_t left = text.size();; left >>= 7) {
    const auto low = static_cast<std::byte>(left & 0x7F);
    const std::byte one = left > 0x7F ? low | std::byte{0x80} : low;
    out.append(&one, 1);
    if (left <= 0x7F) {
      break;
    }
  }
  out.append(text.data(), text.size());
}

// As encode_exception() writes one that can't be rebuilt.
payload plain_exception(const error& what) {
  payload out;
  put_text(out, "troupe.errors.TroupeError");
  put_text(out, what.detail);
  put_text(out, "");
  out.append(std::array{static_cast<std::byte>(wire::tag::none)}.data(), 1);
  return out;
}

class task_relay final : public ref_counted {
public:
  task_relay(ref_ptr<channel> tasks, ref_ptr<channel> results, actor_ref worker,
             symbol handler)
      : tasks_{std::move(tasks)},
        results_{std::move(results)},
        worker_{std::move(worker)},
        handler_{handler} {}

  // Any thread; one at a time, each after the one before.
  void next() {
    parcel task;
    while (!worker_.ended()) {
      switch (tasks_->take(task)) {
        case channel_result::ok:
          send(std::move(task));
          return;
        case channel_result::closed:
          return;
        case channel_result::not_now:
          tasks_->when_filled().told->on_done(
              [self = ref_ptr<task_relay>{this}] { self->look(); });
          return;
      }
    }
  }

private:
  // Off the thread that has put a task: that goes on.
  void look() {
    worker_.cell().system().get_scheduler().after(
        {}, [self = ref_ptr<task_relay>{this}] { self->next(); });
  }

  void send(parcel&& task) {
    auto answer = make_ref_counted<completion>();
    auto e = make_envelope();
    e->kind = static_cast<std::uint8_t>(envelope_kind::call);
    e->selector = handler_;
    e->content = std::move(task.content);
    e->reply_to = answer;
    answer->on_done([self = ref_ptr<task_relay>{this}, tag = task.tag,
                     c = answer.get()] { self->on_answer(tag, *c); });
    worker_.cell().deliver_or_bury(std::move(e));
  }

  // Of a worker that has ended nothing is told: whoever watches it knows.
  void on_answer(std::uint64_t tag, const completion& c) {
    if (!c.has_value() && c.why().raised.empty() &&
        c.why().what.code == errc::stopped) {
      return;
    }
    parcel outcome{tag, static_cast<std::uint8_t>(parcel_kind::value), {}};
    if (c.has_value()) {
      outcome.content = c.value().clone();
    } else {
      outcome.kind = static_cast<std::uint8_t>(parcel_kind::raised);
      outcome.content = c.why().raised.empty() ? plain_exception(c.why().what)
                                               : c.why().raised.clone();
    }
    results_->put_anyway(std::move(outcome));
    look();
  }

  const ref_ptr<channel> tasks_;
  const ref_ptr<channel> results_;
  const actor_ref worker_;
  const symbol handler_;
};

}  // namespace

PyObject* relay_tasks(PyObject* object, PyObject* args) {
  module_state& state = state_of(object);
  PyObject* results = nullptr;
  PyObject* worker = nullptr;
  const char* handler = nullptr;
  if (!PyArg_ParseTuple(args, "O!O!s:relay", state.channel_type.get(), &results,
                        state.ref_type.get(), &worker, &handler)) {
    return nullptr;
  }
  make_ref_counted<task_relay>(ref_ptr<channel>{&channel_of(object)},
                               ref_ptr<channel>{&channel_of(results)},
                               *actor_of(state, worker), intern(handler))
      ->next();
  Py_RETURN_NONE;
}

}  // namespace troupe
