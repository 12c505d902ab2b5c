// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/launch_signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace troupe {
namespace {

// A handler has no other way to them. Relaxed: each stands for itself, and the
// runtime was there before the handler was.
std::atomic<runtime*> python_runtime{nullptr};
std::atomic<bool> was_interrupted{false};
static_assert(std::atomic<runtime*>::is_always_lock_free);

void on_signal(int) {
  if (was_interrupted.exchange(true, std::memory_order_relaxed))
    _exit(exit_interrupted);
  const int before = errno;
  python_runtime.load(std::memory_order_relaxed)->interrupt_main();
  errno = before;
}

void watch(int number) noexcept {
  struct sigaction present {};
  sigaction(number, nullptr, &present);
  if (present.sa_handler == SIG_IGN)
    return;
  struct sigaction ours {};
  ours.sa_handler = on_signal;  // without SA_RESTART: calls that wait end
  sigaction(number, &ours, nullptr);
}

}  // namespace

void watch_signals(runtime& python, bool interrupted) noexcept {
  python_runtime.store(&python, std::memory_order_relaxed);
  if (interrupted)
    was_interrupted.store(true, std::memory_order_relaxed);
  watch(SIGINT);
  watch(SIGTERM);
}

void watch_signals_at_end() noexcept {
  was_interrupted.store(true, std::memory_order_relaxed);
}

}  // namespace troupe
