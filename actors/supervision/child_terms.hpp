// SPDX-License-Identifier: Apache-2.0
// What a supervisor was told about its children, as plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// Which ends of a child lead to a restart.
enum class restart_policy : std::uint8_t {
  permanent,  // any
  transient,  // a failure or a kill
  temporary,  // none; the child is forgotten
};

/// Which children are restarted when one is.
enum class restart_strategy : std::uint8_t {
  one_for_one,         // that one
  one_for_all,         // all
  rest_for_one,        // that one and those started after it
  simple_one_for_one,  // that one of many alike, all added while it runs
};

/// How an incarnation ended that its supervisor didn't end.
enum class child_exit : std::uint8_t {
  normal,    // it stopped itself
  abnormal,  // it failed, or was killed
  final,     // somebody stopped the actor for good
};

/// How long to wait before a restart.
struct backoff_terms {
  unsigned at_once = 1;  // so many restarts in a row don't wait
  std::chrono::nanoseconds initial = std::chrono::milliseconds{100};
  std::chrono::nanoseconds maximum = std::chrono::seconds{30};
  double factor = 2.0;
  double jitter = 0.2;  // each wait is up to this part longer or shorter

  /// For the `nth` restart in a row (1, 2, ...); `random` is in [0, 1).
  std::chrono::nanoseconds delay(unsigned nth, double random) const noexcept;
};

struct supervision_terms {
  restart_strategy strategy = restart_strategy::one_for_one;
  std::optional<unsigned> max_restarts = 1;  // none: no limit
  std::chrono::nanoseconds within = std::chrono::seconds{5};
  backoff_terms backoff{};
  bool ends_when_childless = false;  // it was made for these children only
};

struct child_terms {
  std::string name;  // empty under simple_one_for_one
  restart_policy restart = restart_policy::permanent;
  /// After so long a child that was told to stop is killed. Zero: it is killed
  /// at once. None: it gets all the time it wants.
  std::optional<std::chrono::nanoseconds> shutdown = std::chrono::seconds{5};
  bool is_supervisor = false;
};

enum class child_state : std::uint8_t {
  stopped,   // not running, and not about to
  waiting,   // for its backoff to pass
  starting,  // for the first time or again
  running,
  stopping,  // told to; or killed, as it didn't
  stuck,     // was killed, and goes on in some call all the same
};

std::optional<restart_policy> parse_restart_policy(std::string_view word);
std::optional<restart_strategy> parse_restart_strategy(std::string_view word);
std::string_view to_string(restart_policy policy) noexcept;
std::string_view to_string(restart_strategy strategy) noexcept;
std::string_view to_string(child_state state) noexcept;

}  // namespace troupe
