// SPDX-License-Identifier: Apache-2.0
// The program `troupe`: from the command line to the exit code.
#pragma once

namespace troupe {

/// For main() alone: it starts Python, which a process does once.
int launch(int argc, const char* const* argv);

}  // namespace troupe
