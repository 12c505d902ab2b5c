// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/toml_source.hpp"

#include <algorithm>
#include <vector>

#include "pybridge/launcher/near_name.hpp"

namespace troupe {
namespace {

const char* kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

bool before(const toml::key& a, const toml::key& b) {
  const auto x = a.source().begin, y = b.source().begin;
  return x.line != y.line ? x.line < y.line : x.column < y.column;
}

toml_time time_of(const toml::time& time) {
  return {time.hour, time.minute, time.second,
          static_cast<int>(time.nanosecond / 1000)};
}

std::string joined(std::span<const std::string_view> words) {
  std::string text;
  for (const auto word : words)
    text += (text.empty() ? "" : ", ") + std::string{word};
  return text;
}

}  // namespace

toml::table toml_source::parse(std::string_view text) const {
  auto parsed = toml::parse(text);
  if (!parsed)
    fail(parsed.error().source(), std::string{parsed.error().description()});
  return std::move(parsed).table();
}

void toml_source::fail(unsigned line, unsigned column,
                       const std::string& what) const {
  throw toml_fault{line, column, what};
}

void toml_source::fail(const toml::source_region& where,
                       const std::string& what) const {
  fail(where.begin.line, where.begin.column, what);
}

void toml_source::wrong_type(std::string_view key, const char* expected,
                             const toml::node& found) const {
  fail(found.source(),
       std::string{key} + " must be " + expected + ", not " + kind_of(found));
}

std::vector<toml_fault> toml_source::unknown_keys(
    const toml::table& table, std::span<const std::string_view> known,
    const std::string& place) const {
  std::vector<toml_fault> faults;
  for (const auto& [key, node] : table) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end())
      continue;
    const auto hint = did_you_mean(key.str(), known);
    const auto where = key.source().begin;
    faults.push_back(
        {where.line, where.column,
         "unknown key '" + std::string{key.str()} + "' in " + place +
             (hint.empty() ? "; the keys there are " + joined(known) : hint)});
  }
  return faults;
}

const toml::table* toml_source::table_at(const toml::table& table,
                                         const char* key) const {
  const auto* node = table.get(key);
  if (node && !node->is_table())
    wrong_type(key, "a table", *node);
  return node ? node->as_table() : nullptr;
}

std::optional<std::string> toml_source::text_at(const toml::table& table,
                                                const char* key) const {
  const auto* node = table.get(key);
  if (!node)
    return std::nullopt;
  if (!node->is_string())
    wrong_type(key, "a string", *node);
  const auto& text = node->as_string()->get();
  if (text.empty())
    fail(node->source(), std::string{key} + " is empty");
  return text;
}

std::optional<unsigned> toml_source::number_at(const toml::table& table,
                                               const char* key,
                                               std::int64_t most) const {
  const auto* node = table.get(key);
  if (!node)
    return std::nullopt;
  if (!node->is_integer())
    wrong_type(key, "a whole number", *node);
  const auto n = node->as_integer()->get();
  if (n < 1 || n > most)
    fail(node->source(), std::string{key} + " must be from 1 to " +
                             std::to_string(most) + ", not " +
                             std::to_string(n));
  return static_cast<unsigned>(n);
}

toml_list toml_source::list_at(const toml::table& table,
                               const char* key) const {
  const auto* node = table.get(key);
  if (node && !node->is_array())
    wrong_type(key, "a list", *node);
  return node ? list_of(*node->as_array()) : toml_list{};
}

toml_table toml_source::entries_at(const toml::table& table,
                                   const char* key) const {
  const auto* found = table_at(table, key);
  return found ? entries_of(*found) : toml_table{};
}

toml_value toml_source::value_of(const toml::node& node) const {
  switch (node.type()) {
    case toml::node_type::boolean:
      return {node.as_boolean()->get()};
    case toml::node_type::integer:
      return {node.as_integer()->get()};
    case toml::node_type::floating_point:
      return {node.as_floating_point()->get()};
    case toml::node_type::string:
      return {node.as_string()->get()};
    case toml::node_type::date:
      return {date_of(node.as_date()->get(), node)};
    case toml::node_type::time:
      return {time_of(node.as_time()->get())};
    case toml::node_type::date_time:
      return {date_time_of(node.as_date_time()->get(), node)};
    case toml::node_type::array:
      return {list_of(*node.as_array())};
    default:
      return {entries_of(*node.as_table())};
  }
}

toml_list toml_source::list_of(const toml::array& array) const {
  toml_list list;
  for (const auto& element : array) list.push_back(value_of(element));
  return list;
}

toml_table toml_source::entries_of(const toml::table& table) const {
  std::vector<std::pair<const toml::key*, const toml::node*>> sorted;
  for (const auto& [key, node] : table) sorted.emplace_back(&key, &node);
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return before(*a.first, *b.first);
  });
  toml_table entries;
  for (const auto& [key, node] : sorted)
    entries.push_back({std::string{key->str()}, value_of(*node)});
  return entries;
}

toml_date toml_source::date_of(const toml::date& date,
                               const toml::node& node) const {
  if (date.year == 0)
    fail(node.source(), "year 0 is no year that Python knows");
  return {date.year, date.month, date.day};
}

toml_date_time toml_source::date_time_of(const toml::date_time& value,
                                         const toml::node& node) const {
  toml_date_time result{date_of(value.date, node), time_of(value.time), {}};
  if (value.offset)
    result.offset_minutes = value.offset->minutes;
  return result;
}

}  // namespace troupe
