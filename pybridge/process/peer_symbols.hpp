// SPDX-License-Identifier: Apache-2.0
// Symbols are numbers of one process (base/symbol.hpp). Each side tells the
// other the names of its own, before a frame that may use them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "base/result.hpp"
#include "base/symbol.hpp"
#include "pybridge/process/frame.hpp"

namespace troupe {

/// What this side has told.
class told_symbols {
public:
  /// Any thread. Calls `send` with frames for the names that were not told yet;
  /// when it returns, all that existed before have been given to a `send`.
  void tell(const std::function<void(frame&&)>& send);

private:
  std::atomic<std::uint32_t> told_{0};  // written under mutex_
  std::mutex mutex_;
};

/// What the other side has told. One thread.
class peer_symbols {
public:
  /// Names take memory for ever, so there is an end to them.
  static constexpr std::size_t most = 200'000;
  static constexpr std::size_t longest = std::size_t{64} << 10;

  result<void> read(frame_reader& body);
  /// none: the other side has told of no such.
  symbol ours(std::uint32_t theirs) const noexcept {
    return theirs - 1 < names_.size() ? names_[theirs - 1] : symbol::none;
  }

private:
  std::vector<symbol> names_;
};

}  // namespace troupe
