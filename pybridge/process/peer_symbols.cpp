// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/peer_symbols.hpp"

#include <algorithm>
#include <string>

namespace troupe {
namespace {

constexpr std::uint32_t at_a_time = 1000;

frame tell_names(std::uint32_t from, std::uint32_t to) {
  frame_writer out{frame_kind::symbols};
  out.number(from);
  out.number(to - from);
  for (std::uint32_t i = from; i != to; ++i) {
    out.text(name_of(static_cast<symbol>(i)));
  }
  return std::move(out).finish();
}

}  // namespace

void told_symbols::tell(const std::function<void(frame&&)>& send) {
  // Acquire: what was told was given to a send before.
  if (told_.load(std::memory_order_acquire) == symbol_count()) {
    return;
  }
  const std::lock_guard lock{mutex_};
  const std::uint32_t last = symbol_count();
  for (std::uint32_t told = told_.load(std::memory_order_relaxed);
       told != last;) {
    const std::uint32_t next = std::min(last, told + at_a_time);
    send(tell_names(told + 1, next + 1));
    told = next;
    told_.store(told, std::memory_order_release);  // pairs with the load above
  }
}

result<void> peer_symbols::read(frame_reader& body) {
  const auto first = body.number<std::uint32_t>();
  const auto count = body.number<std::uint32_t>();
  if (first != names_.size() + 1 || count > most - names_.size()) {
    return make_error(errc::invalid_argument,
                      std::to_string(count) + " names from number " +
                          std::to_string(first) + " on, where " +
                          std::to_string(names_.size()) + " are known");
  }
  for (std::uint32_t i = 0; i != count; ++i) {
    const std::string name = body.text();
    if (!body.good() || name.size() > longest) {
      return make_error(errc::invalid_argument, "a list of names");
    }
    names_.push_back(intern(name));
  }
  return {};
}

}  // namespace troupe
