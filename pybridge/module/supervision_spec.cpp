// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/supervision_spec.hpp"

#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "pybridge/data/convert.hpp"
#include "pybridge/module/spawn_arguments.hpp"
#include "pybridge/module/spawning.hpp"

namespace troupe {
namespace {

std::chrono::nanoseconds from_seconds(double seconds) {
  return std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
}

// The words were checked by troupe._child_specs.
child_terms terms_of(const char* name, const char* restart, double shutdown) {
  child_terms terms;
  terms.name = name;
  terms.restart =
      parse_restart_policy(restart).value_or(restart_policy::permanent);
  terms.shutdown.reset();
  if (shutdown >= 0) {
    terms.shutdown = from_seconds(shutdown);
  }
  return terms;
}

// ("worker", name, restart, shutdown, (target, *args), kwargs)
std::optional<child_spec> read_worker(spec_reading& r, PyObject* plain) {
  const char* kind = nullptr;
  const char* name = nullptr;
  const char* restart = nullptr;
  double shutdown = 0;
  PyObject* args = nullptr;  // borrowed, as the other
  PyObject* kwargs = nullptr;
  engine_spawn what;
  if (!PyArg_ParseTuple(plain, "sssdO!O!", &kind, &name, &restart, &shutdown,
                        &PyTuple_Type, &args, &PyDict_Type, &kwargs) ||
      !read_spawn_arguments(r.state, args, kwargs, what)) {
    return std::nullopt;
  }
  r.needs_this_turn_over |= runs_where_this_turn_runs(what);
  child_spec spec{.terms = terms_of(name, restart, shutdown)};
  spec.spawn = [&e = r.in,
                shared = std::make_shared<const engine_spawn>(std::move(what))](
                   ref_ptr<child_observer> parent) {
    engine_spawn again = shared->clone();
    again.options.parent = std::move(parent);
    return e.spawn(std::move(again));
  };
  return spec;
}

std::optional<std::vector<child_spec>> read_children(spec_reading& r,
                                                     PyObject* plain) {
  std::vector<child_spec> all;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(plain); ++i) {
    auto child = read_child(r, PyTuple_GET_ITEM(plain, i));
    if (!child) {
      return std::nullopt;
    }
    all.push_back(std::move(*child));
  }
  return all;
}

struct supervisor_words {
  const char* kind = nullptr;
  const char* name = nullptr;
  const char* restart = nullptr;
  double shutdown = 0;
  const char* strategy = nullptr;
  PyObject* restarts = nullptr;  // borrowed, as those below
  int only_for_these = 0;
  PyObject* children = nullptr;
  PyObject* made_of = nullptr;
  supervision_terms terms;

  bool read(PyObject* plain) {
    if (!PyArg_ParseTuple(plain, "sssdsO!pO!O", &kind, &name, &restart,
                          &shutdown, &strategy, &PyTuple_Type, &restarts,
                          &only_for_these, &PyTuple_Type, &children,
                          &made_of)) {
      return false;
    }
    terms.strategy = parse_restart_strategy(strategy).value_or(
        restart_strategy::one_for_one);
    terms.ends_when_childless = only_for_these != 0;
    return read_restart_terms(restarts, terms.max_restarts, terms.within,
                              terms.backoff);
  }
};

// ("supervisor", name, restart, shutdown, strategy, restart terms,
//  only_for_these, children, what children of simple_one_for_one are made of,
//  or None)
std::optional<child_spec> read_supervisor(spec_reading& r, PyObject* plain) {
  supervisor_words words;
  if (!words.read(plain)) {
    return std::nullopt;
  }
  auto children = read_children(r, words.children);
  if (!children) {
    return std::nullopt;
  }
  const auto report = [](const std::string& text) {
    std::fprintf(stderr, "troupe: %s\n", text.c_str());
  };
  auto made = supervisor::make(words.terms, std::move(*children), report,
                               r.in.draw_seed());
  if (!made) {
    PyErr_SetString(PyExc_ValueError, made.error().detail.c_str());
    return std::nullopt;
  }
  if (words.made_of != Py_None) {
    payload what;
    if (!encode(r.state.types, words.made_of, what, "child")) {
      return std::nullopt;
    }
    (*made)->set_template(std::move(what));
  }
  child_spec spec{.terms = terms_of(words.name, words.restart, words.shutdown)};
  spec.terms.is_supervisor = true;
  spec.nested = std::move(*made);
  return spec;
}

}  // namespace

bool read_restart_terms(PyObject* plain, std::optional<unsigned>& max_restarts,
                        std::chrono::nanoseconds& within,
                        backoff_terms& backoff) {
  int most = 0;
  double seconds = 0, initial = 0, maximum = 0, factor = 0, jitter = 0;
  int at_once = 0;
  if (!PyArg_ParseTuple(plain, "id(ddddi)", &most, &seconds, &initial, &maximum,
                        &factor, &jitter, &at_once)) {
    return false;
  }
  max_restarts =
      most < 0 ? std::nullopt : std::optional{static_cast<unsigned>(most)};
  within = from_seconds(seconds);
  backoff = {.at_once = static_cast<unsigned>(at_once),
             .initial = from_seconds(initial),
             .maximum = from_seconds(maximum),
             .factor = factor,
             .jitter = jitter};
  return true;
}

std::optional<child_spec> read_child(spec_reading& r, PyObject* plain) {
  const char* kind = PyTuple_Check(plain) && PyTuple_GET_SIZE(plain) > 0
                         ? PyUnicode_AsUTF8(PyTuple_GET_ITEM(plain, 0))
                         : "";
  if (kind == nullptr) {
    return std::nullopt;
  }
  if (std::strcmp(kind, "worker") == 0) {
    return read_worker(r, plain);
  }
  if (std::strcmp(kind, "supervisor") == 0) {
    return read_supervisor(r, plain);
  }
  PyErr_SetString(PyExc_TypeError,
                  "a child is a tuple that begins with its "
                  "kind");
  return std::nullopt;
}

}  // namespace troupe
