// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/system_file.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <random>

#include <doctest/doctest.h>

namespace troupe {
namespace {

system_file parse(std::string_view text) {
  auto file = parse_system_file(text, "s.toml");
  if (!file)
    FAIL(file.error().detail);
  return std::move(*file);
}

std::string fault(std::string_view text) {
  const auto file = parse_system_file(text, "s.toml");
  REQUIRE(file.has_error());
  return file.error().detail;
}

bool begins(const std::string& text, std::string_view part) {
  return text.starts_with(part);
}

constexpr std::string_view whole = R"([system]
workers = 2
log_level = "INFO"
entry = "front"

[[actor]]
module = "shop.front"
class = "Front.Desk"
name = "front"
args = ["a", 1, 1.5, true, [1, [2]], {z = 1, a = 2}]
kwargs = {greeting = "hi", limit = 10}

[[actor]]
module = "shop.store"
name = "store"
count = 3
home = "shared:stores"
)";

TEST_SUITE("system_file") {

TEST_CASE("a whole file is read as written") {
  const auto file = parse(whole);
  CHECK(file.path == "s.toml");
  CHECK(file.workers == 2);
  CHECK(file.log_level == "INFO");
  CHECK(file.entry.actor == "front");
  CHECK(file.entry.line == 4);
  REQUIRE(file.actors.size() == 2);
  const auto& front = file.actors[0];
  CHECK(front.module == "shop.front");
  CHECK(front.class_name == "Front.Desk");
  CHECK(front.home == "own");
  CHECK(front.line == 6);
  CHECK(front.names() == std::vector<std::string>{"front"});
  CHECK(file.actors[1].home == "shared:stores");
  CHECK(file.actors[1].names() ==
        std::vector<std::string>{"store-1", "store-2", "store-3"});
}

TEST_CASE("arguments keep their types, and tables their order") {
  const auto file = parse(whole);
  const auto& args = file.actors[0].args;
  REQUIRE(args.size() == 6);
  CHECK(std::get<std::string>(args[0].value) == "a");
  CHECK(std::get<std::int64_t>(args[1].value) == 1);
  CHECK(std::get<double>(args[2].value) == 1.5);
  CHECK(std::get<bool>(args[3].value));
  CHECK(std::get<toml_list>(args[4].value).size() == 2);
  const auto& table = std::get<toml_table>(args[5].value);
  CHECK(table[0].key == "z");
  CHECK(table[1].key == "a");
  CHECK(file.actors[0].kwargs[0].key == "greeting");
}

TEST_CASE("dates and times come apart into their fields") {
  const auto file = parse(
      "[[actor]]\nmodule = 'm'\nargs = [2026-11-22, 07:32:05.25, "
      "1979-05-27T07:32:00Z, 1979-05-27T00:32:00-07:30, 1979-05-27 07:32:00, "
      "inf, nan]");
  const auto& args = file.actors[0].args;
  CHECK(std::get<toml_date>(args[0].value).day == 22);
  CHECK(std::get<toml_time>(args[1].value).microsecond == 250'000);
  CHECK(std::get<toml_date_time>(args[2].value).offset_minutes == 0);
  CHECK(std::get<toml_date_time>(args[3].value).offset_minutes == -450);
  CHECK(!std::get<toml_date_time>(args[4].value).offset_minutes);
  CHECK(std::isinf(std::get<double>(args[5].value)));
  CHECK(std::isnan(std::get<double>(args[6].value)));
}

TEST_CASE("an entry with a colon is a module's function") {
  const auto file = parse(
      "[system]\nentry = 'shop.app:begin'\n[[actor]]\nmodule = 'shop.front'");
  CHECK(file.entry.actor.empty());
  CHECK(file.entry.module == "shop.app");
  CHECK(file.entry.function == "begin");
}

TEST_CASE("only module is obligatory") {
  const auto file = parse("[[actor]]\nmodule = 'm'");
  CHECK(file.actors[0].names().empty());
  CHECK(!file.workers);
  CHECK(file.entry.line == 0);
}

TEST_CASE("an unknown key is named with its place and the near one") {
  CHECK(fault("[[actor]]\nmodule = 'm'\nnmae = 'x'") ==
        "s.toml:3:1: unknown key 'nmae' in [[actor]]; did you mean 'name'?");
  CHECK(fault("[system]\n  threads = 2") ==
        "s.toml:2:3: unknown key 'threads' in [system]; the keys there are "
        "workers, log_level, ask_timeout, entry");
  CHECK(fault("[[actors]]\nmodule = 'm'") ==
        "s.toml:1:3: unknown key 'actors' in the file; did you mean 'actor'?");
}

TEST_CASE("of several unknown keys the first in the file is named") {
  CHECK(begins(fault("[[actor]]\nzz = 1\nmodule = 'm'\naa = 2"), "s.toml:2:1"));
}

TEST_CASE("a wrong type says what is expected and what was found") {
  CHECK(fault("[system]\nworkers = '2'") ==
        "s.toml:2:11: workers must be a whole number, not a string");
  CHECK(fault("[system]\nworkers = 2.0") ==
        "s.toml:2:11: workers must be a whole number, not a number with a "
        "fraction");
  CHECK(fault("[[actor]]\nmodule = true") ==
        "s.toml:2:10: module must be a string, not a boolean");
  CHECK(fault("[[actor]]\nmodule = 'm'\nargs = 'a'") ==
        "s.toml:3:8: args must be a list, not a string");
  CHECK(fault("[[actor]]\nmodule = 'm'\nkwargs = [1]") ==
        "s.toml:3:10: kwargs must be a table, not a list");
  CHECK(begins(fault("system = 1979-05-27"),
               "s.toml:1:10: system must be a table, not a date or time"));
  CHECK(begins(fault("actor = [1]"), "s.toml:1:10: actor must be a list of"));
  CHECK(fault("[actor]\nmodule = 'm'") ==
        "s.toml:1:1: write [[actor]] in place of [actor]");
}

TEST_CASE("a value out of its range is refused") {
  CHECK(fault("[system]\nworkers = 0") ==
        "s.toml:2:11: workers must be from 1 to 256, not 0");
  CHECK(begins(fault("[[actor]]\nmodule = 'm'\ncount = -1"),
               "s.toml:3:9: count must be from 1 to"));
  for (const char* wrong : {"0", "-1", "'never'", "true", "inf"}) {
    CAPTURE(wrong);
    CHECK(begins(fault("[system]\nask_timeout = " + std::string{wrong}),
                 "s.toml:2:15: ask_timeout must be more than 0 seconds"));
  }
  CHECK(begins(fault("[system]\nlog_level = 'loud'"),
               "s.toml:2:13: log_level 'loud' must be one of DEBUG"));
  CHECK(begins(fault("[[actor]]\nmodule = 'm'\nhome = 'shared:'"),
               "s.toml:3:8: home 'shared:' must be \"own\", \"main\""));
  CHECK(
      begins(fault("[[actor]]\nmodule = ''"), "s.toml:2:10: module is empty"));
  CHECK(begins(fault("[[actor]]\nmodule = 'm'\nargs = [0000-01-01]"),
               "s.toml:3:9: year 0"));
}

TEST_CASE("a keyword that spawn() takes itself can't be an actor's") {
  CHECK(fault("[[actor]]\nmodule = 'm'\nkwargs = {a = 1, home = 'x'}") ==
        "s.toml:3:10: kwargs can't have 'home': system.spawn() takes that "
        "itself; use args");
}

TEST_CASE("a module is a dotted name, its class named apart") {
  CHECK(fault("[[actor]]\nname = 'x'") ==
        "s.toml:1:1: this [[actor]] lacks module = \"...\"");
  CHECK(fault("[[actor]]\nmodule = 'm:C'") ==
        "s.toml:2:10: module 'm:C': name the class apart, class = \"C\"");
  CHECK(fault("[[actor]]\nmodule = 'm.py'\nclass = 'a b'") ==
        "s.toml:3:9: class 'a b' can't be a name");
  CHECK(fault("[[actor]]\nmodule = 'a/m.py'") ==
        "s.toml:2:10: module 'a/m.py' must be as in `import package.module`, "
        "without .py");
}

TEST_CASE("a name may be there once, counted ones too") {
  CHECK(fault("[[actor]]\nmodule = 'm'\nname = 'a-2'\n[[actor]]\nmodule = 'm'\n"
              "name = 'a'\ncount = 2") ==
        "s.toml:4:1: the name 'a-2' is taken by line 1");
}

TEST_CASE("an entry must name an actor of the file") {
  constexpr auto actors =
      "\n[[actor]]\nmodule = 'm'\nname = 'front'\ncount = 2";
  CHECK(fault(std::string{"[system]\nentry = 'front'"} + actors) ==
        "s.toml:2:9: entry 'front' must be one actor: 'front-1'");
  CHECK(fault(std::string{"[system]\nentry = 'frnt-2'"} + actors) ==
        "s.toml:2:9: entry 'frnt-2' is no actor here; did you mean 'front-2'?");
  CHECK(fault(std::string{"[system]\nentry = 'stage'"} + actors) ==
        "s.toml:2:9: entry 'stage' is no actor here; give an [[actor]] this "
        "name, or write \"module:function\"");
  CHECK(begins(fault(std::string{"[system]\nentry = 'm:'"} + actors),
               "s.toml:2:9: entry 'm:' must be"));
}

TEST_CASE("a file without actors is refused") {
  CHECK(begins(fault(""), "s.toml:1:1: no actors; add [[actor]]"));
  CHECK(begins(fault("actor = []"), "s.toml:1:1: no actors"));
}

TEST_CASE("bad TOML is refused with its place") {
  CHECK(begins(fault("[system]\nworkers = = 2"), "s.toml:2:"));
  CHECK(begins(fault("[system\n"), "s.toml:1:"));
  CHECK(begins(fault("a = 1\na = 2"), "s.toml:2:"));
  CHECK(begins(fault("[[ .a]]"), "s.toml:1:"));
  CHECK(begins(fault("a = '\xff'"), "s.toml:1:"));
  CHECK(begins(fault("a = " + std::string(10'000, '[')), "s.toml:1:"));
}

TEST_CASE("a file that can't be read says why") {
  const auto none = read_system_file("/nowhere/system.toml");
  REQUIRE(none.has_error());
  CHECK(none.error().detail ==
        "/nowhere/system.toml: can't be read: No such file or directory");
  const auto folder = read_system_file("/");
  REQUIRE(folder.has_error());
  CHECK(folder.error().detail == "/: is a folder");
}

TEST_CASE("a file on disk is read") {
  const char* folder = std::getenv("TEST_TMPDIR");
  const std::string path = std::string{folder ? folder : "/tmp"} + "/s.toml";
  std::ofstream{path} << whole;
  const auto file = read_system_file(path);
  REQUIRE(file.has_value());
  CHECK(file->actors.size() == 2);
}

TEST_CASE("whatever the bytes, there is a file or a message with its place") {
  constexpr unsigned seed = 20261122;
  CAPTURE(seed);
  std::mt19937 random{seed};
  constexpr std::string_view bits = "[]{}='\",.#\n\\ 019-:Tu\xc3\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string text{whole};
    for (auto edits = random() % 4 + 1; edits; --edits) {
      const auto at = random() % text.size();
      if (random() % 3 == 0)
        text.erase(at, random() % 8);
      else
        text.insert(at, 1, bits[random() % bits.size()]);
    }
    const auto file = parse_system_file(text, "s.toml");
    if (!file) {
      CAPTURE(text);
      CHECK(begins(file.error().detail, "s.toml:"));
    } else {
      CHECK(!file->actors.empty());
    }
  }
}

TEST_CASE("a check finds all faults, in file order") {
  const auto checked = check_system_file(R"([system]
workers = "two"
colour = 1

[[actor]]
modul = "a"
home = "here"

[[actor]]
module = "b"
name = "b"
count = 0

[[actor]]
module = "c"
name = "b"
)",
                                         "s.toml");
  CHECK(checked.faults ==
        std::vector<std::string>{
            "s.toml:2:11: workers must be a whole number, not a string",
            "s.toml:3:1: unknown key 'colour' in [system]; the keys there are "
            "workers, log_level, ask_timeout, entry",
            "s.toml:6:1: unknown key 'modul' in [[actor]]; did you mean "
            "'module'?",
            "s.toml:7:8: home 'here' must be \"own\", \"main\" or "
            "\"shared:NAME\"",
            "s.toml:12:9: count must be from 1 to 100000, not 0",
            "s.toml:14:1: the name 'b' is taken by line 9"});
}

TEST_CASE("what is fine is read beside the faults") {
  const auto checked =
      check_system_file("[[actor]]\nmodule = 'a'\nargs = 7", "s.toml");
  CHECK(checked.faults.size() == 1);
  REQUIRE(checked.file.actors.size() == 1);
  CHECK(checked.file.actors[0].module == "a");
  CHECK(checked.file.actors[0].key_lines.at("args") == 3);
}

TEST_CASE("pools and routers are read with their options") {
  const auto file = parse(R"([[actor]]
module = "a"
name = "one"
[[pool]]
module = "b"
class = "B"
name = "many"
size = 3
minimum = 2
maximum = 8
policy = "consistent_hash"
key = "user"
args = [1]
[[router]]
name = "front"
routees = ["one", "many"]
policy = "broadcast"
key = 1
[[router]]
routees = ["front"]
)");
  REQUIRE(file.actors.size() == 2);
  CHECK_FALSE(file.actors[0].pool);
  const auto& many = file.actors[1];
  CHECK(many.pool);
  CHECK(many.names() == std::vector<std::string>{"many"});
  REQUIRE(many.routing.size() == 5);
  CHECK(many.routing[0].key == "policy");
  CHECK(std::get<std::string>(many.routing[1].value.value) == "user");
  CHECK(std::get<std::int64_t>(many.routing[2].value.value) == 3);
  REQUIRE(file.routers.size() == 2);
  CHECK(file.routers[0].name == "front");
  CHECK(file.routers[0].routees == std::vector<std::string>{"one", "many"});
  CHECK(std::get<std::int64_t>(file.routers[0].options[1].value.value) == 1);
  CHECK(file.routers[1].name.empty());
  CHECK(file.routers[1].line == 19);
}

TEST_CASE("what is wrong with a pool or a router is told with its place") {
  constexpr const char* const faults[][2] = {
      {"[[pool]]\nmodule = 'a'\ncount = 2\n",
       "s.toml:3:1: unknown key 'count' in [[pool]]"},
      {"[[pool]]\nname = 'a'\n", "s.toml:1:1: this [[pool]] lacks module"},
      {"[[pool]]\nmodule = 'a'\nsize = 0\n", "s.toml:3:8: size must be from 1"},
      {"[[pool]]\nmodule = 'a'\nminimum = 3\nmaximum = 2\n",
       "s.toml:3:11: minimum is more than maximum"},
      {"[[pool]]\nmodule = 'a'\nsize = 3\nmaximum = 2\n",
       "s.toml:3:8: size is more than maximum"},
      {"[[pool]]\nmodule = 'a'\npolicy = 'round_rubin'\n",
       "s.toml:3:10: policy 'round_rubin' is none; did you mean "
       "'round_robin'?"},
      {"[[pool]]\nmodule = 'a'\npolicy = 'other'\n",
       "s.toml:3:10: policy 'other' must be one of round_robin, random"},
      {"[[pool]]\nmodule = 'a'\nkey = -1\n",
       "s.toml:3:7: key must be the position"},
      {"[pool]\nmodule = 'a'\n", "s.toml:1:1: write [[pool]]"},
      {"[[actor]]\nmodule = 'a'\nname = 'one'\n[[router]]\n"
       "routees = ['onne']\n",
       "s.toml:5:12: routee 'onne' is no actor here; did you mean 'one'?"},
      {"[[actor]]\nmodule = 'a'\n[[router]]\nname = 'r'\n",
       "s.toml:3:1: this [[router]] lacks routees"},
      {"[[actor]]\nmodule = 'a'\n[[router]]\nroutees = []\n",
       "s.toml:4:11: routees is empty"},
      {"[[actor]]\nmodule = 'a'\n[[router]]\nroutees = 'a'\n",
       "s.toml:4:11: routees must be a list of actors' names"},
      {"[[actor]]\nmodule = 'a'\nname = 'x'\n[[router]]\nname = 'x'\n"
       "routees = ['x']\n",
       "s.toml:4:1: the name 'x' is taken by line 1"},
  };
  for (const auto& [text, expected] : faults) {
    const std::string found = fault(text);
    CAPTURE(found);
    CHECK(begins(found, expected));
  }
}

}  // TEST_SUITE("system_file")

}  // namespace
}  // namespace troupe
