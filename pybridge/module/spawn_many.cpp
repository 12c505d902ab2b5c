// SPDX-License-Identifier: Apache-2.0
// System.spawn_many(): many actors of one kind, whose starts overlap.
#include <string>
#include <utility>
#include <vector>

#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/spawn_arguments.hpp"
#include "pybridge/module/spawning.hpp"
#include "pybridge/module/system_object.hpp"

namespace troupe {
namespace {

constexpr std::size_t at_a_time = 256;  // for each way out of the GIL and back

// What is said about each, one after the other.
class recipes {
public:
  recipes(module_state& state, PyObject* target, PyObject* each,
          PyObject* kwargs)
      : state_{state}, target_{target}, kwargs_{kwargs} {
    if (PyLong_Check(each)) {
      left_ = PyLong_AsSsize_t(each);
    } else {
      items_ = py_ref::steal(PyObject_GetIter(each));
    }
  }

  // False: an exception is set.
  bool check() const {
    if (!items_ && left_ < 0 && !PyErr_Occurred()) {
      PyErr_Format(PyExc_ValueError,
                   "spawn_many(): %zd actors: a number from 0 on, or the "
                   "arguments of each",
                   left_);
    }
    return !PyErr_Occurred();
  }
  // Up to `at_a_time` more; none: that was all, or an exception is set.
  std::vector<engine_spawn> next() {
    std::vector<engine_spawn> some;
    while (some.size() < at_a_time) {
      const auto args = next_arguments();
      engine_spawn one;
      if (!args || !read_spawn_arguments(state_, args.get(), kwargs_, one)) {
        break;
      }
      ++number_;
      if (!one.options.name.empty()) {
        one.options.name += "-" + std::to_string(number_);
      }
      some.push_back(std::move(one));
    }
    return PyErr_Occurred() ? std::vector<engine_spawn>{} : std::move(some);
  }

private:
  // (target, *args); null: no more.
  py_ref next_arguments() {
    if (!items_) {
      return left_-- > 0 ? py_ref::steal(PyTuple_Pack(1, target_)) : py_ref{};
    }
    const auto item = py_ref::steal(PyIter_Next(items_.get()));
    if (!item) {
      return {};
    }
    if (!PyTuple_Check(item.get())) {
      return py_ref::steal(PyTuple_Pack(2, target_, item.get()));
    }
    const auto first = py_ref::steal(PyTuple_Pack(1, target_));
    return py_ref::steal(first ? PySequence_Concat(first.get(), item.get())
                               : nullptr);
  }

  module_state& state_;
  PyObject* const target_;  // borrowed, as the other
  PyObject* const kwargs_;
  py_ref items_;  // null: there is only a number
  Py_ssize_t left_ = 0;
  std::size_t number_ = 0;
};

using refs = std::vector<actor_ref>;

// Detached. The error of the first that is refused.
result<void> begin(engine& e, std::vector<engine_spawn> some, refs& out) {
  for (engine_spawn& one : some) {
    auto spawned = e.spawn(std::move(one));
    if (!spawned) {
      return spawned.error();
    }
    out.push_back(std::move(*spawned));
  }
  return {};
}

result<void> begin_detached(engine& e, std::vector<engine_spawn> some,
                            refs& out) {
  const bool in_turn = actor_cell::current() != nullptr;
  const detached no_gil;
  if (!in_turn) {
    return begin(e, std::move(some), out);
  }
  const blocking_region region{e.get_scheduler()};
  return begin(e, std::move(some), out);
}

// None of them is left behind.
void end_all(engine& e, const refs& spawned) {
  const auto raised = py_ref::steal(PyErr_GetRaisedException());
  for (const actor_ref& ref : spawned) {
    ref.stop();
  }
  for (const actor_ref& ref : spawned) {
    if (wait_detached(ref.cell().when_ended(), std::nullopt,
                      e.get_scheduler()) != wait_result::done) {
      PyErr_Clear();  // interrupted: they end all the same
      break;
    }
  }
  PyErr_SetRaisedException(py_ref{raised}.release());
}

// The last first: when that has started, mostly the others have, too.
bool wait_for_starts(module_state& state, engine& e, const refs& spawned) {
  for (auto at = spawned.rbegin(); at != spawned.rend(); ++at) {
    completion& started = at->cell().started();
    if (!started.done() &&
        wait_detached(started, std::nullopt, e.get_scheduler()) !=
            wait_result::done) {
      return false;
    }
  }
  for (const actor_ref& ref : spawned) {
    if (!ref.cell().started().has_value()) {
      raise_spawn_error(state, ref.cell().started().why());
      return false;
    }
  }
  return true;
}

PyObject* list_of(module_state& state, const refs& spawned) {
  auto list =
      py_ref::steal(PyList_New(static_cast<Py_ssize_t>(spawned.size())));
  for (std::size_t i = 0; list && i != spawned.size(); ++i) {
    PyObject* const ref = make_ref(state, spawned[i]);
    if (ref == nullptr) {
      return nullptr;
    }
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), ref);
  }
  return list.release();
}

// False: an exception is set. `waits`: for their starts.
bool begin_all(engine& e, recipes& what, refs& spawned, bool& waits) {
  for (auto some = what.next(); !some.empty(); some = what.next()) {
    waits = waits && !runs_where_this_turn_runs(some.front());
    if (const auto begun = begin_detached(e, std::move(some), spawned);
        !begun) {
      raise_refused_spawn(begun.error());
      return false;
    }
  }
  return PyErr_Occurred() == nullptr;
}

PyObject* spawn_all(module_state& state, engine& e, recipes what) {
  refs spawned;
  bool waits = true;
  if (!what.check() || !may_spawn(e)) {
    return nullptr;
  }
  if (!begin_all(e, what, spawned, waits) ||
      (waits && !wait_for_starts(state, e, spawned))) {
    end_all(e, spawned);
    return nullptr;
  }
  if (!waits) {
    for (const actor_ref& ref : spawned) {
      report_failed_start(e, ref.cell().started());
    }
  }
  return list_of(state, spawned);
}

}  // namespace

PyObject* spawn_many(PyObject* self, PyObject* args, PyObject* kwargs) {
  if (PyTuple_GET_SIZE(args) != 2) {
    PyErr_SetString(PyExc_TypeError,
                    "spawn_many() takes a target and how many, or the "
                    "arguments of each");
    return nullptr;
  }
  if (kwargs != nullptr && PyDict_GetItemString(kwargs, "restart") != nullptr) {
    PyErr_SetString(
        PyExc_TypeError,
        "spawn_many(restart=...): for many that restart, use "
        "supervise(..., strategy=\"simple_one_for_one\") or pool()");
    return nullptr;
  }
  module_state& state = state_of(self);
  return spawn_all(state, engine_of_system(self),
                   recipes{state, PyTuple_GET_ITEM(args, 0),
                           PyTuple_GET_ITEM(args, 1), kwargs});
}

const char* const spawn_many_doc =
    R"doc(spawn_many($self, target, each, /, *, name=None, home="own", **kwargs)
--

Starts many actors of one kind, and answers the list of their Refs.

each: how many, an int; or an iterable of the arguments of each: a tuple of
    them, or the only one.
name: of the first NAME-1, of the second NAME-2, ....
target and the other keywords are spawn()'s, but for those about restarts, and the
    same for all.

Their starts overlap, so that this is several times as fast as as many spawn()s;
100,000 in a home like "shared:NAME" take seconds. Returns when all have started.
If one can't, the others are stopped and SpawnError is raised, as by spawn(). Any
thread.

>>> walkers = system.spawn_many("walkers:Walker", range(1000), home="shared:w")
>>> len(walkers)
1000
)doc";

}  // namespace troupe
