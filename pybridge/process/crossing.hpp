// SPDX-License-Identifier: Apache-2.0
// What can be sent to an actor in another process.
#pragma once

#include "mailbox/payload.hpp"

namespace troupe {

inline constexpr const char* cant_cross_words =
    "a Group, a Queue, a Lock or its kin can't be sent to an actor in another "
    "process: send a Ref, or the values themselves";

/// Any thread. False: something is attached that lives in this process only.
bool can_cross(const payload& content);

}  // namespace troupe
