// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/routing_tables.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "pybridge/launcher/near_name.hpp"

namespace troupe {
namespace {

constexpr std::array<std::string_view, 7> policies{
    "round_robin",     "random", "least_loaded",         "broadcast",
    "consistent_hash", "sticky", "scatter_gather_first",
};
constexpr std::int64_t max_size = 100'000;

void read_policy(const toml_source& source, const toml::table& table,
                 toml_table& out) {
  const auto policy = source.text_at(table, "policy");
  if (!policy)
    return;
  if (std::ranges::find(policies, *policy) == policies.end()) {
    const auto hint = did_you_mean(*policy, policies);
    std::string all;
    for (const auto known : policies)
      all += (all.empty() ? "" : ", ") + std::string{known};
    source.fail(
        table.get("policy")->source(),
        "policy " + in_quotes(*policy) +
            (hint.empty() ? " must be one of " + all : " is none" + hint));
  }
  out.push_back({"policy", {*policy}});
}

void read_key(const toml_source& source, const toml::table& table,
              toml_table& out) {
  const auto* node = table.get("key");
  if (node == nullptr)
    return;
  if (const auto position = node->value_exact<std::int64_t>();
      position && *position >= 0)
    out.push_back({"key", {*position}});
  else if (const auto name = node->value_exact<std::string>();
           name && !name->empty())
    out.push_back({"key", {*name}});
  else
    source.fail(node->source(),
                "key must be the position of an argument, from 0 on, or its "
                "keyword");
}

std::optional<unsigned> read_size(const toml_source& source,
                                  const toml::table& table, const char* key,
                                  toml_table& out) {
  const auto size = source.number_at(table, key, max_size);
  if (size)
    out.push_back({key, {std::int64_t{*size}}});
  return size;
}

void read_sizes(const toml_source& source, const toml::table& table,
                toml_table& out) {
  const auto size = read_size(source, table, "size", out);
  const auto least = read_size(source, table, "minimum", out);
  const auto most = read_size(source, table, "maximum", out);
  const auto check = [&](const auto& low, const auto& high, const char* key,
                         const char* words) {
    if (low && high && *low > *high)
      source.fail(table.get(key)->source(), words);
  };
  check(least, most, "minimum", "minimum is more than maximum");
  check(least, size, "size", "size is less than minimum");
  check(size, most, "size", "size is more than maximum");
}

}  // namespace

toml_table read_routing(const toml_source& source, const toml::table& table,
                        bool of_pool) {
  toml_table options;
  read_policy(source, table, options);
  read_key(source, table, options);
  read_size(source, table, "max_keys", options);
  if (of_pool)
    read_sizes(source, table, options);
  return options;
}

std::vector<std::string> read_routees(const toml_source& source,
                                      const toml::table& table,
                                      const std::vector<std::string>& known) {
  const auto* node = table.get("routees");
  if (node == nullptr)
    source.fail(table.source(),
                "this [[router]] lacks routees = [\"NAME\", ...]");
  const auto* list = node->as_array();
  if (list != nullptr && list->empty())
    source.fail(node->source(), "routees is empty; name at least one actor");
  if (list == nullptr)
    source.wrong_type("routees", "a list of actors' names", *node);
  std::vector<std::string> names;
  for (const auto& element : *list) {
    const auto name = element.value_exact<std::string>();
    if (!name)
      source.wrong_type("routees", "a list of actors' names", element);
    if (std::ranges::find(known, *name) == known.end()) {
      const std::vector<std::string_view> all(known.begin(), known.end());
      source.fail(element.source(), "routee " + in_quotes(*name) +
                                        " is no actor here" +
                                        did_you_mean(*name, all));
    }
    names.push_back(*name);
  }
  return names;
}

}  // namespace troupe
