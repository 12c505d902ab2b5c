// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/cli.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include <CLI/CLI.hpp>

#include "pybridge/launcher/cli_help.hpp"
#include "pybridge/launcher/near_name.hpp"

namespace troupe {
namespace {

constexpr std::array<std::string_view, 5> levels{"DEBUG", "INFO", "WARNING",
                                                 "ERROR", "CRITICAL"};

const char* why_no_workers(const std::string& text) {
  constexpr const char* remedy = "must be a whole number from 1 to 256";
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c));
  });
  if (text.empty() || text.size() > 4 || !digits)
    return remedy;
  const auto n = std::stoul(text);
  return n >= 1 && n <= max_workers ? nullptr : remedy;
}

// Plain decimal numbers only.
std::optional<double> seconds_in(const std::string& text) {
  const bool plain =
      !text.empty() && text.size() <= 12 &&
      text.find_first_not_of("0123456789.") == std::string::npos &&
      std::isdigit(static_cast<unsigned char>(text.back())) &&
      std::count(text.begin(), text.end(), '.') <= 1;
  return plain ? std::optional{std::strtod(text.c_str(), nullptr)}
               : std::nullopt;
}

// Seconds, of which there must be some, or "none": infinity.
std::optional<double> limit_in(const std::string& text) {
  if (text == "none")
    return std::numeric_limits<double>::infinity();
  const auto seconds = seconds_in(text);
  return seconds && *seconds > 0 ? seconds : std::nullopt;
}

std::string upper(std::string text) {
  for (char& c : text)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

usage_error wrong(const std::string& what, const char* where = "troupe run") {
  return {"troupe: " + what + "\nSee '" + where + " --help'.\n"};
}

std::string unknown_option(std::string_view option,
                           std::span<const std::string_view> known) {
  const auto name = option.substr(0, option.find('='));
  return "unknown option '" + std::string{name} + "'" +
         did_you_mean(name, known);
}

// What CLI11 left over: the target and the program's arguments.
command_line with_target(run_command command, std::vector<std::string> rest) {
  constexpr std::array<std::string_view, 6> options{
      "--workers", "--log-level", "--ask-timeout",
      "--drain",   "--timeout",   "--help"};
  if (rest.empty())
    return wrong("run what? Name a target: troupe run app.py");
  if (rest[0].size() > 1 && rest[0][0] == '-')
    return wrong(unknown_option(rest[0], options));
  command.target = std::move(rest[0]);
  rest.erase(rest.begin());
  if (!rest.empty() && rest[0] == "--")
    rest.erase(rest.begin());
  command.args = std::move(rest);
  return command;
}

struct raw_options {
  std::string workers, log_level, ask_timeout, drain, timeout;
};

command_line make_run(const raw_options& raw, std::vector<std::string> rest) {
  run_command command;
  if (!raw.workers.empty()) {
    if (const char* reason = why_no_workers(raw.workers))
      return wrong("--workers '" + raw.workers + "' " + reason);
    command.workers = static_cast<unsigned>(std::stoul(raw.workers));
  }
  if (!raw.log_level.empty()) {
    const auto level = upper(raw.log_level);
    if (!is_log_level(level))
      return wrong("--log-level '" + raw.log_level + "' must be one of " +
                   log_levels + did_you_mean(level, levels));
    command.log_level = level;
  }
  if (!raw.ask_timeout.empty() &&
      !(command.ask_timeout = limit_in(raw.ask_timeout)))
    return wrong("--ask-timeout '" + raw.ask_timeout +
                 "' must be more than 0 seconds, such as 2.5, or none");
  for (const auto& [name, text, value] :
       {std::tuple{"--drain", &raw.drain, &command.drain},
        std::tuple{"--timeout", &raw.timeout, &command.timeout}})
    if (!text->empty() && !(*value = seconds_in(*text)))
      return wrong(std::string{name} + " '" + *text +
                   "' must be seconds, such as 2.5");
  return with_target(std::move(command), std::move(rest));
}

// What isn't `troupe run ...` or an option of troupe itself.
usage_error wrong_command(std::string_view first) {
  constexpr std::array<std::string_view, 5> commands{"run", "map", "check",
                                                     "doctor", "tree"};
  constexpr std::array<std::string_view, 2> options{"--help", "--version"};
  if (first.starts_with('-'))
    return wrong(unknown_option(first, options), "troupe");
  const std::string name{first};
  if (first.ends_with(".py") || first.ends_with(".toml"))
    return wrong("unknown command '" + name + "'; did you mean 'troupe run " +
                     name + "'?",
                 "troupe");
  return wrong("unknown command '" + name + "'" + did_you_mean(first, commands),
               "troupe");
}

// CLI11 can't know of TARGET and ARGS: they are what it leaves over.
class usage_formatter : public CLI::Formatter {
public:
  explicit usage_formatter(const char* usage) : usage_{usage} {}
  std::string make_usage(const CLI::App*, std::string) const override {
    return std::string{"Usage: troupe "} + usage_ + "\n";
  }

private:
  const char* const usage_;
};

CLI::App* add_run(CLI::App& app, raw_options& raw) {
  auto* run = app.add_subcommand("run", "Run a program of actors.");
  run->formatter(
      std::make_shared<usage_formatter>("run [OPTIONS] TARGET [ARGS...]"));
  run->prefix_command();
  run->footer(help::run);
  run->add_option("--workers", raw.workers,
                  "Threads that run actors; default: one a core")
      ->type_name("N")
      ->take_last();
  run->add_option("--log-level", raw.log_level,
                  "What logging shows; default: WARNING")
      ->type_name("LEVEL")
      ->take_last();
  run->add_option("--ask-timeout", raw.ask_timeout,
                  "How long an ask waits for its answer, or none; default: 60")
      ->type_name("SECONDS")
      ->take_last();
  run->add_option("--drain", raw.drain,
                  "When it is interrupted: time for what is queued; default: "
                  "none")
      ->type_name("SECONDS")
      ->take_last();
  run->add_option("--timeout", raw.timeout,
                  "Time for the actors to stop in; default: 10")
      ->type_name("SECONDS")
      ->take_last();
  return run;
}

struct tool {
  const char *name, *usage, *what, *footer;
};
constexpr std::array<tool, 4> tools{{
    {"map", "map [OPTIONS] MODULE:FUNCTION",
     "Give each line of stdin to a function.", help::map},
    {"check", "check TARGET", "Say what `run` would refuse, without running.",
     help::check},
    {"doctor", "doctor MODULE...", "Say whether modules load in actors.",
     help::doctor},
    {"tree", "tree PID", "Print what the actors of a running program do.",
     help::tree},
}};

void add_tools(CLI::App& app) {
  for (const tool& each : tools) {
    auto* sub = app.add_subcommand(each.name, each.what);
    sub->formatter(std::make_shared<usage_formatter>(each.usage));
    sub->prefix_command();
    sub->footer(each.footer);
  }
}

std::optional<int> number_in(const std::string& text) {
  const bool digits = !text.empty() && text.size() < 10 &&
                      std::all_of(text.begin(), text.end(), [](char c) {
                        return std::isdigit(static_cast<unsigned char>(c));
                      });
  return digits ? std::optional{std::stoi(text)} : std::nullopt;
}

command_line make_check(std::vector<std::string> rest) {
  if (rest.empty())
    return wrong("check what? Name a target: troupe check system.toml",
                 "troupe check");
  if (rest.size() > 1)
    return wrong("check takes one target; '" + rest[1] + "' is one too many",
                 "troupe check");
  return check_command{std::move(rest[0])};
}

// The doctor sends for itself with --report-to FD, a child for each module.
command_line make_doctor(std::vector<std::string> rest) {
  doctor_command command;
  if (rest.size() > 2 && rest[0] == "--report-to") {
    command.report_to = number_in(rest[1]);
    rest.erase(rest.begin(), rest.begin() + 2);
  }
  if (rest.empty())
    return wrong("which module? Name some: troupe doctor json decimal",
                 "troupe doctor");
  command.modules = std::move(rest);
  return command;
}

command_line make_tree(const std::vector<std::string>& rest) {
  if (rest.empty())
    return wrong("which process? Give its number: troupe tree 4711",
                 "troupe tree");
  const auto pid = number_in(rest[0]);
  if (rest.size() > 1 || !pid || *pid == 0)
    return wrong("'" + rest.back() + "' is not the number of one process",
                 "troupe tree");
  return tree_command{*pid};
}

command_line make_tool(const std::string& name, std::vector<std::string> rest) {
  if (name == "map") {  // its options are read in Python
    run_command command;
    command.target = "troupe.pipeline._command";
    command.args = std::move(rest);
    return command;
  }
  const bool reports = !rest.empty() && rest[0] == "--report-to";
  for (const auto& word : rest)
    if (word.size() > 1 && word[0] == '-' && !reports)
      return wrong(unknown_option(word, std::array{std::string_view{"--help"}}),
                   ("troupe " + name).c_str());
  if (name == "check")
    return make_check(std::move(rest));
  return name == "doctor" ? make_doctor(std::move(rest)) : make_tree(rest);
}

// A "--" before TARGET means nothing here, and CLI11 would stumble on it.
void drop_mark_before_target(std::vector<std::string>& words) {
  if (words.empty() || words[0] != "run")
    return;
  for (std::size_t i = 1; i < words.size() && words[i].starts_with("--");) {
    if (words[i] == "--") {
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
    i += words[i].find('=') == std::string::npos ? 2 : 1;
  }
}

std::vector<std::string> reversed_arguments(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  drop_mark_before_target(words);
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  return words;
}

}  // namespace

bool is_log_level(std::string_view name) noexcept {
  return std::find(levels.begin(), levels.end(), name) != levels.end();
}

command_line parse_command_line(int argc, const char* const* argv,
                                const std::string& python_version) {
  CLI::App app{
      "Troupe runs actors in Python, each in an interpreter of its "
      "own."};
  app.name("troupe");
  app.prefix_command();
  app.footer(help::top);
  app.set_help_flag("-h,--help", "Print this");
  bool show_version = false;
  app.add_flag("--version", show_version,
               "Print Troupe's and Python's version");
  raw_options raw;
  auto* run = add_run(app, raw);
  add_tools(app);
  const auto chosen = [&] {
    const auto used = app.get_subcommands();
    return used.empty() ? nullptr : used.front();
  };
  try {
    app.parse(reversed_arguments(argc, argv));
  } catch (const CLI::CallForHelp&) {
    return show_text{(chosen() ? chosen() : &app)->help()};
  } catch (const CLI::ArgumentMismatch& e) {
    const std::string what = e.what();
    return wrong(what.substr(0, what.find(':')) + " needs a value");
  } catch (const CLI::ParseError& e) {
    return wrong(e.what());
  }
  if (show_version)
    return show_text{std::string{"Troupe "} + version + ", Python " +
                     python_version + "\n"};
  if (run->parsed())
    return make_run(raw, run->remaining());
  if (const auto* sub = chosen())
    return make_tool(sub->get_name(), sub->remaining());
  const auto rest = app.remaining();
  return rest.empty() ? wrong("which command? Try: troupe run app.py", "troupe")
                      : wrong_command(rest[0]);
}

}  // namespace troupe
