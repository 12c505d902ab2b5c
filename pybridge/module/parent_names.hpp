// SPDX-License-Identifier: Apache-2.0
// Names, in a child process: they are the parent's.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include <optional>
#include <string>

#include "pybridge/engine/engine.hpp"
#include "pybridge/process/name_question.hpp"

namespace troupe {

/// Asks the parent and waits, detached. A completion that is done; or null with
/// an exception set, as when this handler is killed meanwhile.
ref_ptr<completion> ask_parent(engine& e, name_question what,
                               const std::string& name,
                               actor_cell* who = nullptr);
/// The actor that an answer names; null: none.
ref_ptr<actor_cell> actor_of_answer(const completion& answer);
/// Done when an actor here or at the parent has that name; as
/// registry::when_named().
ref_ptr<completion> when_named_anywhere(engine& e, const std::string& name);

}  // namespace troupe
