// SPDX-License-Identifier: Apache-2.0
// The data layer beside pickle (protocol 5) and marshal: one message encoded
// and decoded again, in one interpreter. Prints the median of the rounds, their
// spread, and how many times longer the others take.
#include "pybridge/python.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "bench/rounds.hpp"
#include "pybridge/data/blob.hpp"
#include "pybridge/data/convert.hpp"
#include "troupe_python_config.hpp"

namespace troupe {
namespace {

using clock = std::chrono::steady_clock;

struct message {
  const char* name;
  const char* expression;
};

constexpr message messages[] = {
    {"None", "None"},
    {"int 7", "7"},
    {"str, 11 characters", "'hello world'"},
    {"tuple of 3", "('add', 17, 2.5)"},
    {"dict of 10 fields",
     "{'id': 1234567, 'name': 'Ada Lovelace', 'active': True, 'score': 98.6,"
     " 'tags': ['a', 'b', 'c'], 'parent': None, 'size': (640, 480),"
     " 'path': '/usr/lib/python3', 'count': 3, 'ratio': 0.25}"},
    {"list of 1,000 ints", "list(range(1000))"},
    {"100 rows of 5 fields",
     "[{'id': i, 'name': 'row %d' % i, 'x': i / 3, 'y': i / 7, 'ok': True}"
     " for i in range(100)]"},
    {"dataclass of 4 fields", "bench_types.Point(1, 2.0, 'red', None)"},
    {"100 dataclasses",
     "[bench_types.Point(i, i / 2, 'red', None) for i in range(100)]"},
    {"datetime with zone",
     "datetime.datetime(2026, 5, 4, 3, 2, 1, 5, datetime.timezone.utc)"},
    {"Decimal", "decimal.Decimal('123.45')"},
    {"Counter of 50", "collections.Counter(str(i % 50) for i in range(500))"},
    {"bytes, 1 MiB", "bytes(1 << 20)"},
    {"Blob, 64 MiB", "Blob(bytes(64 << 20))"},
};

constexpr const char* prelude = R"(
import collections, dataclasses, datetime, decimal, marshal, pickle, sys, types
bench_types = sys.modules['bench_types'] = types.ModuleType('bench_types')
@dataclasses.dataclass
class Point:
    x: int
    y: float
    colour: str
    label: object
Point.__module__ = 'bench_types'
bench_types.Point = Point
def by_pickle(x, dumps=pickle.dumps, loads=pickle.loads):
    return loads(dumps(x, 5))
def by_marshal(x, dumps=marshal.dumps, loads=marshal.loads):
    return loads(dumps(x))
)";

[[noreturn]] void stop() {
  PyErr_Print();
  std::exit(1);
}

py_ref checked(PyObject* object) {
  if (object == nullptr) {
    stop();
  }
  return py_ref::steal(object);
}

/// Microseconds that `once` takes, which is run for some time.
double microseconds_each(const std::function<bool()>& once) {
  constexpr std::chrono::milliseconds round_time{40};
  const auto start = clock::now();
  const auto end = bench::is_quick ? start : start + round_time;
  auto now = start;
  int count = 0;
  do {
    for (int i = 0; i != 8; ++i) {
      once();
    }
    count += 8;
    now = clock::now();
  } while (now < end);
  return std::chrono::duration<double, std::micro>(now - start).count() / count;
}

/// Nothing if it fails.
std::optional<bench::spread> measure(const std::function<bool()>& once) {
  if (!once()) {
    PyErr_Clear();
    return std::nullopt;
  }
  return bench::measure([&] { return microseconds_each(once); });
}

std::string shown(const std::optional<bench::spread>& m, double base) {
  if (!m) {
    return "-";
  }
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%10.3f (%.1fx)", m->median,
                m->median / base);
  return text.data();
}

void compare(type_cache& types, PyObject* names, const message& m) {
  const py_ref object =
      checked(PyRun_String(m.expression, Py_eval_input, names, names));
  const auto ours = measure([&] {
    payload content;
    if (!encode(types, object.get(), content)) {
      return false;
    }
    return static_cast<bool>(py_ref::steal(decode(types, content)));
  });
  if (!ours) {
    std::printf("%-24s can't be sent\n", m.name);
    return;
  }
  const auto by = [&](const char* function) {
    PyObject* callable = PyDict_GetItemString(names, function);
    return measure([&, callable] {
      return static_cast<bool>(
          py_ref::steal(PyObject_CallOneArg(callable, object.get())));
    });
  };
  std::printf("%-24s %10.3f  %8.3f-%-8.3f %20s %20s\n", m.name, ours->median,
              ours->least, ours->most,
              shown(by("by_pickle"), ours->median).c_str(),
              shown(by("by_marshal"), ours->median).c_str());
  std::fflush(stdout);
}

void start_python() {
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  PyConfig_SetBytesString(&config, &config.program_name,
                          TROUPE_PYTHON_EXECUTABLE);
  PyConfig_SetBytesString(&config, &config.home, TROUPE_PYTHON_PREFIX);
  const PyStatus status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status) != 0) {
    Py_ExitStatusException(status);
  }
}

void run() {
  const py_ref names = checked(PyDict_New());
  PyDict_SetItemString(names.get(), "__builtins__", PyEval_GetBuiltins());
  checked(PyRun_String(prelude, Py_file_input, names.get(), names.get()));
  const py_ref module = checked(PyModule_New("bench"));
  const py_ref blob_type = checked(make_blob_type(module.get()));
  PyDict_SetItemString(names.get(), "Blob", blob_type.get());
  type_cache types;
  types.set_blob_type(blob_type.type());
  std::printf(
      "encode + decode, microseconds, CPython %s, median and spread of %d "
      "rounds\n\n%-24s %10s  %-17s %20s %20s\n",
      TROUPE_PYTHON_VERSION, bench::rounds(), "message", "troupe", "least-most",
      "pickle", "marshal");
  for (const message& m : messages) {
    compare(types, names.get(), m);
  }
}

}  // namespace
}  // namespace troupe

int main(int argc, char** argv) {
  troupe::bench::read_options(argc, argv);
  troupe::start_python();
  troupe::run();
  return Py_FinalizeEx() < 0 ? 1 : 0;
}
