// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/system_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <span>
#include <sstream>
#include <utility>

#include "pybridge/launcher/actor_options.hpp"
#include "pybridge/launcher/cli.hpp"
#include "pybridge/launcher/names.hpp"
#include "pybridge/launcher/near_name.hpp"
#include "pybridge/launcher/routing_tables.hpp"
#include "pybridge/launcher/system_names.hpp"
#include "pybridge/launcher/system_supervision.hpp"
#include "pybridge/launcher/toml_source.hpp"

namespace troupe {
namespace {

constexpr std::array<std::string_view, 5> root_keys{"system", "actor", "pool",
                                                    "router", "supervisor"};
constexpr std::array<std::string_view, 4> system_keys{"workers", "log_level",
                                                      "ask_timeout", "entry"};
constexpr std::array<std::string_view, 20> actor_keys{
    "module",     "class",      "name",         "count",       "home",
    "args",       "kwargs",     "mailbox",      "overflow",    "stash",
    "time_limit", "pinned",     "dedicated",    "concurrency", "restart",
    "shutdown",   "supervisor", "max_restarts", "within",      "backoff"};
constexpr std::array<std::string_view, 11> spawn_keywords{
    "name",       "home",   "mailbox",   "overflow",    "redirect", "stash",
    "time_limit", "pinned", "dedicated", "concurrency", "restart"};
constexpr std::int64_t max_count = 100'000;

// Goes on after a fault with what doesn't depend on it. (toml_source throws.)
class reader {
public:
  explicit reader(const std::string& path) { file_.path = path; }

  checked_system_file read(std::string_view text) {
    attempt([&] { read_root(source_.parse(text)); });
    std::ranges::stable_sort(faults_, {}, [](const toml_fault& f) {
      return std::pair{f.line, f.column};
    });
    std::vector<std::string> texts;
    for (const auto& f : faults_)
      texts.push_back(file_.path + ":" + std::to_string(f.line) + ":" +
                      std::to_string(f.column) + ": " + f.what);
    return {std::move(file_), std::move(texts)};
  }

private:
  template <typename Step>
  void attempt(Step step) {
    try {
      step();
    } catch (toml_fault& fault) {
      faults_.push_back(std::move(fault));
    }
  }

  void check_keys(const toml::table& table,
                  std::span<const std::string_view> known,
                  const std::string& place) {
    std::ranges::move(source_.unknown_keys(table, known, place),
                      std::back_inserter(faults_));
  }

  void read_root(const toml::table& root) {
    check_keys(root, root_keys, "the file");
    attempt([&] {
      if (const auto* system = source_.table_at(root, "system"))
        read_system(*system);
    });
    read_tables(root, "actor", [&](auto& table) { read_actor(table, false); });
    read_tables(root, "pool", [&](auto& table) { read_actor(table, true); });
    read_tables(root, "router", [&](auto& table) { read_router(table); });
    attempt([&] {
      if (const auto* supervisors = root.get("supervisor"))
        read_supervisors(*supervisors);
    });
    check_supervisors();
    if (file_.actors.empty() && faults_.empty())
      source_.fail(1, 1, "no actors; add [[actor]] with module = \"...\"");
    check_names();
    if (const auto* entry = root["system"]["entry"].node())
      attempt([&] { resolve_entry(source_, file_, entry->source()); });
  }

  void read_system(const toml::table& table) {
    check_keys(table, system_keys, "[system]");
    attempt([&] {
      file_.workers = source_.number_at(table, "workers", max_workers);
    });
    attempt([&] { file_.log_level = read_log_level(table); });
    attempt([&] { file_.ask_timeout = read_ask_timeout(table); });
    attempt([&] {
      file_.entry.actor = source_.text_at(table, "entry").value_or("");
    });
  }

  std::optional<std::string> read_log_level(const toml::table& table) const {
    auto level = source_.text_at(table, "log_level");
    if (level && !is_log_level(*level))
      source_.fail(
          table.get("log_level")->source(),
          "log_level " + in_quotes(*level) + " must be one of " + log_levels);
    return level;
  }

  std::optional<double> read_ask_timeout(const toml::table& table) const {
    const auto* node = table.get("ask_timeout");
    if (node == nullptr)
      return std::nullopt;
    if (node->value_exact<std::string>() == "none")
      return std::numeric_limits<double>::infinity();
    const auto seconds =
        node->is_number() ? node->value<double>() : std::optional<double>{};
    if (!seconds || !(*seconds > 0 && *seconds < 1e9))
      source_.fail(node->source(),
                   "ask_timeout must be more than 0 seconds, or \"none\"");
    return seconds;
  }

  // Each table under [[key]].
  template <typename Read>
  void read_tables(const toml::table& root, const std::string& key, Read read) {
    const auto* node = root.get(key);
    if (node == nullptr)
      return;
    const std::string expected = "a list of tables, each under [[" + key + "]]";
    attempt([&] {
      if (node->is_table())
        source_.fail(node->source(),
                     "write [[" + key + "]] in place of [" + key + "]");
      if (!node->is_array())
        source_.wrong_type(key, expected.c_str(), *node);
      for (const auto& element : *node->as_array())
        attempt([&] {
          if (!element.is_table())
            source_.wrong_type(key, expected.c_str(), element);
          read(*element.as_table());
        });
    });
  }

  void read_router(const toml::table& table) {
    check_keys(table, router_keys, "[[router]]");
    router_entry router;
    router.line = table.source().begin.line;
    attempt([&] { router.name = source_.text_at(table, "name").value_or(""); });
    attempt([&] { router.options = read_routing(source_, table, false); });
    std::vector<std::string> known;
    for (const auto& actor : file_.actors)
      std::ranges::move(actor.names(), std::back_inserter(known));
    for (const auto& earlier : file_.routers) known.push_back(earlier.name);
    attempt([&] { router.routees = read_routees(source_, table, known); });
    file_.routers.push_back(std::move(router));
  }

  void read_actor(const toml::table& table, bool of_pool) {
    if (of_pool)
      check_keys(table, pool_keys, "[[pool]]");
    else
      check_keys(table, actor_keys, "[[actor]]");
    actor_entry actor;
    actor.pool = of_pool;
    if (of_pool)
      attempt([&] { actor.routing = read_routing(source_, table, true); });
    actor.line = table.source().begin.line;
    for (const auto& [key, node] : table)
      actor.key_lines.emplace(key.str(), key.source().begin.line);
    attempt([&] {
      actor.module = read_module(table, of_pool ? "[[pool]]" : "[[actor]]");
    });
    attempt([&] { actor.class_name = read_class(table); });
    attempt([&] { actor.name = source_.text_at(table, "name").value_or(""); });
    attempt([&] {
      if (of_pool)
        return;
      actor.count = source_.number_at(table, "count", max_count).value_or(0);
    });
    attempt([&] { actor.home = read_home(table); });
    attempt([&] { actor.args = source_.list_at(table, "args"); });
    attempt([&] { actor.kwargs = read_kwargs(table); });
    actor.options = read_actor_options(source_, table, faults_);
    attempt([&] { read_restarts(source_, table, actor); });
    file_.actors.push_back(std::move(actor));
  }

  void read_supervisors(const toml::node& node) {
    constexpr const char* expected =
        "a list of tables, each under [[supervisor]]";
    if (!node.is_array())
      source_.wrong_type("supervisor", expected, node);
    for (const auto& element : *node.as_array())
      attempt([&] {
        if (!element.is_table())
          source_.wrong_type("supervisor", expected, element);
        check_keys(*element.as_table(), supervisor_keys, "[[supervisor]]");
        file_.supervisors.push_back(
            read_supervisor(source_, *element.as_table()));
      });
  }

  void check_supervisors() {
    for (const auto& entry : file_.supervisors)
      attempt([&] { check_supervisor_of(source_, file_, entry); });
    for (const auto& entry : file_.actors)
      attempt([&] { check_supervisor_of(source_, file_, entry); });
  }

  std::string read_class(const toml::table& table) const {
    auto name = source_.text_at(table, "class").value_or("");
    if (!name.empty() && !is_dotted_name(name))
      source_.fail(table.get("class")->source(),
                   "class " + in_quotes(name) + " can't be a name");
    return name;
  }

  std::string read_home(const toml::table& table) const {
    auto home = source_.text_at(table, "home").value_or("own");
    if (!is_home(home))
      source_.fail(table.get("home")->source(),
                   "home " + in_quotes(home) +
                       " must be \"own\", \"main\" or \"shared:NAME\"");
    return home;
  }

  toml_table read_kwargs(const toml::table& table) const {
    auto kwargs = source_.entries_at(table, "kwargs");
    for (const auto& [key, value] : kwargs)
      if (std::find(spawn_keywords.begin(), spawn_keywords.end(), key) !=
          spawn_keywords.end())
        source_.fail(table.get("kwargs")->source(),
                     "kwargs can't have " + in_quotes(key) +
                         ": system.spawn() takes that itself; use args");
    return kwargs;
  }

  static bool has_misspelt(const toml::table& table, std::string_view name) {
    return std::any_of(table.begin(), table.end(), [&](const auto& entry) {
      return near_name(entry.first.str(), actor_keys) == name;
    });
  }

  std::string read_module(const toml::table& table,
                          const std::string& place) const {
    const auto module = source_.text_at(table, "module");
    if (!module && has_misspelt(table, "module"))
      return {};  // which is a fault already
    if (!module)
      source_.fail(table.source(), "this " + place + " lacks module = \"...\"");
    const auto where = table.get("module")->source();
    const auto colon = module->find(':');
    if (colon != std::string::npos)
      source_.fail(where, "module " + in_quotes(*module) +
                              ": name the class apart, class = \"" +
                              module->substr(colon + 1) + "\"");
    if (!is_dotted_name(*module))
      source_.fail(where,
                   "module " + in_quotes(*module) +
                       " must be as in `import package.module`" +
                       (module->ends_with(".py") ? ", without .py" : ""));
    return *module;
  }

  void check_names() {
    name_lines taken;
    for (const auto& actor : file_.actors)
      attempt([&] { take_names(source_, actor.names(), actor.line, taken); });
    for (const auto& entry : file_.supervisors)
      attempt([&] { take_names(source_, {entry.name}, entry.line, taken); });
    for (const auto& router : file_.routers)
      if (!router.name.empty())
        attempt(
            [&] { take_names(source_, {router.name}, router.line, taken); });
  }

  toml_source source_;
  system_file file_;
  std::vector<toml_fault> faults_;
};

result<std::string> read_text(const std::string& path) {
  if (std::filesystem::is_directory(path))
    return make_error(errc::invalid_argument, path + ": is a folder");
  std::ifstream stream{path, std::ios::binary};
  std::ostringstream text;
  if (stream && (stream.peek() == EOF || text << stream.rdbuf()))
    return std::move(text).str();
  return make_error(errc::not_found,
                    path + ": can't be read: " + std::strerror(errno));
}

}  // namespace

std::vector<std::string> actor_entry::names() const {
  if (name.empty())
    return {};
  if (count == 0)
    return {name};
  std::vector<std::string> all;
  for (unsigned i = 1; i <= count; ++i)
    all.push_back(name + "-" + std::to_string(i));
  return all;
}

checked_system_file check_system_file(std::string_view text,
                                      const std::string& path) {
  return reader{path}.read(text);
}

result<checked_system_file> check_system_file(const std::string& path) {
  const auto text = read_text(path);
  if (!text)
    return text.error();
  return check_system_file(*text, path);
}

result<system_file> parse_system_file(std::string_view text,
                                      const std::string& path) {
  auto checked = check_system_file(text, path);
  if (!checked.faults.empty())
    return make_error(errc::invalid_argument, checked.faults.front());
  return std::move(checked.file);
}

result<system_file> read_system_file(const std::string& path) {
  const auto text = read_text(path);
  if (!text)
    return text.error();
  return parse_system_file(*text, path);
}

}  // namespace troupe
