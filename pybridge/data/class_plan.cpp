// SPDX-License-Identifier: Apache-2.0
// Deciding, once per class, how its instances are sent.
#include <cstring>
#include <new>

#include "pybridge/data/type_cache.hpp"

namespace troupe {
namespace {

struct known_class {
  const char* name;
  class_kind kind;
};

constexpr known_class known_classes[] = {
    {"datetime:date", class_kind::date},
    {"datetime:time", class_kind::time},
    {"datetime:datetime", class_kind::date_time},
    {"datetime:timedelta", class_kind::time_delta},
    {"datetime:timezone", class_kind::time_zone},
    {"decimal:Decimal", class_kind::decimal},
    {"fractions:Fraction", class_kind::fraction},
    {"uuid:UUID", class_kind::uuid},
    {"pathlib:PosixPath", class_kind::path},
    {"pathlib:WindowsPath", class_kind::path},
    {"pathlib:PurePosixPath", class_kind::path},
    {"pathlib:PureWindowsPath", class_kind::path},
    {"pathlib._local:PosixPath", class_kind::path},  // 3.13
    {"pathlib._local:WindowsPath", class_kind::path},
    {"pathlib._local:PurePosixPath", class_kind::path},
    {"pathlib._local:PureWindowsPath", class_kind::path},
    {"builtins:frozendict", class_kind::frozen_dict},  // 3.15
};

enum class answer { no, yes, error };

PyObject* as_object(PyTypeObject* type) {
  return reinterpret_cast<PyObject*>(type);
}

/// Whether `type` has a value for an attribute that `base` doesn't have.
answer overrides(PyTypeObject* type, PyTypeObject* base, PyObject* name) {
  PyObject* own = nullptr;
  PyObject* inherited = nullptr;
  if (PyObject_GetOptionalAttr(as_object(type), name, &own) < 0 ||
      PyObject_GetOptionalAttr(as_object(base), name, &inherited) < 0) {
    Py_XDECREF(own);
    return answer::error;
  }
  const bool differ = own != inherited;
  Py_XDECREF(own);
  Py_XDECREF(inherited);
  return differ ? answer::yes : answer::no;
}

answer overrides_any(type_cache& types, PyTypeObject* type, PyTypeObject* base,
                     std::initializer_list<known_name> names) {
  for (const known_name name : names) {
    const answer a = overrides(type, base, types.name(name));
    if (a != answer::no) {
      return a;
    }
  }
  return answer::no;
}

/// An attribute of a module that is loaded already: nothing is imported.
py_ref loaded(const char* module, const char* name) {
  const py_ref key = py_ref::steal(PyUnicode_FromString(module));
  const py_ref found =
      key ? py_ref::steal(PyImport_GetModule(key.get())) : py_ref{};
  PyObject* object = nullptr;
  if (found) {
    object = PyObject_GetAttrString(found.get(), name);
  }
  PyErr_Clear();
  return py_ref::steal(object);
}

/// A reducer that somebody gave copyreg for this class.
answer in_dispatch_table(PyTypeObject* type) {
  const py_ref table = loaded("copyreg", "dispatch_table");
  if (!table || !PyDict_Check(table.get())) {
    return answer::no;
  }
  switch (PyDict_Contains(table.get(), as_object(type))) {
    case 0:
      return answer::no;
    case 1:
      return answer::yes;
    default:
      return answer::error;
  }
}

/// Frozen dataclasses with slots get a __getstate__ and __setstate__ made for
/// pickle; they say nothing that reading and setting the slots doesn't.
bool is_dataclass_state(PyTypeObject* type) {
  const py_ref theirs = loaded("dataclasses", "_dataclass_getstate");
  const py_ref own = py_ref::steal(
      theirs ? PyObject_GetAttrString(as_object(type), "__getstate__")
             : nullptr);
  PyErr_Clear();
  return theirs && own.get() == theirs.get();
}

/// Copying by the attributes alone gives the same object as pickle would.
answer has_plain_state(type_cache& types, PyTypeObject* type) {
  const answer reduces =
      overrides_any(types, type, &PyBaseObject_Type,
                    {known_name::reduce, known_name::reduce_ex,
                     known_name::getnewargs, known_name::getnewargs_ex});
  if (reduces != answer::no) {
    return reduces == answer::error ? answer::error : answer::no;
  }
  if (is_dataclass_state(type)) {
    return answer::yes;
  }
  const answer state =
      overrides_any(types, type, &PyBaseObject_Type,
                    {known_name::getstate, known_name::setstate});
  return state == answer::error ? state
         : state == answer::no  ? answer::yes
                                : answer::no;
}

/// Collects the slots of a class written in Python, bases first.
py_ref slots_of(PyTypeObject* type) {
  py_ref slots = py_ref::steal(PyDict_New());
  PyObject* classes = type->tp_mro;
  for (Py_ssize_t i = PyTuple_GET_SIZE(classes); slots && i != 0; --i) {
    auto* base =
        reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(classes, i - 1));
    if ((base->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) {
      continue;
    }
    const py_ref dict = py_ref::steal(PyType_GetDict(base));
    Py_ssize_t position = 0;
    PyObject* name = nullptr;
    PyObject* value = nullptr;
    while (dict && PyDict_Next(dict.get(), &position, &name, &value)) {
      if (Py_IS_TYPE(value, &PyMemberDescr_Type) &&
          PyDict_SetItem(slots.get(), name, value) < 0) {
        return {};
      }
    }
  }
  return slots;
}

/// No base class keeps something of its own, in C, beside the attributes.
bool is_pure_python(PyTypeObject* type, PyObject* slots) {
  auto size = static_cast<Py_ssize_t>(sizeof(PyObject));
  size += PyDict_GET_SIZE(slots) * static_cast<Py_ssize_t>(sizeof(PyObject*));
  const bool own_dict = type->tp_dictoffset > 0;  // not a managed one
  const bool own_weakrefs = type->tp_weaklistoffset > 0;
  size +=
      (own_dict + own_weakrefs) * static_cast<Py_ssize_t>(sizeof(PyObject*));
  return type->tp_new == PyBaseObject_Type.tp_new && type->tp_itemsize == 0 &&
         type->tp_basicsize == size &&
         (type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0;
}

bool plan_instance(type_cache& types, PyTypeObject* type, class_plan& plan) {
  py_ref slots = slots_of(type);
  if (!slots) {
    return false;
  }
  plan.kind = class_kind::reduced;
  if (!is_pure_python(type, slots.get())) {
    return true;
  }
  const answer plain = has_plain_state(types, type);
  if (plain == answer::yes) {
    plan.kind = class_kind::instance;
    plan.slots = std::move(slots);
  }
  return plain != answer::error;
}

bool is_named_tuple(type_cache& types, PyTypeObject* type) {
  if (type->tp_base != &PyTuple_Type || type->tp_dictoffset != 0 ||
      (type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) {
    return false;
  }
  const answer reduces = overrides_any(
      types, type, &PyTuple_Type,
      {known_name::reduce, known_name::reduce_ex, known_name::getstate,
       known_name::setstate, known_name::getnewargs_ex});
  const answer fields =
      overrides(type, &PyTuple_Type, types.name(known_name::fields));
  PyErr_Clear();
  return reduces == answer::no && fields == answer::yes;
}

bool plan_enumeration(type_cache& types, class_plan& plan) {
  plan.kind = class_kind::enumeration;
  plan.members = py_ref::steal(
      PyObject_GetAttr(plan.type.get(), types.name(known_name::member_map)));
  return static_cast<bool>(plan.members);
}

bool plan_exception(type_cache& types, PyTypeObject* type, class_plan& plan) {
  plan.kind = class_kind::exception;
  const answer reduces =
      overrides_any(types, type, builtin_base(type),
                    {known_name::reduce, known_name::reduce_ex});
  plan.own_reduction = reduces == answer::yes;
  return reduces != answer::error;
}

/// A class that can't be imported can still say itself how it is rebuilt.
bool plan_without_name(type_cache& types, PyTypeObject* type,
                       class_plan& plan) {
  const answer reduces =
      overrides_any(types, type, &PyBaseObject_Type,
                    {known_name::reduce, known_name::reduce_ex});
  plan.kind =
      reduces == answer::yes ? class_kind::reduced : class_kind::refused;
  plan.why = "its class can't be imported by name: " + plan.why;
  return reduces != answer::error;
}

bool is_enumeration(PyTypeObject* type) {
  const py_ref meta = loaded("enum", "EnumType");
  return meta && PyType_Check(meta.get()) &&
         PyType_IsSubtype(Py_TYPE(type), meta.type());
}

}  // namespace

PyTypeObject* builtin_base(PyTypeObject* type) {
  while ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0) {
    type = type->tp_base;
  }
  return type;
}

bool plan_class(type_cache& types, PyTypeObject* type, class_plan& plan) {
  if (PyType_IsSubtype(type, &PyType_Type)) {
    plan.kind = class_kind::by_name;  // a class whose metaclass this is
    return true;
  }
  const answer registered = in_dispatch_table(type);
  if (registered != answer::no) {
    plan.kind = class_kind::reduced;
    return registered == answer::yes;
  }
  plan.name = types.name_of_global(as_object(type), plan.why);
  if (plan.name == symbol::none) {
    return PyErr_Occurred() == nullptr && plan_without_name(types, type, plan);
  }
  for (const known_class& known : known_classes) {
    if (name_of(plan.name) == known.name) {
      plan.kind = known.kind;
      return true;
    }
  }
  if (PyType_IsSubtype(type,
                       reinterpret_cast<PyTypeObject*>(PyExc_BaseException))) {
    return plan_exception(types, type, plan);
  }
  if (is_enumeration(type)) {
    return plan_enumeration(types, plan);
  }
  if (is_named_tuple(types, type)) {
    plan.kind = class_kind::named_tuple;
    return true;
  }
  return plan_instance(types, type, plan);
}

}  // namespace troupe
