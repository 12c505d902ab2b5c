// SPDX-License-Identifier: Apache-2.0
// A value as TOML can write it, in plain C++ types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe {

struct toml_date {
  int year, month, day;
};

struct toml_time {
  int hour, minute, second, microsecond;
};

struct toml_date_time {
  toml_date date;
  toml_time time;
  std::optional<int> offset_minutes;  // from UTC; none: local
};

struct toml_value;
struct toml_entry;
using toml_list = std::vector<toml_value>;
using toml_table = std::vector<toml_entry>;  // in file order

struct toml_value {
  std::variant<bool, std::int64_t, double, std::string, toml_date, toml_time,
               toml_date_time, toml_list, toml_table>
      value;
};

struct toml_entry {
  std::string key;
  toml_value value;
};

}  // namespace troupe
