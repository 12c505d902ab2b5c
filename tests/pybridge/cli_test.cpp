// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/cli.hpp"

#include <doctest/doctest.h>

namespace troupe {
namespace {

using words = std::vector<std::string>;

command_line parse(const words& arguments) {
  std::vector<const char*> argv{"troupe"};
  for (const auto& word : arguments) argv.push_back(word.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data(),
                            "3.14.7");
}

run_command run(const words& arguments) {
  const auto parsed = parse(arguments);
  REQUIRE(std::holds_alternative<run_command>(parsed));
  return std::get<run_command>(parsed);
}

std::string refusal(const words& arguments) {
  const auto parsed = parse(arguments);
  REQUIRE(std::holds_alternative<usage_error>(parsed));
  return std::get<usage_error>(parsed).text;
}

std::string shown(const words& arguments) {
  const auto parsed = parse(arguments);
  REQUIRE(std::holds_alternative<show_text>(parsed));
  return std::get<show_text>(parsed).text;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

TEST_SUITE("cli") {

TEST_CASE("a target alone leaves every option to its default") {
  const auto command = run({"run", "app.py"});
  CHECK(command.target == "app.py");
  CHECK(command.args.empty());
  CHECK(!command.workers);
  CHECK(!command.log_level);
}

TEST_CASE("options before the target are ours, in both spellings") {
  const auto command = run({"run", "--workers=3", "--log-level", "debug", "a"});
  CHECK(command.workers == 3);
  CHECK(command.log_level == "DEBUG");
  CHECK(command.target == "a");
}

TEST_CASE("everything after the target is the program's") {
  CHECK(run({"run", "a.py", "--workers", "4", "--help", "-x", "run"}).args ==
        words{"--workers", "4", "--help", "-x", "run"});
  CHECK(run({"run", "a.py", "b", "--", "c"}).args == words{"b", "--", "c"});
  CHECK(run({"run", "a.py", "", "ü"}).args == words{"", "ü"});
}

TEST_CASE("one -- directly after the target is dropped") {
  CHECK(run({"run", "a.py", "--", "--x"}).args == words{"--x"});
  CHECK(run({"run", "a.py", "--", "--"}).args == words{"--"});
}

TEST_CASE("a -- before the target changes nothing") {
  CHECK(run({"run", "--", "a.py", "b"}).target == "a.py");
  const auto command = run({"run", "--workers", "2", "--", "a.py"});
  CHECK(command.workers == 2);
  CHECK(command.target == "a.py");
}

TEST_CASE("of an option given twice the last one counts") {
  CHECK(run({"run", "--workers", "2", "--workers", "5", "a"}).workers == 5);
}

TEST_CASE("--workers takes whole numbers from 1 to 256") {
  CHECK(run({"run", "--workers", "1", "a"}).workers == 1);
  CHECK(run({"run", "--workers", "256", "a"}).workers == 256);
  for (const char* bad : {"0", "257", "-1", "two", "1.5", "9999999999", " 1"}) {
    CAPTURE(bad);
    CHECK(contains(refusal({"run", "--workers", bad, "a"}),
                   "must be a whole number from 1 to 256"));
  }
}

TEST_CASE("--log-level names the levels there are") {
  CHECK(refusal({"run", "--log-level", "debg", "a"}) ==
        "troupe: --log-level 'debg' must be one of DEBUG, INFO, WARNING, "
        "ERROR, CRITICAL; did you mean 'DEBUG'?\nSee 'troupe run --help'.\n");
}

TEST_CASE("an unknown option is named, with the near one") {
  CHECK(refusal({"run", "--worker", "3", "a"}) ==
        "troupe: unknown option '--worker'; did you mean '--workers'?\n"
        "See 'troupe run --help'.\n");
  CHECK(contains(refusal({"run", "--log_level=INFO", "a"}), "'--log-level'?"));
  CHECK(contains(refusal({"--verison"}), "did you mean '--version'?"));
}

TEST_CASE("an option without its value says so") {
  CHECK(contains(refusal({"run", "--workers"}), "--workers needs a value"));
}

TEST_CASE("a missing target or command is asked for") {
  CHECK(contains(refusal({"run"}), "Name a target"));
  CHECK(contains(refusal({"run", "--workers", "2"}), "Name a target"));
  CHECK(contains(refusal({}), "which command?"));
}

TEST_CASE("a file in place of a command is taken to be run") {
  CHECK(contains(refusal({"app.py", "x"}), "did you mean 'troupe run app.py'"));
  CHECK(contains(refusal({"rum", "app.py"}), "did you mean 'run'?"));
  CHECK(contains(refusal({"brew"}), "unknown command 'brew'"));
}

TEST_CASE("check takes one target") {
  const auto parsed = parse({"check", "system.toml"});
  REQUIRE(std::holds_alternative<check_command>(parsed));
  CHECK(std::get<check_command>(parsed).target == "system.toml");
  CHECK(contains(refusal({"check"}), "Name a target"));
  CHECK(contains(refusal({"check", "a", "b"}), "'b' is one too many"));
  CHECK(contains(refusal({"check", "--fast", "a"}),
                 "unknown option '--fast'\nSee 'troupe check --help'."));
}

TEST_CASE("doctor takes modules") {
  const auto parsed = parse({"doctor", "json", "a.b"});
  REQUIRE(std::holds_alternative<doctor_command>(parsed));
  CHECK(std::get<doctor_command>(parsed).modules == words{"json", "a.b"});
  CHECK(!std::get<doctor_command>(parsed).report_to);
  CHECK(contains(refusal({"doctor"}), "Name some"));
  CHECK(contains(refusal({"docter", "json"}), "did you mean 'doctor'?"));
}

TEST_CASE("tree takes the number of a process") {
  const auto parsed = parse({"tree", "4711"});
  REQUIRE(std::holds_alternative<tree_command>(parsed));
  CHECK(std::get<tree_command>(parsed).pid == 4711);
  CHECK(contains(refusal({"tree"}), "Give its number"));
  for (const char* bad : {"0", "x", "1x", "99999999999"})
    CHECK(contains(refusal({"tree", bad}), "is not the number of one process"));
}

TEST_CASE("each command has help of its own") {
  CHECK(contains(shown({"check", "--help"}), "Usage: troupe check TARGET"));
  CHECK(contains(shown({"doctor", "-h"}), "Usage: troupe doctor MODULE..."));
  CHECK(contains(shown({"tree", "--help"}), "Usage: troupe tree PID"));
}

TEST_CASE("--version tells Troupe's and Python's") {
  CHECK(shown({"--version"}) ==
        std::string{"Troupe "} + version + ", Python 3.14.7\n");
}

TEST_CASE("--help has the options, the exit codes and examples") {
  const auto text = shown({"run", "--help"});
  for (const char* part : {"TARGET [ARGS...]", "--workers", "--log-level",
                           "Exit codes", "[[actor]]", "Examples:"})
    CHECK_MESSAGE(contains(text, part), part);
  CHECK(contains(shown({"--help"}), "troupe run app.py"));
  CHECK(contains(shown({"-h"}), "troupe run app.py"));
}

}  // TEST_SUITE("cli")

}  // namespace
}  // namespace troupe
