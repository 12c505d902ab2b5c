// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/tree_words.hpp"

#include <cstdio>
#include <fstream>

namespace troupe {
namespace {

// The line of a file, without spaces around it; empty if there is none.
std::string source_line(const std::string& file, int number) {
  std::ifstream stream{file};
  std::string line;
  for (int i = 0; i < number && std::getline(stream, line); ++i) {
  }
  const auto first = line.find_first_not_of(" \t\f");
  const auto last = line.find_last_not_of(" \t\r");
  return stream && first != std::string::npos
             ? line.substr(first, last - first + 1)
             : "";
}

}  // namespace

std::string counted(std::size_t count, std::string_view thing) {
  return std::to_string(count) + " " + std::string{thing} +
         (count == 1 ? "" : "s");
}

std::string words_of(std::chrono::nanoseconds age) {
  const auto seconds = std::chrono::duration<double>(age).count();
  if (seconds < 0.001) {
    return "less than 1 ms";
  }
  char text[32];
  if (seconds < 1) {
    std::snprintf(text, sizeof text, "%.0f ms", 1000 * seconds);
  } else {
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  }
  return text;
}

std::string words_of(const work_report& work) {
  switch (work.kind) {
    case envelope_kind::message:
      return "in receive()";
    case envelope_kind::call:
      return "in handler '" + std::string{name_of(work.selector)} + "'";
    case envelope_kind::start:
      return "starts";
    case envelope_kind::timer:
    case envelope_kind::quiet_for:
      return "handles a timer";
    case envelope_kind::down:
    case envelope_kind::exit:
      return "hears of the end of another";
    case envelope_kind::ready:
      return "in its event loop";
    case envelope_kind::stop:
    case envelope_kind::stop_now:
    case envelope_kind::terminate:
    case envelope_kind::halt:
    case envelope_kind::kill:
      return "stops";
    case envelope_kind::restart:
      return "restarts";
    case envelope_kind::relieved:
    case envelope_kind::linked:
      return "at work";
  }
  return "at work";
}

std::string words_of(actor_cell::life life) {
  switch (life) {
    case actor_cell::life::unborn:
      return "about to start";
    case actor_cell::life::starting:
      return "starts";
    case actor_cell::life::running:
      return "runs";
    case actor_cell::life::ending:
      return "stops";
    case actor_cell::life::down:
      return "down, until its supervisor restarts it";
    case actor_cell::life::ended:
      return "has ended";
  }
  return "?";
}

void add_frames(const python_stack& stack, const std::string& indent,
                std::string& text) {
  for (auto frame = stack.rbegin(); frame != stack.rend(); ++frame) {
    text += indent + "File \"" + frame->file + "\", line " +
            std::to_string(frame->line) + ", in " + frame->function + "\n";
    const std::string source = source_line(frame->file, frame->line);
    if (!source.empty()) {
      text += indent + "  " + source + "\n";
    }
  }
}

}  // namespace troupe
