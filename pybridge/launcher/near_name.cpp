// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/near_name.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace troupe {
namespace {

using row = std::vector<std::size_t>;

// Three rows of the edit-distance table; `before` is two rows up, which a swap
// of two letters needs.
void fill_row(std::string_view a, std::string_view b, std::size_t i,
              const row& before, const row& above, row& here) {
  here[0] = i;
  for (std::size_t j = 1; j <= b.size(); ++j) {
    const bool same = a[i - 1] == b[j - 1];
    here[j] = std::min(
        {above[j] + 1, here[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
      here[j] = std::min(here[j], before[j - 2] + 1);
  }
}

std::size_t distance(std::string_view a, std::string_view b) {
  row before(b.size() + 1), above(b.size() + 1), here(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) here[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(here);
    fill_row(a, b, i, before, above, here);
  }
  return here[b.size()];
}

// Of two equally near ones: whose beginning is right.
std::size_t common_prefix(std::string_view a, std::string_view b) {
  const auto stop = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(stop.first - a.begin());
}

}  // namespace

std::string_view near_name(std::string_view word,
                           std::span<const std::string_view> known) {
  constexpr std::size_t longest = 64;
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3);
  if (word.size() > longest)
    return best;
  for (const auto name : known) {
    const auto far = distance(word, name);
    if (far > least || far >= name.size())
      continue;
    if (best.empty() || far < least ||
        common_prefix(word, name) > common_prefix(word, best)) {
      least = far;
      best = name;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word,
                         std::span<const std::string_view> known) {
  const auto name = near_name(word, known);
  if (name.empty())
    return {};
  return "; did you mean '" + std::string{name} + "'?";
}

}  // namespace troupe
