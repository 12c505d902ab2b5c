// SPDX-License-Identifier: Apache-2.0
// Methods of troupe.System about dead letters.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

namespace troupe {

PyObject* system_subscribe_dead_letters(PyObject* self, PyObject* who);
PyObject* system_unsubscribe_dead_letters(PyObject* self, PyObject* who);

extern const char* const subscribe_dead_letters_doc;
extern const char* const unsubscribe_dead_letters_doc;

/// troupe._core.next_dead_letter(feed): blocks; None when there are no more.
PyObject* next_dead_letter(PyObject* module, PyObject* feed);
/// troupe._core.close_dead_letters(feed): no more come.
PyObject* close_dead_letters(PyObject* module, PyObject* feed);

}  // namespace troupe
