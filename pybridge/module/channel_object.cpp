// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/channel_object.hpp"

#include <deque>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "pybridge/data/convert.hpp"
#include "pybridge/interpreters/interpreter.hpp"
#include "pybridge/module/channel_waiting.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/port_object.hpp"
#include "pybridge/module/ref_object.hpp"

namespace troupe {
namespace {

using std::chrono::nanoseconds;

struct channel_object {
  PyObject_HEAD ref_ptr<channel> shared;
};

ref_ptr<channel>& shared_of(PyObject* self) {
  return reinterpret_cast<channel_object*>(self)->shared;
}

PyObject* to_python(channel_result result) {
  return PyLong_FromLong(static_cast<long>(result));
}

constexpr std::uint8_t byte_of(parcel_kind kind) noexcept {
  return static_cast<std::uint8_t>(kind);
}

bool parse_timeout(PyObject* args, const char* format,
                   std::optional<nanoseconds>& timeout) {
  PyObject* seconds = nullptr;
  return PyArg_ParseTuple(args, format, &seconds) != 0 &&
         read_timeout(seconds, timeout);
}

// True or False: whether the channel told us in time.
PyObject* wait_for(const ref_ptr<channel>& shared, tells when,
                   std::optional<nanoseconds> timeout) {
  const waiting_place here{timeout};
  const channel::waiter waiting = (*shared.*when)();
  const wait_result ended = here.wait(*waiting.told);
  shared->give_up(waiting.id);  // nothing is taken, so others are told as well
  return ended == wait_result::interrupted
             ? nullptr
             : PyBool_FromLong(ended == wait_result::done);
}

// ---- Putting ----

PyObject* channel_put(PyObject* object, PyObject* args) {
  PyObject* value = nullptr;
  PyObject* seconds = nullptr;
  std::optional<nanoseconds> timeout;
  parcel p;
  if (!PyArg_ParseTuple(args, "O|O:put", &value, &seconds) ||
      !read_timeout(seconds, timeout) ||
      !encode(state_of(object).types, value, p.content, "item")) {
    return nullptr;
  }
  const ref_ptr<channel> shared = shared_of(object);
  const auto result = retry(*shared, &channel::when_room, timeout,
                            [&] { return shared->put(std::move(p)); });
  return result ? to_python(*result) : nullptr;
}

// The arguments of a task as a call: the function first.
bool encode_task(type_cache& types, PyObject* function, PyObject* args,
                 PyObject* kwargs, payload& out) {
  std::vector<PyObject*> all{function};
  PyObject** const items = PySequence_Fast_ITEMS(args);
  all.insert(all.end(), items, items + PyTuple_GET_SIZE(args));
  const std::size_t positional = all.size();
  py_ref names;
  if (PyDict_GET_SIZE(kwargs) != 0) {
    names = py_ref::steal(PyTuple_New(PyDict_GET_SIZE(kwargs)));
    PyObject* key = nullptr;
    PyObject* value = nullptr;
    for (Py_ssize_t at = 0, i = 0;
         names && PyDict_Next(kwargs, &at, &key, &value); ++i) {
      PyTuple_SET_ITEM(names.get(), i, Py_NewRef(key));
      all.push_back(value);
    }
    if (!names) {
      return false;
    }
  }
  return encode_call(types, all.data(), positional, names.get(), out);
}

PyObject* channel_submit(PyObject* object, PyObject* const* args,
                         Py_ssize_t count) {
  if (count != 5 || !PyTuple_Check(args[2]) || !PyDict_Check(args[3]) ||
      !PyDict_Check(args[4])) {
    PyErr_SetString(PyExc_TypeError,
                    "submit(tag, function, args, kwargs, by_value)");
    return nullptr;
  }
  const by_value_scope scope{state_of(object).types, args[4]};
  parcel p;
  p.tag = PyLong_AsUnsignedLongLong(args[0]);
  if ((p.tag == static_cast<std::uint64_t>(-1) && PyErr_Occurred()) ||
      !encode_task(state_of(object).types, args[1], args[2], args[3],
                   p.content)) {
    return nullptr;
  }
  return to_python(shared_of(object)->put(std::move(p)));
}

PyObject* channel_note(PyObject* object, PyObject* tag) {
  const auto number = PyLong_AsUnsignedLongLong(tag);
  if (PyErr_Occurred() != nullptr) {
    return nullptr;
  }
  return to_python(
      shared_of(object)->put_anyway({number, byte_of(parcel_kind::ended), {}}));
}

PyObject* channel_watch(PyObject* object, PyObject* args) {
  module_state& state = state_of(object);
  PyObject* ref = nullptr;
  unsigned long long tag = 0;
  if (!PyArg_ParseTuple(args, "O!K:watch", state.ref_type.get(), &ref, &tag)) {
    return nullptr;
  }
  actor_of(state, ref)
      ->cell()
      .when_ended()
      .on_done([shared = shared_of(object), tag] {
        shared->put_anyway({tag, byte_of(parcel_kind::ended), {}});
      });
  Py_RETURN_NONE;
}

// ---- Taking ----

// New reference, or null with an exception set.
PyObject* decode_parcel(module_state& state, const parcel& p) {
  const auto kind = static_cast<parcel_kind>(p.kind);
  if (kind == parcel_kind::ended) {
    return Py_NewRef(Py_None);
  }
  return kind == parcel_kind::raised ? decode_exception(state.types, p.content)
                                     : decode(state.types, p.content);
}

// (tag, kind, value); null with an exception set.
PyObject* unpack(module_state& state, const parcel& p) {
  int kind = p.kind;
  auto value = py_ref::steal(decode_parcel(state, p));
  if (!value) {
    if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0 &&
        actor_cell::current() == nullptr) {
      return nullptr;
    }
    kind = static_cast<int>(parcel_kind::undecodable);
    value = py_ref::steal(PyErr_GetRaisedException());
  }
  return Py_BuildValue("(KiO)", static_cast<unsigned long long>(p.tag), kind,
                       value.get());
}

PyObject* channel_get(PyObject* object, PyObject* args) {
  std::optional<nanoseconds> timeout;
  if (!parse_timeout(args, "|O:get", timeout)) {
    return nullptr;
  }
  const ref_ptr<channel> shared = shared_of(object);
  parcel p;
  const auto result = retry(*shared, &channel::when_filled, timeout,
                            [&] { return shared->take(p); });
  if (!result) {
    return nullptr;
  }
  return *result == channel_result::ok ? unpack(state_of(object), p)
                                       : Py_NewRef(Py_None);
}

PyObject* channel_get_all(PyObject* object, PyObject* args) {
  std::optional<nanoseconds> timeout;
  if (!parse_timeout(args, "|O:get_all", timeout)) {
    return nullptr;
  }
  const ref_ptr<channel> shared = shared_of(object);
  std::deque<parcel> parcels;
  if (timeout != nanoseconds{0}) {
    const detached no_gil;
    shared->linger(std::chrono::microseconds{50});
  }
  if (!retry(*shared, &channel::when_filled, timeout,
             [&] { return shared->take_all(parcels); })) {
    return nullptr;
  }
  auto list =
      py_ref::steal(PyList_New(static_cast<Py_ssize_t>(parcels.size())));
  for (std::size_t i = 0; list && i < parcels.size(); ++i) {
    PyObject* const one = unpack(state_of(object), parcels[i]);
    if (one == nullptr) {
      return nullptr;
    }
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), one);
  }
  return list.release();
}

PyObject* channel_wait(PyObject* object, PyObject* args) {
  std::optional<nanoseconds> timeout;
  if (!parse_timeout(args, "|O:wait", timeout)) {
    return nullptr;
  }
  return wait_for(shared_of(object), &channel::when_filled, timeout);
}

// ---- Finishing ----

PyObject* channel_finish_one(PyObject* object, PyObject*) {
  return PyBool_FromLong(shared_of(object)->finish_one());
}

PyObject* channel_wait_finished(PyObject* object, PyObject* args) {
  std::optional<nanoseconds> timeout;
  if (!parse_timeout(args, "|O:wait_finished", timeout)) {
    return nullptr;
  }
  return wait_for(shared_of(object), &channel::when_finished, timeout);
}

// ---- Being told ----

PyObject* tell_port(PyObject* object, PyObject* args, tells when) {
  PyObject* place = nullptr;
  unsigned long long token = 0;
  if (!PyArg_ParseTuple(args, "O!K", state_of(object).port_type.get(), &place,
                        &token)) {
    return nullptr;
  }
  const channel::waiter waiting = ((*shared_of(object)).*when)();
  port_of(place).watch(*waiting.told, token);
  return PyLong_FromUnsignedLongLong(waiting.id);
}

PyObject* channel_when_filled(PyObject* object, PyObject* args) {
  return tell_port(object, args, &channel::when_filled);
}

PyObject* channel_when_room(PyObject* object, PyObject* args) {
  return tell_port(object, args, &channel::when_room);
}

PyObject* channel_when_finished(PyObject* object, PyObject* args) {
  return tell_port(object, args, &channel::when_finished);
}

PyObject* channel_give_up(PyObject* object, PyObject* id) {
  const auto number = PyLong_AsUnsignedLongLong(id);
  if (PyErr_Occurred() != nullptr) {
    return nullptr;
  }
  shared_of(object)->give_up(number);
  Py_RETURN_NONE;
}

// ---- The rest ----

PyObject* channel_holds(PyObject* object, PyObject* tag) {
  const auto number = PyLong_AsUnsignedLongLong(tag);
  if (PyErr_Occurred() != nullptr) {
    return nullptr;
  }
  return PyBool_FromLong(shared_of(object)->holds(number));
}

PyObject* channel_withdraw(PyObject* object, PyObject* tag) {
  const auto number = PyLong_AsUnsignedLongLong(tag);
  if (PyErr_Occurred() != nullptr) {
    return nullptr;
  }
  return PyBool_FromLong(shared_of(object)->withdraw(number));
}

PyObject* channel_withdraw_all(PyObject* object, PyObject*) {
  const auto tags = shared_of(object)->withdraw_all();
  auto list = py_ref::steal(PyList_New(static_cast<Py_ssize_t>(tags.size())));
  for (std::size_t i = 0; list && i < tags.size(); ++i) {
    PyObject* const tag = PyLong_FromUnsignedLongLong(tags[i]);
    if (tag == nullptr) {
      return nullptr;
    }
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), tag);
  }
  return list.release();
}

PyObject* channel_close(PyObject* object, PyObject*) {
  shared_of(object)->close();
  Py_RETURN_NONE;
}

PyObject* channel_closed(PyObject* object, void*) {
  return PyBool_FromLong(shared_of(object)->closed());
}

PyObject* channel_capacity(PyObject* object, void*) {
  const std::size_t capacity = shared_of(object)->capacity();
  return capacity == channel::no_limit ? Py_NewRef(Py_None)
                                       : PyLong_FromSize_t(capacity);
}

Py_ssize_t channel_length(PyObject* object) {
  return static_cast<Py_ssize_t>(shared_of(object)->size());
}

int channel_bool(PyObject*) {
  return 1;
}

Py_hash_t channel_hash(PyObject* object) {
  return Py_HashPointer(shared_of(object).get());
}

PyObject* channel_compare(PyObject* left, PyObject* right, int op) {
  if ((op != Py_EQ && op != Py_NE) || Py_TYPE(left) != Py_TYPE(right)) {
    Py_RETURN_NOTIMPLEMENTED;
  }
  const bool equal = shared_of(left) == shared_of(right);
  return PyBool_FromLong(equal == (op == Py_EQ));
}

PyObject* channel_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"capacity", nullptr};
  PyObject* given = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:Channel",
                                   const_cast<char**>(names), &given)) {
    return nullptr;
  }
  std::size_t capacity = channel::no_limit;
  if (given != Py_None) {
    capacity = PyLong_AsSize_t(given);
    if (PyErr_Occurred() != nullptr) {
      return nullptr;
    }
  }
  return make_channel(state_of(type), make_ref_counted<channel>(capacity));
}

void channel_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  shared_of(object).~intrusive_ptr();
  type->tp_free(object);
  Py_DECREF(type);
}

constexpr const char* channel_doc = R"doc(Channel(capacity=None)
--

What many put to and take from, in any thread and interpreter.

It can be sent in messages. What is taken is (tag, kind, value): kind 0 is a
value, 1 an exception, 2 a note without a value, 3 something that can't be
rebuilt here, and the value says why. What is put is answered by 0 (done), 1
(there is no room) or 2 (closed).)doc";

constexpr const char* run_doc =
    R"doc(run($self, results, handler, seconds, most=0, /)
--

Runs tasks, in an actor; puts what they return or raise into `results`.

Returns whether to go on, and how many it ran. Ends after so many seconds, with
True; after `most` tasks (0: no limit), with False; or when no task is left, with
False: then this handler of the actor is called when there is one.)doc";

PyMethodDef channel_methods[] = {
    {"put", channel_put, METH_VARARGS,
     "put($self, value, timeout=None, /)\n--\n\nWaits for room."},
    {"submit", as_method(channel_submit), METH_FASTCALL,
     "submit($self, tag, function, args, kwargs, by_value, /)\n--\n\nA task "
     "for run(); by_value as for Sealed(). Never waits."},
    {"note", channel_note, METH_O,
     "note($self, tag, /)\n--\n\nPuts this tag, of kind 2, in any case."},
    {"watch", channel_watch, METH_VARARGS,
     "watch($self, ref, tag, /)\n--\n\nAs note(), when that actor has ended."},
    {"get", channel_get, METH_VARARGS,
     "get($self, timeout=None, /)\n--\n\nThe oldest, or None: there was none "
     "in time, or it is closed."},
    {"get_all", channel_get_all, METH_VARARGS,
     "get_all($self, timeout=None, /)\n--\n\nWaits for one, returns a list of "
     "all; an empty one as get() does None."},
    {"wait", channel_wait, METH_VARARGS,
     "wait($self, timeout=None, /)\n--\n\nWaits until there is one, and leaves "
     "it there; True if there was, or it is closed."},
    {"when_filled", channel_when_filled, METH_VARARGS,
     "when_filled($self, port, token, /)\n--\n\nAnnounces the token when it is "
     "time to look; returns an id for give_up()."},
    {"when_room", channel_when_room, METH_VARARGS,
     "when_room($self, port, token, /)\n--\n\nAs when_filled(), for room."},
    {"finish_one", channel_finish_one, METH_NOARGS,
     "finish_one($self)\n--\n\nOne that was put is dealt with. False: as many "
     "have been already."},
    {"wait_finished", channel_wait_finished, METH_VARARGS,
     "wait_finished($self, timeout=None, /)\n--\n\nWaits until all that was "
     "put is dealt with, or was withdrawn; True if it is."},
    {"when_finished", channel_when_finished, METH_VARARGS,
     "when_finished($self, port, token, /)\n--\n\nAs when_filled(), for that."},
    {"give_up", channel_give_up, METH_O,
     "give_up($self, id, /)\n--\n\nWaits no longer; another is told instead."},
    {"holds", channel_holds, METH_O,
     "holds($self, tag, /)\n--\n\nWhether nobody has taken it yet."},
    {"withdraw", channel_withdraw, METH_O,
     "withdraw($self, tag, /)\n--\n\nTakes back what nobody has taken; whether "
     "it did."},
    {"withdraw_all", channel_withdraw_all, METH_NOARGS,
     "withdraw_all($self)\n--\n\nTakes back all; the tags."},
    {"run", run_tasks, METH_VARARGS, run_doc},
    {"relay", relay_tasks, METH_VARARGS,
     "relay($self, results, worker, handler, /)\n--\n\nHas this handler of an "
     "actor in another process do the tasks, one after the\nother; what comes "
     "of "
     "them goes into `results`."},
    {"close", channel_close, METH_NOARGS,
     "close($self)\n--\n\nNothing can be put any more; what is in there can be "
     "taken."},
    {},
};

PyGetSetDef channel_properties[] = {
    {"closed", channel_closed, nullptr, "Whether close() was called.", nullptr},
    {"capacity", channel_capacity, nullptr, "None: no limit.", nullptr},
    {},
};

PyType_Slot channel_slots[] = {
    {Py_tp_doc, const_cast<char*>(channel_doc)},
    {Py_tp_new, reinterpret_cast<void*>(channel_new)},
    {Py_tp_methods, channel_methods},
    {Py_tp_getset, channel_properties},
    {Py_sq_length, reinterpret_cast<void*>(channel_length)},
    {Py_nb_bool, reinterpret_cast<void*>(channel_bool)},
    {Py_tp_hash, reinterpret_cast<void*>(channel_hash)},
    {Py_tp_richcompare, reinterpret_cast<void*>(channel_compare)},
    {Py_tp_dealloc, reinterpret_cast<void*>(channel_dealloc)},
    {},
};

PyType_Spec channel_spec = {
    .name = "troupe._core.Channel",
    .basicsize = sizeof(channel_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = channel_slots,
};

}  // namespace

channel& channel_of(PyObject* object) noexcept {
  return *shared_of(object);
}

PyObject* make_channel(module_state& state, ref_ptr<channel> shared) {
  PyTypeObject* type = state.channel_type.type();
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) {
    new (&shared_of(object)) ref_ptr<channel>{std::move(shared)};
  }
  return object;
}

bool add_channel_type(PyObject* module, module_state& state) {
  state.channel_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &channel_spec, nullptr));
  if (!state.channel_type) {
    return false;
  }
  state.types.add_shared_type(state.channel_type.type());
  return PyModule_AddType(module, state.channel_type.type()) == 0;
}

}  // namespace troupe
