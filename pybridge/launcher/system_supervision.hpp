// SPDX-License-Identifier: Apache-2.0
// What a system file says about supervisors: [[supervisor]], and the keys of an
// [[actor]] that are about restarts.
//
// The values are handed on as they are; that they are what the package takes is
// checked here. All functions throw a toml_fault at what is not.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "pybridge/launcher/system_file.hpp"
#include "pybridge/launcher/toml_source.hpp"

namespace troupe {

inline constexpr std::array<std::string_view, 8> supervisor_keys{
    "name",     "supervisor",   "strategy", "restart",
    "shutdown", "max_restarts", "within",   "backoff"};

supervisor_entry read_supervisor(const toml_source& source,
                                 const toml::table& table);

/// Fills in `supervisor` and `restarts` of an actor.
void read_restarts(const toml_source& source, const toml::table& table,
                   actor_entry& actor);

/// Names that are there, and no supervisor above itself.
void check_supervisor_of(const toml_source& source, const system_file& file,
                         const supervisor_entry& entry);
void check_supervisor_of(const toml_source& source, const system_file& file,
                         const actor_entry& entry);

}  // namespace troupe
