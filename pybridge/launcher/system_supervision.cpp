// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/system_supervision.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <span>

#include "pybridge/launcher/near_name.hpp"

namespace troupe {
namespace {

constexpr std::array<std::string_view, 3> policies{"permanent", "transient",
                                                   "temporary"};
constexpr std::array<std::string_view, 3> strategies{
    "one_for_one", "one_for_all", "rest_for_one"};
constexpr std::array<std::string_view, 2> endless_shutdowns{"kill", "infinity"};
constexpr std::array<std::string_view, 1> unlimited{"unlimited"};
constexpr std::array<std::string_view, 5> backoff_keys{
    "initial", "maximum", "factor", "jitter", "at_once"};
// Of a supervisor; an actor that has none may say them of the one it gets.
constexpr std::array<const char*, 3> limits{"max_restarts", "within",
                                            "backoff"};
constexpr double century = 3.2e9;  // seconds

std::string joined(std::span<const std::string_view> words) {
  std::string text;
  for (const auto word : words)
    text += (text.empty() ? "\"" : ", \"") + std::string{word} + "\"";
  return text;
}

void check_word(const toml_source& source, const char* key,
                const toml::node& node,
                std::span<const std::string_view> words) {
  const auto& word = node.as_string()->get();
  if (std::find(words.begin(), words.end(), word) != words.end())
    return;
  const auto hint = did_you_mean(word, words);
  source.fail(node.source(), std::string{key} + " " + in_quotes(word) +
                                 " must be " +
                                 (words.size() > 1 ? "one of " : "") +
                                 joined(words) + (hint.empty() ? "" : hint));
}

std::string word_at(const toml_source& source, const toml::table& table,
                    const char* key, std::span<const std::string_view> words) {
  const auto word = source.text_at(table, key);
  if (word)
    check_word(source, key, *table.get(key), words);
  return word.value_or("");
}

// A number from 0 on, or one of the words.
void check_number(const toml_source& source, const char* key,
                  const toml::node& node, bool whole,
                  std::span<const std::string_view> words) {
  if (!words.empty() && node.is_string())
    return check_word(source, key, node, words);
  const auto number = node.value<double>();
  if (!number || node.is_boolean() || (whole && !node.is_integer()))
    source.wrong_type(key,
                      (std::string{whole ? "a whole number" : "a number"} +
                       (words.empty() ? "" : " or " + joined(words)))
                          .c_str(),
                      node);
  if (!(*number >= 0 && *number <= (whole ? 1e9 : century)))
    source.fail(node.source(), std::string{key} + " must be 0 or more");
}

void check_backoff(const toml_source& source, const toml::table& table) {
  const auto* backoff = source.table_at(table, "backoff");
  if (backoff == nullptr)
    return;
  auto unknown = source.unknown_keys(*backoff, backoff_keys, "backoff");
  if (!unknown.empty())
    throw std::move(unknown.front());
  for (const auto& [key, node] : *backoff)
    check_number(source, std::string{key.str()}.c_str(), node,
                 key.str() == "at_once", {});
  const auto number = [&](const char* key, double otherwise) {
    const auto* node = backoff->get(key);
    return node ? node->value_or(otherwise) : otherwise;
  };
  if (number("initial", 0.1) > number("maximum", 30.0))
    source.fail(backoff->source(),
                "backoff: initial must not be more than maximum (30 s, if that "
                "isn't given)");
  if (number("factor", 2.0) < 1 || number("jitter", 0.2) > 1)
    source.fail(backoff->source(),
                "backoff: factor must be at least 1, jitter at most 1");
}

toml_table read_options(const toml_source& source, const toml::table& table) {
  word_at(source, table, "restart", policies);
  if (const auto* node = table.get("shutdown"))
    check_number(source, "shutdown", *node, false, endless_shutdowns);
  if (const auto* node = table.get("max_restarts"))
    check_number(source, "max_restarts", *node, true, unlimited);
  if (const auto* node = table.get("within"))
    check_number(source, "within", *node, false, {});
  check_backoff(source, table);
  toml_table given;
  for (auto& entry : source.entries_of(table))
    if (entry.key == "restart" || entry.key == "shutdown" ||
        std::find(limits.begin(), limits.end(), entry.key) != limits.end())
      given.push_back(std::move(entry));
  return given;
}

const supervisor_entry* find(const system_file& file, const std::string& name) {
  const auto found =
      std::ranges::find(file.supervisors, name, &supervisor_entry::name);
  return found == file.supervisors.end() ? nullptr : &*found;
}

void check_there(const toml_source& source, const system_file& file,
                 const std::string& name, unsigned line) {
  if (name.empty() || find(file, name) != nullptr)
    return;
  std::vector<std::string_view> known;
  for (const auto& s : file.supervisors) known.push_back(s.name);
  const auto hint = did_you_mean(name, known);
  source.fail(
      line, 1,
      "supervisor " + in_quotes(name) + " is none here" +
          (hint.empty() ? "; add [[supervisor]] with name = \"" + name + "\""
                        : hint));
}

}  // namespace

supervisor_entry read_supervisor(const toml_source& source,
                                 const toml::table& table) {
  supervisor_entry entry;
  entry.line = table.source().begin.line;
  const auto name = source.text_at(table, "name");
  if (!name)
    source.fail(table.source(), "this [[supervisor]] lacks name = \"...\"");
  entry.name = *name;
  entry.supervisor = source.text_at(table, "supervisor").value_or("");
  entry.strategy = word_at(source, table, "strategy", strategies);
  entry.restarts = read_options(source, table);
  for (const char* key : {"restart", "shutdown"})
    if (const auto* node = table.get(key); node && entry.supervisor.empty())
      source.fail(node->source(),
                  std::string{key} +
                      " is said to a supervisor's supervisor, and it has none: "
                      "add supervisor = \"...\"");
  return entry;
}

void read_restarts(const toml_source& source, const toml::table& table,
                   actor_entry& actor) {
  actor.supervisor = source.text_at(table, "supervisor").value_or("");
  actor.restarts = read_options(source, table);
  if (actor.pool)
    return;
  if (actor.supervisor.empty() && !table.contains("restart")) {
    if (!actor.restarts.empty())
      source.fail(table.get(actor.restarts.front().key)->source(),
                  actor.restarts.front().key +
                      " is about restarts: add restart = \"permanent\" or "
                      "supervisor = \"...\"");
    return;
  }
  for (const char* key : limits)
    if (const auto* node = table.get(key); node && !actor.supervisor.empty())
      source.fail(node->source(), std::string{key} +
                                      " is the supervisor's: set it in its "
                                      "[[supervisor]]");
}

void check_supervisor_of(const toml_source& source, const system_file& file,
                         const supervisor_entry& entry) {
  check_there(source, file, entry.supervisor, entry.line);
  std::set<std::string> above{entry.name};
  for (auto* at = find(file, entry.supervisor); at != nullptr;
       at = find(file, at->supervisor))
    if (!above.insert(at->name).second)
      source.fail(entry.line, 1,
                  "supervisor " + in_quotes(entry.name) +
                      " is its own supervisor, by way of " +
                      in_quotes(entry.supervisor));
}

void check_supervisor_of(const toml_source& source, const system_file& file,
                         const actor_entry& entry) {
  check_there(source, file, entry.supervisor, entry.line);
}

}  // namespace troupe
