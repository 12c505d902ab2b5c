// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/routing_arguments.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <thread>
#include <utility>

#include "base/random_seed.hpp"
#include "pybridge/data/message_key.hpp"
#include "pybridge/launcher/near_name.hpp"
#include "pybridge/module/naming.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/spawn_arguments.hpp"
#include "pybridge/module/supervision_spec.hpp"

namespace troupe {
namespace {

constexpr std::array<std::string_view, 7> policies{
    "round_robin",     "random", "least_loaded",        "broadcast",
    "consistent_hash", "sticky", "scatter_gather_first"};

// Borrowed; all null: not given.
struct common_options {
  PyObject* policy = nullptr;
  PyObject* key = nullptr;
  PyObject* seed = nullptr;
  PyObject* max_keys = nullptr;
};

bool given(PyObject* value) noexcept {
  return value != nullptr && value != Py_None;
}

bool read_key(PyObject* key, key_place& out) {
  if (!given(key)) {
    return true;
  }
  if (PyLong_Check(key)) {
    const Py_ssize_t position = PyLong_AsSsize_t(key);
    if (position < 0) {
      PyErr_Clear();
      PyErr_Format(PyExc_ValueError,
                   "key=%R: the position of an argument, from 0 on, or its "
                   "keyword",
                   key);
      return false;
    }
    out = static_cast<std::size_t>(position);
    return true;
  }
  if (!PyUnicode_Check(key) || !PyUnicode_IS_ASCII(key) ||
      PyUnicode_GET_LENGTH(key) == 0) {
    PyErr_Format(PyExc_TypeError,
                 "key=%R: the position of an argument, or its keyword, a str "
                 "of ASCII characters",
                 key);
    return false;
  }
  out = std::string{PyUnicode_AsUTF8(key)};
  return true;
}

bool read_seed(PyObject* seed, std::uint64_t& out) {
  if (!given(seed)) {
    out = random_seed();
    return true;
  }
  out = PyLong_AsUnsignedLongLongMask(seed);
  return PyErr_Occurred() == nullptr;
}

bool read_max_keys(PyObject* value, std::size_t& out) {
  if (!given(value)) {
    return true;
  }
  const Py_ssize_t keys = PyLong_AsSsize_t(value);
  if (keys >= 1) {
    out = static_cast<std::size_t>(keys);
  } else if (!PyErr_Occurred()) {
    PyErr_Format(PyExc_ValueError,
                 "max_keys=%zd: a sticky router must remember at least 1 key",
                 keys);
  }
  return keys >= 1;
}

key_function key_at(key_place place) {
  return [place = std::move(place)](const envelope& e) {
    return e.kind == static_cast<std::uint8_t>(envelope_kind::call)
               ? key_of_call(e.content, place)
               : key_of_message(e.content, place);
  };
}

bool read_common(const common_options& in, router_arguments& out) {
  std::string policy = "round_robin";
  key_place key{std::size_t{0}};
  std::uint64_t seed = 0;
  std::size_t max_keys = default_max_keys;
  if ((given(in.policy) && !read_name(in.policy, "a policy", policy)) ||
      !read_key(in.key, key) || !read_seed(in.seed, seed) ||
      !read_max_keys(in.max_keys, max_keys)) {
    return false;
  }
  auto made = make_policy(policy, key_at(std::move(key)), seed, max_keys);
  if (!made) {
    const std::string hint = did_you_mean(policy, policies);
    PyErr_SetString(
        PyExc_ValueError,
        hint.empty() ? made.error().detail.c_str()
                     : ("there is no policy '" + policy + "'" + hint).c_str());
    return false;
  }
  out.policy = std::move(*made);
  return true;
}

bool read_routees(module_state& state, PyObject* refs,
                  std::vector<actor_ref>& out) {
  const auto all = py_ref::steal(
      PySequence_Fast(refs, "router() takes the Refs of its routees, a list"));
  if (!all) {
    return false;
  }
  for (Py_ssize_t i = 0; i != PySequence_Fast_GET_SIZE(all.get()); ++i) {
    PyObject* const one = PySequence_Fast_GET_ITEM(all.get(), i);
    const actor_ref* ref = actor_of(state, one);
    if (ref == nullptr) {
      PyErr_Format(PyExc_TypeError, "a routee is a Ref, not %s (item %zd)",
                   Py_TYPE(one)->tp_name, i);
      return false;
    }
    out.push_back(*ref);
  }
  return true;
}

// Takes `name` out of `kwargs`. 0: not given, or None; 1: given.
int take_size(PyObject* kwargs, const char* name, std::size_t& out) {
  PyObject* value = nullptr;
  if (PyDict_PopString(kwargs, name, &value) < 0) {
    return -1;
  }
  const auto owned = py_ref::steal(value);
  if (!given(value)) {
    return 0;
  }
  constexpr Py_ssize_t most = 1'000'000;
  const Py_ssize_t size = PyLong_AsSsize_t(value);
  if (size >= 1 && size <= most) {
    out = static_cast<std::size_t>(size);
    return 1;
  }
  if (!PyErr_Occurred()) {
    PyErr_Format(PyExc_ValueError, "pool(%s=%zd) must be from 1 to %zd", name,
                 size, most);
  }
  return -1;
}

bool read_sizes(PyObject* kwargs, pool_options& out) {
  std::size_t size = 0;
  const int has_size = take_size(kwargs, "size", size);
  const int has_least =
      has_size < 0 ? -1 : take_size(kwargs, "minimum", out.minimum);
  const int has_most =
      has_least < 0 ? -1 : take_size(kwargs, "maximum", out.maximum);
  if (has_most < 0) {
    return false;
  }
  const std::size_t cores =
      std::max<std::size_t>(1, std::thread::hardware_concurrency());
  out.elastic = has_least + has_most > 0;
  if (out.elastic && has_most == 0) {
    out.maximum = std::max({cores, out.minimum, size});
  }
  if (out.minimum <= out.maximum) {
    out.size = has_size > 0  ? size
               : out.elastic ? std::clamp(cores, out.minimum, out.maximum)
                             : cores;
  }
  if (out.size < out.minimum || out.size > out.maximum) {
    PyErr_Format(PyExc_ValueError,
                 "pool(size=%zu, minimum=%zu, maximum=%zu): the size must be "
                 "from minimum to maximum",
                 out.size, out.minimum, out.maximum);
    return false;
  }
  return true;
}

bool pop(PyObject* kwargs, const char* name, py_ref& out) {
  PyObject* value = nullptr;
  if (PyDict_PopString(kwargs, name, &value) < 0) {
    return false;
  }
  out = py_ref::steal(value);
  return true;
}

// How often and how soon routees restart; troupe._supervision checks and
// translates what is given.
bool read_restarts(PyObject* kwargs, pool_options& out) {
  static const char* const names[] = {"max_restarts", "within", "backoff"};
  const auto given_ones = py_ref::steal(PyDict_New());
  for (const char* name : names) {
    py_ref value;
    if (!given_ones || !pop(kwargs, name, value) ||
        (value &&
         PyDict_SetItemString(given_ones.get(), name, value.get()) < 0)) {
      return false;
    }
  }
  if (PyDict_Size(given_ones.get()) == 0) {
    return true;
  }
  const auto module =
      py_ref::steal(PyImport_ImportModule("troupe._supervision"));
  const auto function = py_ref::steal(
      module ? PyObject_GetAttrString(module.get(), "pool_terms") : nullptr);
  const auto none = py_ref::steal(PyTuple_New(0));
  const auto plain =
      py_ref::steal(function && none ? PyObject_Call(function.get(), none.get(),
                                                     given_ones.get())
                                     : nullptr);
  return plain && read_restart_terms(plain.get(), out.max_restarts, out.within,
                                     out.backoff);
}

}  // namespace

bool read_router_arguments(module_state& state, PyObject* args,
                           PyObject* kwargs, router_arguments& out,
                           std::vector<actor_ref>& routees, std::string& name) {
  static const char* names[] = {"",     "policy",   "key",  "seed",
                                "name", "max_keys", nullptr};
  PyObject* refs = nullptr;
  PyObject* text = nullptr;
  common_options common;
  return PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OOOOO:router",
                                     const_cast<char**>(names), &refs,
                                     &common.policy, &common.key, &common.seed,
                                     &text, &common.max_keys) != 0 &&
         read_common(common, out) && read_routees(state, refs, routees) &&
         (!given(text) || read_name(text, "a router", name));
}

bool read_pool_arguments(module_state& state, PyObject* args, PyObject* kwargs,
                         pool_arguments& out) {
  const auto rest =
      py_ref::steal(kwargs == nullptr ? PyDict_New() : PyDict_Copy(kwargs));
  py_ref policy;
  py_ref key;
  py_ref seed;
  py_ref max_keys;
  return rest && pop(rest.get(), "policy", policy) &&
         pop(rest.get(), "key", key) && pop(rest.get(), "seed", seed) &&
         pop(rest.get(), "max_keys", max_keys) &&
         read_common({policy.get(), key.get(), seed.get(), max_keys.get()},
                     out.common) &&
         read_sizes(rest.get(), out.options) &&
         read_restarts(rest.get(), out.options) &&
         read_spawn_arguments(state, args, rest.get(), out.routee);
}

}  // namespace troupe
