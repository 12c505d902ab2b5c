// SPDX-License-Identifier: Apache-2.0
// The Python of a test program, and ways to run code in it. runtime_main.cpp
// embeds it; adopt_test.cpp adopts it.
#pragma once

#include "pybridge/python.hpp"

#include <memory>
#include <string>

#include "pybridge/interpreters/runtime.hpp"

namespace troupe {

void set_test_runtime(std::unique_ptr<runtime> made);
runtime& test_runtime();

/// An interpreter that nobody else uses. Fails the test if there is none.
ref_ptr<interpreter> new_interpreter();

/// Attached: runs statements in the __main__ module; prints an exception and
/// answers false if there was one.
bool run(const char* statements);
/// Attached: the str() of an expression's value; "Class: text" if it raises.
std::string eval(const char* expression);

}  // namespace troupe
