// SPDX-License-Identifier: Apache-2.0
// What TARGET on the launcher's command line is: a file, a module, or a system
// file. Looks at the disk; knows nothing of Python.
#pragma once

#include <string>

#include "base/result.hpp"

namespace troupe {

enum class target_kind { script, module, system_file };

struct launch_target {
  target_kind kind;
  std::string text;  // as it was given
};

/// An error's text is one message for people, with its remedy. That a module
/// exists is not looked up here.
result<launch_target> find_target(const std::string& text);

}  // namespace troupe
