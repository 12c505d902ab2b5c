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

#include "pybridge/data/encoder.hpp"

namespace troupe {

using wire::tag;
using enum wire::reduce_part;

namespace {

constexpr unsigned bit(bool set, wire::reduce_part part) {
  return set ? part : 0U;
}

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
  const auto module =
      py_ref::steal(PyObject_GetAttr(object, types_.name(known_name::module)));
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

}  // namespace troupe
