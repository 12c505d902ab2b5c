// SPDX-License-Identifier: Apache-2.0
// The options of one [[actor]] that spawn() takes under the same names.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "pybridge/launcher/toml_source.hpp"

namespace troupe {

inline constexpr std::array<std::string_view, 7> actor_options{
    "mailbox", "overflow",  "stash",      "time_limit",
    "pinned",  "dedicated", "concurrency"};

/// Those that are given, as spawn() takes them; what is wrong goes to `faults`.
toml_table read_actor_options(const toml_source& source,
                              const toml::table& table,
                              std::vector<toml_fault>& faults);

}  // namespace troupe
