// SPDX-License-Identifier: Apache-2.0
// Words for what tree.cpp has seen.
#pragma once

#include "pybridge/python.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "actors/cell/actor_cell.hpp"
#include "pybridge/interpreters/python_stack.hpp"

namespace troupe {

/// "1 actor", "2 actors".
std::string counted(std::size_t count, std::string_view thing);
/// "less than 1 ms", "45 ms", "3.2 s".
std::string words_of(std::chrono::nanoseconds age);
std::string words_of(const work_report& work);
std::string words_of(actor_cell::life life);
/// As a traceback has them, the innermost last, with their source.
void add_frames(const python_stack& stack, const std::string& indent,
                std::string& text);

}  // namespace troupe
