// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/arrivals_object.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "actors/actor_system.hpp"
#include "actors/asking/arrivals.hpp"
#include "pybridge/module/future_object.hpp"
#include "pybridge/module/method.hpp"

namespace troupe {
namespace {

// What belongs to one wait for several requests.
struct gathering {
  std::vector<request> requests;
  ref_ptr<arrivals> answers;
  std::size_t taken = 0;
  // When to give up, on the clock of the requests' system.
  scheduler* clock = nullptr;
  std::optional<clock_duration> deadline;
};

struct arrivals_object {
  PyObject_HEAD gathering* all;
};

gathering& gathering_of(PyObject* self) {
  return *reinterpret_cast<arrivals_object*>(self)->all;
}

// False: an exception is set.
bool read_futures(module_state& state, PyObject* futures,
                  std::vector<request>& out) {
  const auto sequence = py_ref::steal(
      PySequence_Fast(futures, "Arrivals() takes a sequence of futures"));
  if (!sequence) {
    return false;
  }
  const Py_ssize_t count = PySequence_Fast_GET_SIZE(sequence.get());
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* const each = PySequence_Fast_GET_ITEM(sequence.get(), i);
    if (!Py_IS_TYPE(each, state.future_type.type())) {
      PyErr_Format(PyExc_TypeError,
                   "only a troupe.Future can be waited for here, not %s",
                   Py_TYPE(each)->tp_name);
      return false;
    }
    out.push_back(request_of(each));
  }
  return true;
}

std::unique_ptr<gathering> begin_gathering(
    std::vector<request> requests, std::optional<clock_duration> timeout) {
  auto all = std::make_unique<gathering>();
  all->requests = std::move(requests);
  std::vector<ref_ptr<completion>> answers;
  for (const request& r : all->requests) {
    answers.push_back(r.answer);
  }
  all->answers = arrivals::of(std::move(answers));
  if (!all->requests.empty() && timeout) {
    all->clock = &all->requests[0].asked.cell().system().get_scheduler();
    all->deadline = all->clock->now() + *timeout;
  }
  return all;
}

PyObject* arrivals_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"futures", "timeout", nullptr};
  PyObject* futures = nullptr;
  PyObject* seconds = nullptr;
  std::optional<clock_duration> timeout;
  std::vector<request> requests;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:Arrivals",
                                   const_cast<char**>(names), &futures,
                                   &seconds) ||
      !read_timeout(seconds, timeout) ||
      !read_futures(state_of(type), futures, requests)) {
    return nullptr;
  }
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) {
    reinterpret_cast<arrivals_object*>(object)->all =
        begin_gathering(std::move(requests), timeout).release();
  }
  return object;
}

// What is still open, and how many of it must come.
awaited what_is_open(const gathering& all, std::size_t count) {
  awaited what{{}, 0};
  for (const request& r : all.requests) {
    if (!r.answer->done()) {
      what.answers.push_back(r.answer.get());
    }
  }
  const std::size_t arrived = all.requests.size() - what.answers.size();
  const std::size_t taken_or_here = std::min(arrived - all.taken, count);
  what.needed = std::min(count - taken_or_here, what.answers.size());
  return what;
}

// False: an exception is set.
bool wait_for_some(gathering& all, std::size_t count, bool or_error) {
  const auto next = all.answers->next(count, or_error);
  if (next->done()) {
    return true;
  }
  const awaited what = what_is_open(all, count);
  std::optional<clock_duration> left;
  if (all.deadline) {
    left = std::max(clock_duration{0}, *all.deadline - all.clock->now());
  }
  return wait_detached(*next, left,
                       all.requests[0].asked.cell().system().get_scheduler(),
                       &what) != wait_result::interrupted;
}

PyObject* list_of(const std::vector<std::size_t>& indices) {
  auto list =
      py_ref::steal(PyList_New(static_cast<Py_ssize_t>(indices.size())));
  for (std::size_t i = 0; list && i < indices.size(); ++i) {
    PyObject* index = PyLong_FromSize_t(indices[i]);
    if (index == nullptr) {
      return nullptr;
    }
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), index);
  }
  return list.release();
}

PyObject* arrivals_wait(PyObject* self, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"count", "or_error", nullptr};
  Py_ssize_t count = 0;
  int or_error = 0;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "n|p:wait",
                                   const_cast<char**>(names), &count,
                                   &or_error)) {
    return nullptr;
  }
  gathering& all = gathering_of(self);
  if (!wait_for_some(all,
                     static_cast<std::size_t>(std::max<Py_ssize_t>(count, 0)),
                     or_error != 0)) {
    return nullptr;
  }
  const auto arrived = all.answers->take();
  all.taken += arrived.size();
  return list_of(arrived);
}

PyObject* arrivals_close(PyObject* self, PyObject*) {
  gathering_of(self).answers->close();
  Py_RETURN_NONE;
}

void arrivals_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  if (gathering* all = reinterpret_cast<arrivals_object*>(self)->all) {
    all->answers->close();
    delete all;
  }
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef arrivals_methods[] = {
    {"wait", as_method(arrivals_wait), METH_VARARGS | METH_KEYWORDS,
     "wait($self, count, or_error=False)\n--\n\nWaits until so many have "
     "arrived since the last call, or one that raised.\n\nThe indices of all "
     "that have; after the timeout these may be fewer."},
    {"close", arrivals_close, METH_NOARGS,
     "close($self)\n--\n\nListens no more."},
    {},
};

PyType_Slot arrivals_slots[] = {
    {Py_tp_doc,
     const_cast<char*>("Arrivals(futures, timeout=None)\n--\n\nSeveral futures "
                       "that one place waits for.")},
    {Py_tp_new, reinterpret_cast<void*>(arrivals_new)},
    {Py_tp_methods, arrivals_methods},
    {Py_tp_dealloc, reinterpret_cast<void*>(arrivals_dealloc)},
    {},
};

PyType_Spec arrivals_spec = {
    .name = "troupe._core.Arrivals",
    .basicsize = sizeof(arrivals_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = arrivals_slots,
};

}  // namespace

bool add_arrivals_type(PyObject* module, module_state& state) {
  state.arrivals_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &arrivals_spec, nullptr));
  return state.arrivals_type &&
         PyModule_AddType(module, state.arrivals_type.type()) == 0;
}

}  // namespace troupe
