// SPDX-License-Identifier: Apache-2.0
// There and back again.
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "tests/pybridge/python_fixture.hpp"

namespace troupe::test {

/// What `expression` is arrives with the same type, value and repr().
inline py_ref check_round_trip(side& here, const std::string& expression) {
  CAPTURE(std::string{expression});
  const py_ref sent = here.eval(expression);
  py_ref got = here.decoded(here.encoded(sent.get()));
  CHECK(here.holds("type(got) is type(sent)", sent.get(), got.get()));
  CHECK(here.holds("got == sent", sent.get(), got.get()));
  CHECK(here.holds("repr(got) == repr(sent)", sent.get(), got.get()));
  return got;
}

}  // namespace troupe::test
