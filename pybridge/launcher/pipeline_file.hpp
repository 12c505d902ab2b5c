// SPDX-License-Identifier: Apache-2.0
// Tells a TOML file that describes a pipeline from a system file.
#pragma once

#include <string>

namespace troupe {

/// False for what can't be read, too: whoever reads it as a system file says
/// why.
bool is_pipeline_file(const std::string& path);

}  // namespace troupe
