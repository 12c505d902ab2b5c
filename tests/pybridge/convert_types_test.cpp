// SPDX-License-Identifier: Apache-2.0
// The value types of the standard library.
#include "pybridge/data/convert.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/pybridge/python_fixture.hpp"
#include "tests/pybridge/round_trip.hpp"

namespace troupe {
namespace {

using test::check_round_trip;
using test::side;

TEST_SUITE("convert: types") {

TEST_CASE("dates and times arrive with zone and fold") {
  side here;
  here.exec(R"py(
import datetime as d
class Odd(d.tzinfo):
    def utcoffset(self, when): return d.timedelta(hours=1)
    def __eq__(self, other): return type(other) is Odd
    def __repr__(self): return 'Odd()'
Odd.__module__ = 'mod'; mod.Odd = Odd
)py");
  for (const char* expression :
       {"d.date(1, 1, 1)", "d.date.max", "d.time(1, 2, 3, 4)",
        "d.time(23, 59, 59, 999999, d.timezone.utc, fold=1)", "d.datetime.min",
        "d.datetime.max", "d.datetime(2026, 5, 4, 3, 2, 1, 5, d.timezone.utc)",
        "d.datetime(2026, 5, 4, fold=1, tzinfo=d.timezone(d.timedelta(hours=-3,"
        " seconds=1), 'here'))",
        "d.datetime(2026, 1, 1, tzinfo=Odd())", "d.timedelta(0)",
        "d.timedelta(-1, 5, 7)", "d.timedelta.max", "d.timedelta.min",
        "d.timezone.utc", "d.timezone(d.timedelta(minutes=90))",
        "d.timezone(d.timedelta(0), 'UTC')"}) {
    const py_ref got = check_round_trip(here, expression);
    CHECK(here.holds("getattr(got, 'fold', 0) == getattr(sent, 'fold', 0)",
                     here.eval(expression).get(), got.get()));
  }
  CHECK(here.holds(
      "got is d.timezone.utc", nullptr,
      here.decoded(here.encoded(here.eval("d.timezone.utc").get())).get()));
}

TEST_CASE("a ZoneInfo is found again by its key") {
  side here;
  here.exec("import zoneinfo");
  const py_ref zones = here.eval("len(zoneinfo.available_timezones())");
  if (PyLong_AsLong(zones.get()) == 0) {
    MESSAGE("no time zone data on this machine");
    return;
  }
  check_round_trip(here, "zoneinfo.ZoneInfo('Europe/Berlin')");
}

TEST_CASE("decimals, fractions and UUIDs arrive exactly") {
  side here;
  here.exec("import decimal, fractions, uuid");
  for (const char* expression :
       {"decimal.Decimal('1.10')", "decimal.Decimal('-0')",
        "decimal.Decimal('1E+1000')", "decimal.Decimal('Infinity')",
        "decimal.Decimal('1' * 100)", "fractions.Fraction(-22, 7)",
        "fractions.Fraction(0)", "fractions.Fraction(10**50, 3)",
        "uuid.UUID(int=0)", "uuid.UUID(int=2**128 - 1)",
        "uuid.UUID('12345678123456781234567812345678')",
        "uuid.UUID(int=5, is_safe=uuid.SafeUUID.safe)"}) {
    const py_ref got = check_round_trip(here, expression);
    CHECK(
        here.holds("getattr(got, 'is_safe', 0) is getattr(sent, 'is_safe', 0)",
                   here.eval(expression).get(), got.get()));
  }
  for (const char* expression :
       {"decimal.Decimal('NaN')", "decimal.Decimal('-sNaN123')"}) {
    const py_ref sent = here.eval(expression);
    const py_ref got = here.decoded(here.encoded(sent.get()));
    CHECK(here.holds("repr(got) == repr(sent)", sent.get(), got.get()));
  }
}

TEST_CASE("paths keep their flavour") {
  side here;
  here.exec("import pathlib");
  for (const char* expression :
       {"pathlib.Path('/usr/lib')", "pathlib.Path('a', '..', 'b')",
        "pathlib.Path()", "pathlib.PurePosixPath('x/y')",
        "pathlib.PureWindowsPath(r'c:\\dir\\file.txt')",
        "pathlib.Path('\\udcff')"}) {
    check_round_trip(here, expression);
  }
}

TEST_CASE("frozendict is sent where Python has it") {
  side here;
  if (!here.holds("hasattr(__builtins__, 'frozendict')", nullptr, nullptr)) {
    return;  // before 3.15
  }
  check_round_trip(here, "frozendict(a=1, b=[2])");
}

}  // TEST_SUITE("convert: types")

}  // namespace
}  // namespace troupe
