// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/tree_processes.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <sstream>

#include "actors/asking/waiting.hpp"
#include "pybridge/process/process_behaviour.hpp"

namespace troupe {
namespace {

// Longer than a process itself waits for those of its actors that are stuck.
constexpr auto patience = std::chrono::milliseconds{1500};

struct look {
  std::string who;
  ref_ptr<completion> text;
};

// By process id.
std::map<pid_t, look> ask_all(const std::vector<ref_ptr<behaviour>>& actors) {
  std::map<pid_t, look> asked;
  for (const auto& code : actors) {
    const auto* const far = dynamic_cast<process_behaviour*>(code.get());
    const auto process = far == nullptr ? nullptr : far->process();
    if (process != nullptr && !process->is_ending() &&
        !asked.contains(process->pid())) {
      asked.emplace(process->pid(), look{process->describe(), process->look()});
    }
  }
  return asked;
}

std::string indented(const std::string& text) {
  std::istringstream lines{text};
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    out += "  " + line + "\n";
  }
  return out;
}

}  // namespace

std::string describe_processes(const std::vector<ref_ptr<behaviour>>& actors) {
  const auto until = std::chrono::steady_clock::now() + patience;
  std::string text;
  for (const auto& [pid, one] : ask_all(actors)) {
    const auto rest = until - std::chrono::steady_clock::now();
    const bool answered =
        one.text->wait(std::max<clock_duration>(rest, {})) == wait_result::done;
    text += one.who + ":\n" +
            (answered ? indented(one.text->why().what.detail)
                      : "  no answer: all of its threads are busy\n");
  }
  return text;
}

}  // namespace troupe
