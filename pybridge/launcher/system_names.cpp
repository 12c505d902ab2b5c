// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/system_names.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "pybridge/launcher/names.hpp"
#include "pybridge/launcher/near_name.hpp"

namespace troupe {
namespace {

std::string hint_for_entry(const std::string& entry,
                           const std::vector<std::string>& all) {
  const std::vector<std::string_view> known(all.begin(), all.end());
  const auto hint = did_you_mean(entry, known);
  return hint.empty() ? "; give an [[actor]] this name, or write "
                        "\"module:function\""
                      : hint;
}

void check_entry_actor(const toml_source& source, const system_file& file,
                       const toml::source_region& where) {
  const auto& entry = file.entry.actor;
  std::vector<std::string> all;
  for (const auto& actor : file.actors) {
    auto names = actor.names();
    if (actor.count && actor.name == entry)
      source.fail(where, "entry " + in_quotes(entry) +
                             " must be one actor: " + in_quotes(names[0]));
    std::move(names.begin(), names.end(), std::back_inserter(all));
  }
  for (const auto& router : file.routers) all.push_back(router.name);
  if (std::find(all.begin(), all.end(), entry) == all.end())
    source.fail(where, "entry " + in_quotes(entry) + " is no actor here" +
                           hint_for_entry(entry, all));
}

}  // namespace

void take_names(const toml_source& source,
                const std::vector<std::string>& names, unsigned line,
                name_lines& taken) {
  for (const auto& name : names) {
    const auto [found, fresh] = taken.emplace(name, line);
    if (!fresh)
      source.fail(line, 1,
                  "the name " + in_quotes(name) + " is taken by line " +
                      std::to_string(found->second));
  }
}

void resolve_entry(const toml_source& source, system_file& file,
                   const toml::source_region& where) {
  auto& entry = file.entry;
  entry.line = where.begin.line;
  const auto text = entry.actor;
  const auto colon = text.find(':');
  if (colon == std::string::npos) {
    if (!text.empty())
      check_entry_actor(source, file, where);
    return;
  }
  entry.actor.clear();
  entry.module = text.substr(0, colon);
  entry.function = text.substr(colon + 1);
  if (!is_dotted_name(entry.module) || !is_identifier(entry.function))
    source.fail(where, "entry " + in_quotes(text) +
                           " must be an actor's name or \"module:function\"");
}

}  // namespace troupe
