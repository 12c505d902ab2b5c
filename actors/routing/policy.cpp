// SPDX-License-Identifier: Apache-2.0
#include "actors/routing/policy.hpp"

#include <limits>
#include <random>
#include <string>
#include <utility>

namespace troupe {
namespace {

class round_robin final : public routing_policy {
public:
  std::optional<std::size_t> pick(std::span<const actor_ref> routees,
                                  const envelope&) override {
    return next_++ % routees.size();
  }

private:
  std::size_t next_ = 0;
};

class at_random final : public routing_policy {
public:
  explicit at_random(std::uint64_t seed) : random_{seed} {}

  std::optional<std::size_t> pick(std::span<const actor_ref> routees,
                                  const envelope&) override {
    return std::uniform_int_distribution<std::size_t>{
        0, routees.size() - 1}(random_);
  }

private:
  std::mt19937_64 random_;
};

class least_loaded final : public routing_policy {
public:
  // Begins where it left off, so that idle ones take turns.
  std::optional<std::size_t> pick(std::span<const actor_ref> routees,
                                  const envelope&) override {
    std::size_t best = 0;
    std::size_t load = std::numeric_limits<std::size_t>::max();
    for (std::size_t i = 0; i != routees.size() && load != 0; ++i) {
      const std::size_t at = (next_ + i) % routees.size();
      const std::size_t size = routees[at].cell().mailbox_size();
      if (size < load) {
        best = at;
        load = size;
      }
    }
    next_ = best + 1;
    return best;
  }

private:
  std::size_t next_ = 0;
};

class everyone final : public routing_policy {
public:
  std::optional<std::size_t> pick(std::span<const actor_ref>,
                                  const envelope&) override {
    return 0;
  }
  bool to_all() const noexcept override { return true; }
};

}  // namespace

std::unique_ptr<routing_policy> make_round_robin() {
  return std::make_unique<round_robin>();
}

std::unique_ptr<routing_policy> make_random(std::uint64_t seed) {
  return std::make_unique<at_random>(seed);
}

std::unique_ptr<routing_policy> make_least_loaded() {
  return std::make_unique<least_loaded>();
}

std::unique_ptr<routing_policy> make_broadcast() {
  return std::make_unique<everyone>();
}

result<std::unique_ptr<routing_policy>> make_policy(std::string_view name,
                                                    key_function key,
                                                    std::uint64_t seed,
                                                    std::size_t max_keys) {
  if (name == "round_robin") {
    return make_round_robin();
  }
  if (name == "random") {
    return make_random(seed);
  }
  if (name == "least_loaded") {
    return make_least_loaded();
  }
  if (name == "broadcast" || name == "scatter_gather_first") {
    return make_broadcast();
  }
  if (name == "consistent_hash") {
    return make_consistent_hash(std::move(key));
  }
  if (name == "sticky") {
    return make_sticky(std::move(key), max_keys);
  }
  return make_error(errc::invalid_argument,
                    "there is no policy '" + std::string{name} +
                        "'; there are: " + policy_names);
}

}  // namespace troupe
