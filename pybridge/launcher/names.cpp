// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/names.hpp"

#include <algorithm>
#include <cctype>

namespace troupe {

bool is_identifier(std::string_view text) {
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c >= 0x80;
  };
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), fits);
}

bool is_dotted_name(std::string_view text) {
  for (;;) {
    const auto dot = text.find('.');
    if (!is_identifier(text.substr(0, dot)))
      return false;
    if (dot == std::string_view::npos)
      return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_home(std::string_view text) {
  return text == "own" || text == "main" || text == "process" ||
         (text.starts_with("shared:") && text.size() > 7) ||
         (text.starts_with("process:") && text.size() > 8);
}

}  // namespace troupe
