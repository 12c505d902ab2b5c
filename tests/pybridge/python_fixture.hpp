// SPDX-License-Identifier: Apache-2.0
// What the data layer's tests share: the embedded Python that main.cpp starts,
// and messages written as Python source.
#pragma once

#include "pybridge/python.hpp"

#include <memory>
#include <string>

#include "mailbox/payload.hpp"
#include "pybridge/data/convert.hpp"
#include "pybridge/data/type_cache.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe::test {

/// An interpreter's side of the data layer: its type_cache with Blob and a
/// ref type (class Ref, with an `id`), and a namespace for Python source.
/// Made and destroyed while attached.
class side {
public:
  side();
  side(const side&) = delete;
  side& operator=(const side&) = delete;
  ~side();

  type_cache& types() { return *types_; }
  PyObject* names() { return names_.get(); }  // borrowed dict

  /// The value of an expression; fails the test if it raises.
  py_ref eval(const std::string& expression);
  void exec(const std::string& statements);
  /// True if the expression is true, with `sent` and `got` as given.
  bool holds(const std::string& expression, PyObject* sent, PyObject* got);
  /// "TypeError: text" of the exception that is set, which is cleared.
  static std::string take_error();

  payload encoded(PyObject* object);       // fails the test if it can't be
  py_ref decoded(const payload& content);  // likewise
  /// What encoding the expression's value raises; "" if nothing.
  std::string refusal(const std::string& expression);

private:
  py_ref names_;
  py_ref ref_type_;
  py_ref blob_type_;
  std::unique_ptr<type_cache> types_;
};

/// An own-GIL interpreter for the life of the object; the main interpreter is
/// detached meanwhile.
class own_gil_interpreter {
public:
  own_gil_interpreter();
  own_gil_interpreter(const own_gil_interpreter&) = delete;
  own_gil_interpreter& operator=(const own_gil_interpreter&) = delete;
  ~own_gil_interpreter();

private:
  PyThreadState* const main_;
  PyThreadState* own_ = nullptr;
};

}  // namespace troupe::test
