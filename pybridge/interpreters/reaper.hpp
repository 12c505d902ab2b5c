// SPDX-License-Identifier: Apache-2.0
// Ends interpreters: on its own threads, because joining a user's thread or
// running an atexit function may take for ever.
#pragma once

#include "pybridge/python.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "pybridge/interpreters/interpreter.hpp"
#include "pybridge/interpreters/service_threads.hpp"

namespace troupe {

struct reaper_stats {
  std::uint64_t ended = 0;
  /// Kept for good: they have daemon threads, or end for longer than allowed.
  std::uint64_t leaked = 0;
};

/// Where interpreters go that are no longer needed.
class interpreter_end {
public:
  /// Any thread; doesn't block. No actor attaches to `home` from here on.
  virtual void end(ref_ptr<interpreter> home) = 0;

protected:
  ~interpreter_end() = default;
};

class reaper final : public interpreter_end {
public:
  /// At most `threads` interpreters end at a time. One that takes longer than
  /// `deadline` is counted as leaked and not waited for.
  explicit reaper(std::chrono::milliseconds deadline = std::chrono::seconds{5},
                  std::size_t threads = 2);
  reaper(const reaper&) = delete;
  reaper& operator=(const reaper&) = delete;

  /// Any thread; doesn't block. Nobody attaches to `home` from here on, save
  /// by interrupt().
  void end(ref_ptr<interpreter> home) override;

  /// Detached. Blocks until all have ended or run out of time.
  void shutdown() TROUPE_EXCLUDES(gil) { threads_.shutdown(); }

  reaper_stats stats() const;

private:
  struct counters {  // written by reaper threads, also late ones
    std::atomic<std::uint64_t> ended{0};
    std::atomic<std::uint64_t> left{0};
  };

  const std::shared_ptr<counters> counters_ = std::make_shared<counters>();
  service_threads threads_;
};

}  // namespace troupe
