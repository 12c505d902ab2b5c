// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/actor_options.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "pybridge/launcher/near_name.hpp"

namespace troupe {
namespace {

// "redirect" takes a ref, which a file can't have.
constexpr std::array<std::string_view, 5> policies{
    "mute", "block", "fail", "drop_newest", "drop_oldest"};

class option_reader {
public:
  option_reader(const toml_source& source, const toml::node& node,
                std::string_view key)
      : source_{source}, node_{node}, key_{key} {}

  toml_value read() const {
    if (key_ == "overflow")
      return {policy()};
    if (key_ == "time_limit")
      return {seconds()};
    if (key_ == "pinned" || key_ == "dedicated")
      return {flag()};
    return {count(key_ == "stash" ? 0 : 1)};
  }

private:
  [[noreturn]] void fail(const std::string& what) const {
    source_.fail(node_.source(), std::string{key_} + " " + what);
  }

  std::string policy() const {
    if (!node_.is_string())
      source_.wrong_type(key_, "a string", node_);
    const auto& name = node_.as_string()->get();
    if (std::find(policies.begin(), policies.end(), name) == policies.end())
      fail("'" + name +
           "' must be one of mute, block, fail, drop_newest, drop_oldest" +
           did_you_mean(name, policies));
    return name;
  }

  double seconds() const {
    const auto value = node_.value<double>();
    if (!value || node_.is_boolean())
      source_.wrong_type(key_, "seconds, a number", node_);
    if (!(*value > 0))
      fail("must be more than 0 seconds");
    return *value;
  }

  bool flag() const {
    if (!node_.is_boolean())
      source_.wrong_type(key_, "true or false", node_);
    return node_.as_boolean()->get();
  }

  std::int64_t count(std::int64_t least) const {
    if (!node_.is_integer())
      source_.wrong_type(key_, "a whole number", node_);
    const auto value = node_.as_integer()->get();
    if (value < least)
      fail("must be at least " + std::to_string(least) + ", not " +
           std::to_string(value));
    return value;
  }

  const toml_source& source_;
  const toml::node& node_;
  const std::string_view key_;
};

// What only spawn() would find, and could not say where.
void check_thread(const toml_source& source, const toml::table& table) {
  const bool pinned = table["pinned"].value_or(false);
  const bool dedicated = table["dedicated"].value_or(false);
  if (pinned && dedicated)
    source.fail(table.get("dedicated")->source(),
                "pinned shares a thread, dedicated has one; choose");
  if ((pinned || dedicated) &&
      table["home"].value_or(std::string{"own"}) != "own")
    source.fail(table.get(pinned ? "pinned" : "dedicated")->source(),
                std::string{pinned ? "pinned" : "dedicated"} +
                    " is for an actor in a home of its own");
}

}  // namespace

toml_table read_actor_options(const toml_source& source,
                              const toml::table& table,
                              std::vector<toml_fault>& faults) {
  toml_table options;
  const auto attempt = [&faults](auto step) {
    try {
      step();
    } catch (toml_fault& fault) {
      faults.push_back(std::move(fault));
    }
  };
  for (const auto key : actor_options)
    if (const auto* node = table.get(key))
      attempt([&] {
        options.push_back(
            {std::string{key}, option_reader{source, *node, key}.read()});
      });
  attempt([&] { check_thread(source, table); });
  return options;
}

}  // namespace troupe
