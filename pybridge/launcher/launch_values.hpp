// SPDX-License-Identifier: Apache-2.0
// What the launcher's C++ half hands to its Python half (troupe/_launch.py).
//
// Each function answers a new reference, or an empty one with an exception set.
#pragma once

#include "pybridge/python.hpp"

#include <string>
#include <vector>

#include "base/roles.hpp"
#include "pybridge/launcher/system_file.hpp"
#include "pybridge/launcher/toml_value.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {

/// As the file system's encoding has it: what Python does with sys.argv.
py_ref to_python(const std::string& text) TROUPE_REQUIRES(gil);
py_ref to_python(const std::vector<std::string>& texts) TROUPE_REQUIRES(gil);
py_ref to_python(const toml_value& value) TROUPE_REQUIRES(gil);
/// The dict that troupe/_system_file.py describes.
py_ref to_python(const system_file& file) TROUPE_REQUIRES(gil);

}  // namespace troupe
