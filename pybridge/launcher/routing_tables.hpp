// SPDX-License-Identifier: Apache-2.0
// What [[pool]] and [[router]] of a system file say of routing. Throws
// toml_fault, as toml_source does.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "pybridge/launcher/toml_source.hpp"
#include "pybridge/launcher/toml_value.hpp"

namespace troupe {

/// Those of [[actor]] without `count`, and ours.
inline constexpr std::array<std::string_view, 22> pool_keys{
    "module",       "class",    "name",    "home",       "args",    "kwargs",
    "mailbox",      "overflow", "stash",   "time_limit", "pinned",  "dedicated",
    "concurrency",  "policy",   "key",     "size",       "minimum", "maximum",
    "max_restarts", "within",   "backoff", "max_keys"};
inline constexpr std::array<std::string_view, 5> router_keys{
    "name", "policy", "key", "max_keys", "routees"};

/// The arguments of System.router() that are given, and with `of_pool` those of
/// System.pool(): policy, key; size, minimum, maximum.
toml_table read_routing(const toml_source& source, const toml::table& table,
                        bool of_pool);

/// The names under `routees`: at least one, each of `known`.
std::vector<std::string> read_routees(const toml_source& source,
                                      const toml::table& table,
                                      const std::vector<std::string>& known);

}  // namespace troupe
