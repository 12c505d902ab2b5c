// SPDX-License-Identifier: Apache-2.0
// Encoding: objects of classes that are found by name.
#include <string>

#include "pybridge/data/encoder.hpp"

namespace troupe {

using wire::tag;

// What the function for objects of this type makes of it; NotImplemented too
// if there is none.
py_ref encoder::value_reduction_of(PyObject* object, PyObject* table) {
  auto* type = reinterpret_cast<PyObject*>(
      PyType_Check(object) ? &PyType_Type : Py_TYPE(object));
  const auto hold = py_ref::borrow(table);
  const auto function = py_ref::borrow(PyDict_GetItemWithError(table, type));
  if (!function) {
    return PyErr_Occurred() != nullptr ? py_ref{}
                                       : py_ref::borrow(Py_NotImplemented);
  }
  return py_ref::steal(PyObject_CallOneArg(function.get(), object));
}

bool encoder::planned(PyObject* object, const class_plan& plan) {
  if (PyObject* table = types_.by_value(); table != nullptr) [[unlikely]] {
    const py_ref parts = value_reduction_of(object, table);
    if (!parts) {
      return fail_refused(object, "");
    }
    if (parts.get() != Py_NotImplemented) {
      step here{*this, object, step_kind::part};
      return enter(here) && reduction(parts.get(), here);
    }
  }
  switch (plan.kind) {
    case class_kind::refused: {
      const std::string why = plan.why;  // composing the text may ask for plans
      return fail_refused(object, why.c_str());
    }
    case class_kind::actor_ref:
      return actor_ref(object);
    case class_kind::blob:
      return blob(object);
    case class_kind::by_name:
      return by_name(object);
    case class_kind::memory_view:
      return memory_view(object);
    case class_kind::pickle_buffer:
      return pickle_buffer(object);
    case class_kind::frozen_dict:
      return frozen_dict(object);
    case class_kind::instance:
      return instance(object, plan);
    case class_kind::named_tuple:
      return named_tuple(object, plan);
    case class_kind::enumeration:
      return enum_member(object, plan);
    case class_kind::exception:
      return exception(object, plan);
    case class_kind::date:
      return date(object);
    case class_kind::time:
      return time(object);
    case class_kind::date_time:
      return date_time(object);
    case class_kind::time_delta:
      return time_delta(object);
    case class_kind::time_zone:
      return time_zone(object);
    case class_kind::decimal:
    case class_kind::path:
      return made_from_text(object, plan);
    case class_kind::fraction:
      return fraction(object, plan);
    case class_kind::uuid:
      return uuid(object, plan);
    case class_kind::reduced:
      return reduced(object);
  }
  return false;
}

bool encoder::by_name(PyObject* object) {
  std::string why;
  symbol name = symbol::none;
  if (PyType_Check(object)) {  // known, if its instances have been sent
    const auto* type = reinterpret_cast<PyTypeObject*>(object);
    const class_plan* plan = types_.known_plan_of(type);
    name = plan == nullptr ? symbol::none : plan->name;
  }
  if (name == symbol::none) {
    name = types_.name_of_global(object, why);
  }
  if (name == symbol::none) {
    return PyErr_Occurred() == nullptr && fail_refused_global(object, why);
  }
  put(tag::global, name);
  return true;
}

// --- Attributes ---

bool encoder::instance(PyObject* object, const class_plan& plan) {
  step here{*this, object, step_kind::attribute};
  if (!enter(here)) {
    return false;
  }
  put(tag::instance, plan.name);
  if (Py_TYPE(object)->tp_dictoffset != 0) {
    const auto dict =
        py_ref::steal(PyObject_GenericGetDict(object, /*context=*/nullptr));
    if (!dict || !items_of(dict.get(), here)) {
      return false;
    }
  }
  put(tag::end);
  return instance_slots(object, plan, here);
}

bool encoder::instance_slots(PyObject* object, const class_plan& plan,
                             step& here) {
  Py_ssize_t position = 0;
  PyObject* name = nullptr;
  PyObject* slot = nullptr;
  while (PyDict_Next(plan.slots.get(), &position, &name, &slot)) {
    const auto item = py_ref::steal(Py_TYPE(slot)->tp_descr_get(
        slot, object, reinterpret_cast<PyObject*>(Py_TYPE(object))));
    if (!item) {
      if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return false;
      }
      PyErr_Clear();  // the slot is empty
      continue;
    }
    here.key = name;
    if (!text(name) || !value(item.get())) {
      return false;
    }
  }
  put(tag::end);
  return true;
}

bool encoder::named_tuple(PyObject* object, const class_plan& plan) {
  put(tag::named_tuple, plan.name);
  return tuple(object);
}

bool encoder::frozen_dict(PyObject* object) {
  const auto items = py_ref::steal(PyMapping_Items(object));
  if (!items) {
    return false;
  }
  step here{*this, object, step_kind::key};
  if (!enter(here)) {
    return false;
  }
  const auto copy = py_ref::steal(PyDict_New());
  if (!copy || PyDict_MergeFromSeq2(copy.get(), items.get(), 1) < 0) {
    return false;
  }
  put(tag::frozen_dict);
  put_count(static_cast<std::uint64_t>(PyDict_GET_SIZE(copy.get())));
  return items_of(copy.get(), here);
}

// --- Known classes of the standard library ---

bool encoder::enum_member(PyObject* object, const class_plan& plan) {
  const auto name =
      py_ref::steal(PyObject_GetAttr(object, types_.name(known_name::name_)));
  if (!name) {
    return false;
  }
  PyObject* member = nullptr;  // borrowed
  if (PyUnicode_CheckExact(name.get()) && PyDict_Check(plan.members.get())) {
    member = PyDict_GetItemWithError(plan.members.get(), name.get());
  }
  if (member == object) {
    put(tag::enum_member, plan.name);
    return text(name.get());
  }
  if (PyErr_Occurred() != nullptr) {
    return false;
  }
  put(tag::enum_value, plan.name);  // a combination of flags
  return attribute(object, known_name::value_);
}

bool encoder::attribute(PyObject* object, known_name name) {
  step here{*this, object, step_kind::attribute};
  here.key = types_.name(name);
  const auto found = py_ref::steal(PyObject_GetAttr(object, here.key));
  return found && enter(here) && value(found.get());
}

bool encoder::made_from_text(PyObject* object, const class_plan& plan) {
  const auto text = py_ref::steal(PyObject_Str(object));
  if (!text) {
    return false;
  }
  put(tag::call, plan.name);
  put(tag::tuple, std::uint8_t{1});
  return value(text.get());
}

bool encoder::fraction(PyObject* object, const class_plan& plan) {
  put(tag::call, plan.name);
  put(tag::tuple, std::uint8_t{2});
  return attribute(object, known_name::numerator) &&
         attribute(object, known_name::denominator);
}

bool encoder::uuid(PyObject* object, const class_plan&) {
  const auto number =
      py_ref::steal(PyObject_GetAttr(object, types_.name(known_name::int_)));
  if (!number) {
    return false;
  }
  constexpr int format = Py_ASNATIVEBYTES_BIG_ENDIAN |
                         Py_ASNATIVEBYTES_UNSIGNED_BUFFER |
                         Py_ASNATIVEBYTES_REJECT_NEGATIVE;
  put(tag::uuid);
  std::byte* digits = room(16);
  if (PyLong_AsNativeBytes(number.get(), digits, 16, format) < 0) {
    return false;
  }
  return attribute(object, known_name::is_safe);
}

}  // namespace troupe
