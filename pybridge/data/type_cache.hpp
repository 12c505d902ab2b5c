// SPDX-License-Identifier: Apache-2.0
// What one interpreter knows about classes: how each is sent, and which class
// a name in a message means here.
//
// One object per interpreter, made and destroyed while attached to it; every
// method needs that interpreter's GIL. Modules such as datetime or decimal are
// imported when first needed, never before: each costs an actor 10-30 ms.
// Methods run Python code unless they say otherwise, so they may be entered
// again; what they return stays valid until clear().
#pragma once

#include "pybridge/python.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ref_counted.hpp"
#include "base/symbol.hpp"
#include "pybridge/data/pointer_map.hpp"
#include "pybridge/data/wire.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {

class type_cache;

/// How actor refs cross; the data layer itself knows nothing of actors.
struct ref_hooks {
  PyTypeObject* ref_type = nullptr;  // borrowed from the module
  ref_ptr<ref_counted> (*to_shared)(PyObject* ref) = nullptr;  // can't fail
  /// A new reference, or null with an exception set.
  PyObject* (*from_shared)(type_cache&, ref_ptr<ref_counted> shared) = nullptr;
  void* context = nullptr;  // for the one who sets the hooks
};

/// How the instances of a class are sent.
enum class class_kind : std::uint8_t {
  refused,  // see class_plan::why
  actor_ref,
  blob,
  by_name,  // classes and Python functions themselves
  memory_view,
  pickle_buffer,
  frozen_dict,
  instance,
  named_tuple,
  enumeration,
  exception,
  date,
  time,
  date_time,
  time_delta,
  time_zone,
  decimal,
  fraction,
  uuid,
  path,
  reduced,  // by the protocol that pickle and copy use
};

struct class_plan {
  class_kind kind = class_kind::refused;
  symbol name = symbol::none;
  py_ref type;     // keeps the class, so that its address is its own
  py_ref slots;    // instance: a dict, slot name -> descriptor
  py_ref members;  // enumeration: its dict, name -> member
  bool own_reduction = false;  // exception: the class overrides __reduce__
  std::string why;             // refused: the reason, for people
};

/// A class or function that a name in a message means in this interpreter.
struct known_object {
  py_ref object;
  bool plain_attributes = false;  // a class without properties and the like
};

/// Attribute names that the data layer needs, interned once.
enum class known_name : std::uint8_t {  // in the order of name_texts
  dict,
  fields,
  getinitargs,
  getnewargs,
  getnewargs_ex,
  getstate,
  module,
  qualname,
  reduce,
  reduce_ex,
  remote_traceback,
  setstate,
  suppress_context,
  member_map,
  name_,
  value_,
  append,
  denominator,
  extend,
  int_,
  is_safe,
  numerator,
  count_,
};

class type_cache {
public:
  type_cache();
  type_cache(const type_cache&) = delete;
  type_cache& operator=(const type_cache&) = delete;
  ~type_cache();

  /// Both borrowed from the module that owns this cache, and set once.
  void set_ref_hooks(const ref_hooks& hooks);
  /// Instances of one more type cross by the same hooks.
  void add_shared_type(PyTypeObject* type);
  void set_blob_type(PyTypeObject* type);
  const ref_hooks& hooks() const noexcept { return hooks_; }
  PyTypeObject* blob_type() const noexcept { return blob_type_; }  // borrowed

  /// {type: function}, borrowed, or null: how such objects are sent that
  /// aren't found by name, see by_value_scope.
  PyObject* by_value() const noexcept { return by_value_; }

  /// Bytes that one message may have.
  std::size_t max_message_size() const noexcept { return max_message_size_; }
  void set_max_message_size(std::size_t bytes) noexcept {
    max_message_size_ = bytes;
  }

  /// For the owning module's tp_traverse and tp_clear; run no Python code.
  int traverse(visitproc visit, void* arg) const;
  void clear() noexcept;
  /// Forgets what is cached of classes and functions: others may come to have
  /// their names.
  void forget_classes();

  // --- for the encoder and the decoder ---

  /// How instances of `type` are sent; null with an exception set. A plan
  /// that says `refused` is valid until the next call.
  const class_plan* plan_of(PyTypeObject* type) {
    class_plan** found = plans_by_type_.find(type);
    return found != nullptr ? *found : make_plan(type);
  }
  /// The same, but null if nobody has asked for it yet; runs no Python code.
  const class_plan* known_plan_of(const PyTypeObject* type) noexcept {
    class_plan** found = plans_by_type_.find(type);
    return found == nullptr ? nullptr : *found;
  }
  /// The class or function called `name` here; null with an exception set.
  const known_object* resolve(symbol name) {
    const auto found = known_.find(name);
    return found != known_.end() ? &found->second : import_known(name);
  }
  /// The name under which `object` can be imported. None: it can't be, and
  /// `why` says so; or a Python exception is set and `why` is empty.
  symbol name_of_global(PyObject* object, std::string& why);
  /// The same with the module and the (dotted) name given, both borrowed str.
  symbol symbol_of(PyObject* object, PyObject* module, PyObject* name,
                   std::string& why);

  /// A str for a short ASCII text that is likely to come again (a key of a
  /// dict, an attribute); new reference or null. Runs no Python code.
  PyObject* short_text(const char* characters, std::size_t length);

  PyObject* name(known_name which) const noexcept {  // borrowed
    return names_[static_cast<std::size_t>(which)].get();
  }
  /// "module:name" imported once; borrowed, or null with an exception set.
  PyObject* imported(const char* module, const char* name);
  /// CPython's datetime C-API (PyDateTime_CAPI), or null with an exception.
  void* datetime_api();

private:
  friend class by_value_scope;
  static constexpr std::size_t text_slots = 256;

  /// Holds keys of up to 32 characters. Measured (bench/convert, rows): it
  /// saves a third of the time of decoding a dict.
  struct cached_text {
    static constexpr std::size_t empty = ~std::size_t{0};
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::size_t length = empty;
    py_ref text;
  };

  const class_plan* make_plan(PyTypeObject* type);
  const class_plan* add_plan(std::unique_ptr<class_plan> plan);
  void add_builtin_plans();
  void add_builtin_plan(PyTypeObject* type, class_kind kind);
  const known_object* import_known(symbol name);

  // Constant once the module is set up; borrowed.
  ref_hooks hooks_;
  PyTypeObject* blob_type_ = nullptr;
  std::vector<PyTypeObject*> shared_types_;
  std::array<py_ref, static_cast<std::size_t>(known_name::count_)> names_;

  PyObject* by_value_ = nullptr;  // borrowed
  std::size_t max_message_size_ = wire::default_max_size;
  void* datetime_api_ = nullptr;
  pointer_map<class_plan*> plans_by_type_;
  std::vector<std::unique_ptr<class_plan>> plans_;
  std::unique_ptr<class_plan> refused_;  // the last one
  std::unordered_map<symbol, known_object> known_;
  std::unordered_map<std::string, py_ref> imported_;
  std::array<cached_text, text_slots> texts_;
};

/// While it lives, encode() asks the functions of `table` ({type: function},
/// borrowed; null: none) about objects of these types first. They answer what a
/// __reduce__ does, or NotImplemented.
class by_value_scope {
public:
  by_value_scope(type_cache& types, PyObject* table) noexcept
      : types_{types}, before_{types.by_value_} {
    types_.by_value_ = table;
  }
  ~by_value_scope() { types_.by_value_ = before_; }
  by_value_scope(const by_value_scope&) = delete;
  by_value_scope& operator=(const by_value_scope&) = delete;

private:
  type_cache& types_;
  PyObject* const before_;
};

/// Decides how instances of `type` are sent; false with an exception set.
/// Fills all of `plan` but `type`.
bool plan_class(type_cache& types, PyTypeObject* type, class_plan& plan);

/// The nearest base class that is written in C and part of CPython.
PyTypeObject* builtin_base(PyTypeObject* type);

}  // namespace troupe
