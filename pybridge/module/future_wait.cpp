// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/future_wait.hpp"

#include <cstdio>
#include <optional>
#include <utility>

#include "pybridge/module/module_state.hpp"
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

bool wait_for_answer(const request& r, PyObject* seconds) {
  std::optional<clock_duration> timeout;
  if (!read_timeout(seconds, timeout)) {
    return false;
  }
  if (r.answer->done()) {
    return true;
  }
  switch (wait_detached(*r.answer, timeout,
                        r.asked.cell().system().get_scheduler())) {
    case wait_result::done:
      return true;
    case wait_result::timed_out:
      raise_not_yet(r, *timeout);
      return false;
    default:  // an exception is set
      return false;
  }
}

std::string words_if_expired(const request& r) {
  return "no answer from " + name_of_request(r) + " within " +
         in_seconds(r.limit) +
         (r.by_default ? ", the limit of this system's requests (ask_timeout); "
                         "ref.options(timeout=...) sets another"
                       : "");
}

}  // namespace troupe
