// SPDX-License-Identifier: Apache-2.0
// Checked access to a parsed TOML file: what isn't as expected throws a
// toml_fault.
//
// Only the sources that read such files include this: it brings in toml++.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#define TOML_EXCEPTIONS 0
// toml++ 3.3 asserts what bad input can break ("[.a]"), and reports it too.
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

#include "pybridge/launcher/toml_value.hpp"

namespace troupe {

/// What is wrong in a file, and where; for people, with its remedy.
struct toml_fault {
  unsigned line, column;
  std::string what;
};

inline std::string in_quotes(std::string_view text) {
  return "'" + std::string{text} + "'";
}

class toml_source {
public:
  toml::table parse(std::string_view text) const;

  [[noreturn]] void fail(unsigned line, unsigned column,
                         const std::string& what) const;
  [[noreturn]] void fail(const toml::source_region& where,
                         const std::string& what) const;
  [[noreturn]] void wrong_type(std::string_view key, const char* expected,
                               const toml::node& found) const;

  /// A fault for each key that isn't known.
  std::vector<toml_fault> unknown_keys(const toml::table& table,
                                       std::span<const std::string_view> known,
                                       const std::string& place) const;

  /// Null or none: there is no such key.
  const toml::table* table_at(const toml::table& table, const char* key) const;
  std::optional<std::string> text_at(const toml::table& table,
                                     const char* key) const;
  std::optional<unsigned> number_at(const toml::table& table, const char* key,
                                    std::int64_t most) const;
  toml_list list_at(const toml::table& table, const char* key) const;
  toml_table entries_at(const toml::table& table, const char* key) const;
  toml_table entries_of(const toml::table& table) const;

private:
  toml_value value_of(const toml::node& node) const;
  toml_list list_of(const toml::array& array) const;
  toml_date date_of(const toml::date& date, const toml::node& node) const;
  toml_date_time date_time_of(const toml::date_time& value,
                              const toml::node& node) const;
};

}  // namespace troupe
