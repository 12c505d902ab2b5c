// SPDX-License-Identifier: Apache-2.0
#include "actors/asking/waiting.hpp"

#include <algorithm>

namespace troupe {
namespace {

drive_result as_drive_result(wait_result result) noexcept {
  switch (result) {
    case wait_result::done:
      return drive_result::done;
    case wait_result::timed_out:
      return drive_result::timed_out;
    default:
      return drive_result::interrupted;
  }
}

// Until its own deadline, at most: nobody would move time on to it otherwise.
std::optional<clock_duration> bounded(const scheduler& s, const completion& c,
                                      std::optional<clock_duration> timeout) {
  if (c.clock() == nullptr) {
    return timeout;
  }
  const clock_duration left = c.deadline() - s.now();
  return timeout ? std::min(*timeout, left) : left;
}

}  // namespace

drive_result wait_for(scheduler& s, completion& c, const wait_terms& terms) {
  const auto ended_otherwise = [&terms] { return terms.also && terms.also(); };
  const drive_result driven =
      s.drive({.done = [&] { return c.done() || ended_otherwise(); },
               .timeout = bounded(s, c, terms.timeout),
               .words = terms.words});
  if (driven == drive_result::not_driven) {
    return as_drive_result(c.wait(terms.timeout, terms.also));
  }
  if (c.done()) {
    return drive_result::done;
  }
  return driven == drive_result::done ? drive_result::interrupted : driven;
}

}  // namespace troupe
