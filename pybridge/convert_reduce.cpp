// SPDX-License-Identifier: Apache-2.0
// Everything else: the protocol that pickle and copy use (__reduce_ex__ with
// protocol 5, copyreg's dispatch table), but with the parts written like any
// other value of the message. So refs and blobs work at any depth, an error
// has its path, a PickleBuffer isn't copied into the bytes, and the pickle
// module (10 ms to import) isn't needed.
//
// On the wire: reduced, reduce_part bits, then callable (unless new_object),
// arguments (a tuple), items end, (key, value)* end, state, setter, as told by
// the bits.
#include <string>

#include "pybridge/decoder.hpp"
#include "pybridge/encoder.hpp"

namespace troupe {

using wire::tag;

namespace {

enum reduce_part : unsigned {
  new_object = 1,  // the callable is copyreg.__newobj__ and isn't written
  list_items = 2,
  dict_items = 4,
  state_part = 8,
  setter_part = 16,
  all_parts = 31,
};

constexpr unsigned bit(bool set, reduce_part part) { return set ? part : 0U; }

/// Where things are in the tuple that __reduce__ returns.
enum reduce_index : Py_ssize_t {
  at_callable,
  at_arguments,
  at_state,
  at_list_items,
  at_dict_items,
  at_setter,
};

PyObject* part_of(PyObject* parts, reduce_index i) {  // borrowed, or null
  if (i >= PyTuple_GET_SIZE(parts)) {
    return nullptr;
  }
  PyObject* part = PyTuple_GET_ITEM(parts, i);
  return part == Py_None ? nullptr : part;
}

/// What is wrong with the result of a __reduce__; null if nothing is.
const char* fault_of(PyObject* parts) {
  if (!PyTuple_Check(parts)) {
    return "its __reduce__ returned neither a str nor a tuple";
  }
  const Py_ssize_t size = PyTuple_GET_SIZE(parts);
  if (size < 2 || size > 6) {
    return "its __reduce__ returned a tuple that hasn't 2 to 6 items";
  }
  if (PyCallable_Check(PyTuple_GET_ITEM(parts, at_callable)) == 0) {
    return "its __reduce__ returned something that can't be called";
  }
  if (!PyTuple_Check(PyTuple_GET_ITEM(parts, at_arguments))) {
    return "its __reduce__ returned arguments that are not a tuple";
  }
  return nullptr;
}

}  // namespace

// --- Encoding ---

py_ref encoder::reduction_of(PyObject* object) {
  PyObject* table = types_.imported("copyreg", "dispatch_table");
  if (table == nullptr) {
    return {};
  }
  auto* type = reinterpret_cast<PyObject*>(Py_TYPE(object));
  PyObject* reducer = nullptr;
  if (PyMapping_GetOptionalItem(table, type, &reducer) < 0) {
    return {};
  }
  if (reducer != nullptr) {
    const py_ref hold = py_ref::steal(reducer);
    return py_ref::steal(PyObject_CallOneArg(reducer, object));
  }
  const py_ref protocol = py_ref::steal(PyLong_FromLong(5));
  return py_ref::steal(PyObject_CallMethodOneArg(
      object, types_.name(known_name::reduce_ex), protocol.get()));
}

bool encoder::reduced(PyObject* object) {
  const py_ref parts = reduction_of(object);
  if (!parts) {
    return fail_refused(object, "");
  }
  if (PyUnicode_Check(parts.get())) {
    return global_named(object, parts.get());
  }
  if (const char* fault = fault_of(parts.get())) {
    return fail_refused(object, fault);
  }
  step here{*this, object, step_kind::part};
  return enter(here) && reduction(parts.get(), here);
}

bool encoder::global_named(PyObject* object, PyObject* name) {
  const auto module = py_ref::steal(
      PyObject_GetAttr(object, types_.name(known_name::module)));
  if (!module || !PyUnicode_Check(module.get())) {
    return fail_refused(object, "its __reduce__ names a global of no module");
  }
  std::string why;
  const symbol found = types_.symbol_of(object, module.get(), name, why);
  if (found == symbol::none) {
    return fail_refused(object, why.c_str());
  }
  put(tag::global, found);
  return true;
}

bool encoder::reduction(PyObject* parts, step& here) {
  PyObject* new_object_function = types_.imported("copyreg", "__newobj__");
  if (new_object_function == nullptr) {
    return false;
  }
  PyObject* callable = part_of(parts, at_callable);
  const bool is_new = callable == new_object_function;
  PyObject* state = part_of(parts, at_state);
  PyObject* setter = state == nullptr ? nullptr : part_of(parts, at_setter);
  const unsigned bits =
      bit(is_new, new_object) |
      bit(part_of(parts, at_list_items) != nullptr, list_items) |
      bit(part_of(parts, at_dict_items) != nullptr, dict_items) |
      bit(state != nullptr, state_part) | bit(setter != nullptr, setter_part);
  put(tag::reduced, static_cast<std::uint8_t>(bits));
  here.part = "__reduce__()[0]";
  if (!is_new && !value(callable)) {
    return false;
  }
  here.part = "__reduce__()[1]";
  return value(PyTuple_GET_ITEM(parts, at_arguments)) &&
         reduced_items(parts, here) &&
         (state == nullptr || reduced_state(state, here)) &&
         (setter == nullptr || value(setter));
}

bool encoder::reduced_items(PyObject* parts, step& here) {
  if (PyObject* items = part_of(parts, at_list_items)) {
    const auto iterator = py_ref::steal(PyObject_GetIter(items));
    here.kind = step_kind::index;
    here.index = 0;
    while (iterator) {
      const auto item = py_ref::steal(PyIter_Next(iterator.get()));
      if (!item) {
        break;
      }
      if (!value(item.get())) {
        return false;
      }
      ++here.index;
    }
    if (PyErr_Occurred() != nullptr) {
      return false;
    }
    put(tag::end);
  }
  PyObject* items = part_of(parts, at_dict_items);
  return items == nullptr || reduced_pairs(items, here);
}

bool encoder::reduced_pairs(PyObject* items, step& here) {
  const auto iterator = py_ref::steal(PyObject_GetIter(items));
  while (iterator) {
    const auto pair = py_ref::steal(PyIter_Next(iterator.get()));
    if (!pair) {
      break;
    }
    if (!PyTuple_Check(pair.get()) || PyTuple_GET_SIZE(pair.get()) != 2) {
      PyErr_SetString(PyExc_TypeError,
                      "__reduce__ returned dict items that are not pairs");
      return false;
    }
    here.kind = step_kind::key_itself;
    here.key = PyTuple_GET_ITEM(pair.get(), 0);
    if (!value(here.key)) {
      return false;
    }
    here.kind = step_kind::key;
    if (!value(PyTuple_GET_ITEM(pair.get(), 1))) {
      return false;
    }
    here.kind = step_kind::index;  // the key may go now
    here.index = 0;
  }
  if (PyErr_Occurred() != nullptr) {
    return false;
  }
  put(tag::end);
  return true;
}

bool encoder::reduced_state(PyObject* state, step& here) {
  if (PyTuple_CheckExact(state) && PyTuple_GET_SIZE(state) == 2) {
    put(tag::tuple, std::uint8_t{2});
    return state_part_of(PyTuple_GET_ITEM(state, 0), here) &&
           state_part_of(PyTuple_GET_ITEM(state, 1), here);
  }
  return state_part_of(state, here);
}

bool encoder::state_part_of(PyObject* state, step& here) {
  const py_ref hold = py_ref::borrow(state);
  if (!PyDict_CheckExact(state)) {
    here.kind = step_kind::part;
    here.part = "__getstate__()";
    return value(state);
  }
  here.kind = step_kind::attribute;
  put(tag::dict);
  put_count(static_cast<std::uint64_t>(PyDict_GET_SIZE(state)));
  return items_of(state, here);
}

// --- Decoding ---

PyObject* decoder::reduced() {
  std::uint8_t bits = 0;
  if (!take(bits)) {
    return nullptr;
  }
  if ((bits & ~all_parts) != 0) {
    return corrupt();
  }
  const py_ref callable =
      (bits & new_object) != 0 ? py_ref{} : py_ref::steal(value());
  if (!callable && PyErr_Occurred() != nullptr) {
    return nullptr;
  }
  const py_ref arguments = py_ref::steal(value());
  if (!arguments) {
    return nullptr;
  }
  if (!PyTuple_CheckExact(arguments.get())) {
    return corrupt();
  }
  py_ref object = callable ? py_ref::steal(PyObject_CallObject(
                                 callable.get(), arguments.get()))
                           : new_by_class(arguments.get());
  if (!object && PyErr_Occurred() != nullptr) {
    return failed(callable ? callable.get()
                           : PyTuple_GET_ITEM(arguments.get(), 0));
  }
  return object && reduced_items(object.get(), bits) &&
                 reduced_state(object.get(), bits)
             ? object.release()
             : nullptr;
}

/// cls.__new__(cls, *rest), as copyreg.__newobj__ would.
py_ref decoder::new_by_class(PyObject* arguments) {
  const Py_ssize_t size = PyTuple_GET_SIZE(arguments);
  PyObject* type = size == 0 ? nullptr : PyTuple_GET_ITEM(arguments, 0);
  if (type == nullptr || !PyType_Check(type) ||
      reinterpret_cast<PyTypeObject*>(type)->tp_new == nullptr) {
    corrupt();
    return {};
  }
  PyObject* new_function = types_.imported("copyreg", "__newobj__");
  return new_function == nullptr
             ? py_ref{}
             : py_ref::steal(PyObject_CallObject(new_function, arguments));
}

bool decoder::reduced_items(PyObject* object, unsigned bits) {
  if ((bits & list_items) != 0) {
    const py_ref items = py_ref::steal(PyList_New(0));
    while (items && !at_end()) {
      const py_ref item = py_ref::steal(value());
      if (!item || PyList_Append(items.get(), item.get()) < 0) {
        return false;
      }
    }
    if (!items || !extend(object, items.get())) {
      return false;
    }
  }
  while ((bits & dict_items) != 0 && !at_end()) {
    const py_ref name = py_ref::steal(key());
    const py_ref item = name ? py_ref::steal(value()) : py_ref{};
    if (!item || PyObject_SetItem(object, name.get(), item.get()) < 0) {
      return false;
    }
  }
  return true;
}

bool decoder::extend(PyObject* object, PyObject* items) {
  PyObject* method = nullptr;
  if (PyObject_GetOptionalAttr(object, types_.name(known_name::extend),
                               &method) < 0) {
    return false;
  }
  if (method != nullptr) {
    const py_ref hold = py_ref::steal(method);
    return static_cast<bool>(
        py_ref::steal(PyObject_CallOneArg(method, items)));
  }
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); ++i) {
    const py_ref done = py_ref::steal(PyObject_CallMethodOneArg(
        object, types_.name(known_name::append), PyList_GET_ITEM(items, i)));
    if (!done) {
      return false;
    }
  }
  return true;
}

bool decoder::reduced_state(PyObject* object, unsigned bits) {
  if ((bits & state_part) == 0) {
    return true;
  }
  const py_ref state = py_ref::steal(value());
  if (!state) {
    return false;
  }
  if ((bits & setter_part) != 0) {
    const py_ref setter = py_ref::steal(value());
    return setter &&
           py_ref::steal(PyObject_CallFunctionObjArgs(
               setter.get(), object, state.get(), nullptr));
  }
  PyObject* method = nullptr;
  if (PyObject_GetOptionalAttr(object, types_.name(known_name::setstate),
                               &method) < 0) {
    return false;
  }
  if (method != nullptr) {
    const py_ref hold = py_ref::steal(method);
    return static_cast<bool>(
        py_ref::steal(PyObject_CallOneArg(method, state.get())));
  }
  return set_state(object, state.get());
}

/// What pickle does without a __setstate__: the attributes, then the slots.
bool decoder::set_state(PyObject* object, PyObject* state) {
  PyObject* slots = nullptr;
  if (PyTuple_CheckExact(state) && PyTuple_GET_SIZE(state) == 2) {
    slots = PyTuple_GET_ITEM(state, 1);
    state = PyTuple_GET_ITEM(state, 0);
  }
  if (state != Py_None) {
    const py_ref dict = py_ref::steal(
        PyObject_GetAttr(object, types_.name(known_name::dict)));
    if (!dict || !PyDict_Check(state) ||
        PyDict_Update(dict.get(), state) < 0) {
      return corrupt() != nullptr;
    }
  }
  Py_ssize_t position = 0;
  PyObject* name = nullptr;
  PyObject* item = nullptr;
  while (slots != nullptr && PyDict_Check(slots) &&
         PyDict_Next(slots, &position, &name, &item)) {
    if (PyObject_SetAttr(object, name, item) < 0) {
      return false;
    }
  }
  return true;
}

}  // namespace troupe
