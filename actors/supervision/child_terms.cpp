// SPDX-License-Identifier: Apache-2.0
#include "actors/supervision/child_terms.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace troupe {
namespace {

constexpr std::array<std::string_view, 3> policies{"permanent", "transient",
                                                   "temporary"};
constexpr std::array<std::string_view, 4> strategies{
    "one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one"};
constexpr std::array<std::string_view, 6> states{
    "stopped", "restarting", "starting", "running", "stopping", "stuck"};

template <typename Enum, std::size_t Size>
std::optional<Enum> parse(const std::array<std::string_view, Size>& words,
                          std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() ? std::nullopt
                              : std::optional{static_cast<Enum>(
                                    std::distance(words.begin(), found))};
}

}  // namespace

std::optional<restart_policy> parse_restart_policy(std::string_view word) {
  return parse<restart_policy>(policies, word);
}

std::optional<restart_strategy> parse_restart_strategy(std::string_view word) {
  return parse<restart_strategy>(strategies, word);
}

std::string_view to_string(restart_policy policy) noexcept {
  return policies[static_cast<std::size_t>(policy)];
}

std::string_view to_string(restart_strategy strategy) noexcept {
  return strategies[static_cast<std::size_t>(strategy)];
}

std::string_view to_string(child_state state) noexcept {
  return states[static_cast<std::size_t>(state)];
}

std::chrono::nanoseconds backoff_terms::delay(unsigned nth,
                                              double random) const noexcept {
  if (nth <= at_once) {
    return std::chrono::nanoseconds::zero();
  }
  const double grown = static_cast<double>(initial.count()) *
                       std::pow(factor, static_cast<double>(nth - at_once - 1));
  // Infinite where the power overflows: the maximum all the same.
  const double bounded = std::min(grown, static_cast<double>(maximum.count()));
  const double spread = 1.0 + jitter * (2.0 * random - 1.0);
  return std::chrono::nanoseconds{
      static_cast<std::chrono::nanoseconds::rep>(bounded * spread)};
}

}  // namespace troupe
