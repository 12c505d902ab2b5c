// SPDX-License-Identifier: Apache-2.0
// The encoder's inside: one object per message, on the stack.
//
// Each method that answers bool has set a Python exception when it answers
// false. What can't grow any more (memory, the size limit) is thrown as a C++
// exception and becomes a Python one at the entrance, in convert_encode.cpp.
// User code may run at many places: what is being read may change under our
// hands, so every child object is held while it is encoded.
#pragma once

#include "pybridge/python.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "mailbox/payload.hpp"
#include "pybridge/data/blob.hpp"
#include "pybridge/data/pointer_map.hpp"
#include "pybridge/data/type_cache.hpp"
#include "pybridge/data/wire.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {

/// Thrown when a message would pass its size limit.
struct message_too_big {
  std::size_t size;  // at least this many bytes
};

/// How a child is reached from its container, for error texts.
enum class step_kind : std::uint8_t {
  index,          // [0]
  key,            // ['name']
  attribute,      // .name
  key_itself,     // a key of a dict
  element,        // of a set
  part,           // .name, from a string literal
  argument,       // of a call; no container
  named_argument  // of a call; no container
};

class encoder;

/// A container on the way from the message to the object at hand. Lives on
/// the stack of the method that encodes the container.
class step {
public:
  step(encoder& owner, PyObject* container, step_kind kind) noexcept;
  step(const step&) = delete;
  step& operator=(const step&) = delete;
  ~step();

  encoder& owner;
  const step* const parent;
  PyObject* const container;  // borrowed; null for a call's arguments
  const int depth;
  step_kind kind;
  bool entered = false;  // whether enter() counted us as a recursive call
  union {
    Py_ssize_t index = 0;
    PyObject* key;     // borrowed
    const char* part;  // a literal
  };
};

class encoder {
public:
  encoder(type_cache& types, payload& out, const char* what) noexcept
      : types_{types},
        out_{out},
        what_{what},
        limit_{types.max_message_size()} {}
  encoder(const encoder&) = delete;
  encoder& operator=(const encoder&) = delete;
  ~encoder();

  /// Anything; borrowed, and kept alive by the caller if it is an atom.
  bool value(PyObject* object);
  bool call(PyObject* const* args, std::size_t nargs, PyObject* kwnames);
  bool exception_record(PyObject* exception);  // see convert_error.cpp

private:
  friend class step;

  // convert_encode.cpp: atoms and containers
  bool compound(PyObject* object);
  bool container(PyObject* object);
  bool by_plan(PyObject* object);
  bool integer(PyObject* object);
  bool text(PyObject* object);
  bool bytes(PyObject* object);
  bool byte_array(PyObject* object);
  bool complex(PyObject* object);
  bool tuple(PyObject* object);
  bool list(PyObject* object);
  bool dict(PyObject* object);
  bool set(PyObject* object, wire::tag kind);
  bool range(PyObject* object);
  bool slice(PyObject* object);
  bool constant(PyObject* object);
  bool items_of(PyObject* dict, step& here);

  // convert_encode_buffers.cpp
  bool blob(PyObject* object);
  void put_blob(wire::tag t, const blob_part& part);
  bool actor_ref(PyObject* object);
  bool memory_view(PyObject* object);
  bool pickle_buffer(PyObject* object);
  bool content(const Py_buffer& view);  // a blob or bytes
  std::size_t attach(ref_ptr<ref_counted> object);

  // convert_encode_objects.cpp
  bool planned(PyObject* object, const class_plan& plan);
  py_ref value_reduction_of(PyObject* object, PyObject* table);
  bool by_name(PyObject* object);
  bool instance(PyObject* object, const class_plan& plan);
  bool instance_slots(PyObject* object, const class_plan& plan, step& here);
  bool named_tuple(PyObject* object, const class_plan& plan);
  bool enum_member(PyObject* object, const class_plan& plan);
  bool frozen_dict(PyObject* object);
  bool made_from_text(PyObject* object, const class_plan& plan);
  bool fraction(PyObject* object, const class_plan& plan);
  bool uuid(PyObject* object, const class_plan& plan);
  bool attribute(PyObject* object, known_name name);

  // convert_datetime.cpp
  bool date(PyObject* object);
  bool time(PyObject* object);
  bool date_time(PyObject* object);
  bool time_delta(PyObject* object);
  bool time_zone(PyObject* object);
  bool zone(PyObject* object, PyObject* tzinfo);

  // convert_error.cpp
  bool exception(PyObject* object, const class_plan& plan);
  bool exception_core(PyObject* object, const class_plan& plan);
  /// Writes None instead of an object that can't be sent.
  bool value_or_none(PyObject* object);

  // convert_reduce.cpp
  bool reduced(PyObject* object);
  py_ref reduction_of(PyObject* object);
  bool global_named(PyObject* object, PyObject* name);
  bool reduction(PyObject* parts, step& here);
  bool reduced_items(PyObject* parts, step& here);
  bool reduced_pairs(PyObject* items, step& here);
  bool reduced_state(PyObject* state, step& here);
  bool state_part_of(PyObject* state, step& here);

  // convert_path.cpp: what goes wrong
  bool enter(step& here) {
    if (here.depth > wire::max_depth) [[unlikely]] {
      return fail_depth();
    }
    here.entered = Py_EnterRecursiveCall(" while encoding a message") == 0;
    return here.entered;
  }
  bool is_ancestor(PyObject* object) const noexcept;
  bool fail_cycle();
  bool fail_depth();
  bool fail_changed(const char* what);
  /// TypeError "<path>: <type> can't be sent: <why>"; the exception that is
  /// set, if any, becomes its cause. Lets MemoryError and the like through.
  bool fail_refused(PyObject* object, const char* why);
  /// The same for a class or function that can't be imported.
  bool fail_refused_global(PyObject* object, const std::string& why);
  py_ref path_text(const step* last) const;

  // Writing.
  std::byte* room(std::size_t n) {
    if (n > limit_ - out_.size()) [[unlikely]] {
      too_big(n);
    }
    return out_.extend(n);
  }
  [[noreturn]] void too_big(std::size_t n) const;
  void put(wire::tag t) { *room(1) = static_cast<std::byte>(t); }
  template <typename T>
  void put_raw(T number) {
    std::memcpy(room(sizeof number), &number, sizeof number);
  }
  template <typename T>
  void put(wire::tag t, T number) {
    std::byte* p = room(1 + sizeof number);
    *p = static_cast<std::byte>(t);
    std::memcpy(p + 1, &number, sizeof number);
  }
  void put_count(std::uint64_t n);
  void put_sized(wire::tag t, std::uint64_t count, const void* data,
                 std::size_t size);

  /// Writes a back reference if the object was written before, else notes
  /// where its tag is going to be.
  bool seen_before(PyObject* object);
  /// What was written at `offset` and after it has been taken back.
  void forget_from(std::size_t offset) noexcept;

  type_cache& types_;
  payload& out_;
  const char* const what_;
  const std::size_t limit_;
  const step* at_ = nullptr;           // the innermost container
  PyObject* root_ = nullptr;           // borrowed; what is inside nothing else
  bool tracebacks_ = true;             // those of exceptions are sent as text
  pointer_map<std::size_t> seen_;      // owns a reference to each key
  pointer_map<std::size_t> attached_;  // address -> index
};

// GCC 12 doesn't see that the destructor takes the address back.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer"
#endif
inline step::step(encoder& owner, PyObject* container, step_kind kind) noexcept
    : owner{owner},
      parent{owner.at_},
      container{container},
      depth{owner.at_ == nullptr ? 1 : owner.at_->depth + 1},
      kind{kind} {
  owner.at_ = this;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

inline step::~step() {
  owner.at_ = parent;
  if (entered) {
    Py_LeaveRecursiveCall();
  }
}

}  // namespace troupe
