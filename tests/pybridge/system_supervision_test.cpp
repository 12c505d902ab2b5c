// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pybridge/launcher/system_file.hpp"

namespace troupe {
namespace {

system_file parse(std::string_view text) {
  auto file = parse_system_file(text, "s.toml");
  if (!file)
    FAIL(file.error().detail);
  return std::move(*file);
}

// Of an actor with these lines, under a supervisor or not.
std::string fault(const std::string& lines, const std::string& before = "") {
  const auto file =
      parse_system_file(before + "[[actor]]\nmodule = 'm'\n" + lines, "s.toml");
  REQUIRE(file.has_error());
  return file.error().detail;
}

std::vector<std::string> keys_of(const toml_table& table) {
  std::vector<std::string> keys;
  for (const auto& entry : table) keys.push_back(entry.key);
  return keys;
}

TEST_SUITE("system_supervision") {

TEST_CASE("supervisors and what actors say of restarts are read") {
  const auto file = parse(R"([[supervisor]]
name = "shop"
strategy = "rest_for_one"
max_restarts = 3
within = 60

[[supervisor]]
name = "back"
supervisor = "shop"
restart = "transient"
shutdown = "infinity"
max_restarts = "unlimited"
backoff = {initial = 0.5, maximum = 60, at_once = 0}

[[actor]]
module = "till"
supervisor = "back"
restart = "temporary"
shutdown = 2.5

[[actor]]
module = "alone"
restart = "permanent"
max_restarts = 0
)");
  REQUIRE(file.supervisors.size() == 2);
  const auto& shop = file.supervisors[0];
  CHECK(shop.name == "shop");
  CHECK(shop.strategy == "rest_for_one");
  CHECK(keys_of(shop.restarts) ==
        std::vector<std::string>{"max_restarts", "within"});
  const auto& back = file.supervisors[1];
  CHECK(back.supervisor == "shop");
  CHECK(back.line == 7);
  CHECK(back.restarts.size() == 4);
  REQUIRE(file.actors.size() == 2);
  CHECK(file.actors[0].supervisor == "back");
  CHECK(keys_of(file.actors[0].restarts) ==
        std::vector<std::string>{"restart", "shutdown"});
  CHECK(file.actors[1].supervisor.empty());
}

TEST_CASE("words that are nearly right are told") {
  CHECK(fault("restart = 'permanant'") ==
        "s.toml:3:11: restart 'permanant' must be one of \"permanent\", "
        "\"transient\", \"temporary\"; did you mean 'permanent'?");
  CHECK(fault("", "[[supervisor]]\nname = 's'\nstrategy = 'one_for_al'\n") ==
        "s.toml:3:12: strategy 'one_for_al' must be one of \"one_for_one\", "
        "\"one_for_all\", \"rest_for_one\"; did you mean 'one_for_all'?");
  CHECK(fault("max_restart = 3") ==
        "s.toml:3:1: unknown key 'max_restart' in [[actor]]; did you mean "
        "'max_restarts'?");
  CHECK(fault("", "[[supervisor]]\nname = 's'\nstategy = 'x'\n") ==
        "s.toml:3:1: unknown key 'stategy' in [[supervisor]]; did you mean "
        "'strategy'?");
  CHECK(fault("supervisor = 'shop'", "[[supervisor]]\nname = 'shopp'\n") ==
        "s.toml:3:1: supervisor 'shop' is none here; did you mean 'shopp'?");
  CHECK(fault("restart='permanent'\nbackoff = {inital = 1}") ==
        "s.toml:4:12: unknown key 'inital' in backoff; did you mean "
        "'initial'?");
}

TEST_CASE("values that can't be are told") {
  const std::string restart = "restart = 'permanent'\n";
  CHECK(fault(restart + "shutdown = 'soon'") ==
        "s.toml:4:12: shutdown 'soon' must be one of \"kill\", \"infinity\"");
  CHECK(fault(restart + "shutdown = -1") ==
        "s.toml:4:12: shutdown must be 0 or more");
  CHECK(fault(restart + "within = true") ==
        "s.toml:4:10: within must be a number, not a boolean");
  CHECK(fault(restart + "max_restarts = 1.5") ==
        "s.toml:4:16: max_restarts must be a whole number or \"unlimited\", "
        "not a number with a fraction");
  CHECK(fault(restart + "backoff = {initial = 50}")
            .starts_with("s.toml:4:11: backoff: initial must not be more"));
  CHECK(fault(restart + "backoff = {factor = 0.5}")
            .starts_with("s.toml:4:11: backoff: factor must be at least 1"));
}

TEST_CASE("what belongs to a supervisor is told where it has no place") {
  CHECK(fault("within = 3") ==
        "s.toml:3:10: within is about restarts: add restart = \"permanent\" "
        "or supervisor = \"...\"");
  CHECK(fault("supervisor = 's'\nwithin = 3", "[[supervisor]]\nname = 's'\n") ==
        "s.toml:6:10: within is the supervisor's: set it in its "
        "[[supervisor]]");
  CHECK(fault("", "[[supervisor]]\nname = 's'\nrestart = 'permanent'\n") ==
        "s.toml:3:11: restart is said to a supervisor's supervisor, and it "
        "has none: add supervisor = \"...\"");
}

TEST_CASE("names and circles among supervisors") {
  CHECK(fault("", "[[supervisor]]\nstrategy = 'one_for_all'\n") ==
        "s.toml:1:1: this [[supervisor]] lacks name = \"...\"");
  CHECK(fault("name = 's'", "[[supervisor]]\nname = 's'\n") ==
        "s.toml:1:1: the name 's' is taken by line 3");
  CHECK(fault("",
              "[[supervisor]]\nname = 'a'\nsupervisor = 'b'\n"
              "[[supervisor]]\nname = 'b'\nsupervisor = 'a'\n") ==
        "s.toml:1:1: supervisor 'a' is its own supervisor, by way of 'b'");
}

}  // TEST_SUITE("system_supervision")

}  // namespace
}  // namespace troupe
