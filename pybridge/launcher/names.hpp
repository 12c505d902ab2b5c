// SPDX-License-Identifier: Apache-2.0
// What can be the name of something in Python, or of a home.
#pragma once

#include <string_view>

namespace troupe {

/// Letters beyond ASCII all pass: Python judges them itself.
bool is_identifier(std::string_view text);
/// As in `import package.module`.
bool is_dotted_name(std::string_view text);
/// "own", "main" or "shared:NAME".
bool is_home(std::string_view text);

}  // namespace troupe
