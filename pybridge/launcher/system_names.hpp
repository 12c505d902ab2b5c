// SPDX-License-Identifier: Apache-2.0
// The names that a system file gives, each once, and the one that `entry`
// means. All functions throw a toml_fault at what is not so.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pybridge/launcher/system_file.hpp"
#include "pybridge/launcher/toml_source.hpp"

namespace troupe {

/// Where each name was given.
using name_lines = std::map<std::string, unsigned>;

void take_names(const toml_source& source,
                const std::vector<std::string>& names, unsigned line,
                name_lines& taken);

/// Takes apart what was read as the entry, which stands at `where`.
void resolve_entry(const toml_source& source, system_file& file,
                   const toml::source_region& where);

}  // namespace troupe
