// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/left_behind.hpp"

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

extern "C" struct pyruntimestate _PyRuntime;

namespace troupe::detail {
namespace {

constexpr auto patience = std::chrono::seconds{1};

struct made_interpreters {
  std::mutex m;
  std::vector<PyInterpreterState*> all;  // guarded by m

  static made_interpreters& of_process() {
    // Never destroyed: the reaper's threads may outlive the statics.
    static made_interpreters& instance = *new made_interpreters;
    return instance;
  }
};

// The beginning of CPython's table, with which _PyRuntime begins: the same in
// 3.13 and later.
struct debug_table {
  char cookie[8];
  std::uint64_t version;
  std::uint64_t free_threaded;
  struct {
    std::uint64_t size, finalizing, interpreters_head;
  } runtime;
  struct {
    std::uint64_t size, id, next;
  } interpreter;
};

// CPython's list of interpreters, as a list whose links can be changed.
class interpreter_list {
public:
  interpreter_list() noexcept {
    std::memcpy(&table_, &_PyRuntime, sizeof table_);
  }

  /// Whether the table says the same as the C API, so far as that goes.
  bool is_known() const noexcept {
    if (std::memcmp(table_.cookie, "xdebugpy", sizeof table_.cookie) != 0 ||
        table_.version >> 16 != Py_Version >> 16 ||
        *head() != PyInterpreterState_Head()) {
      return false;
    }
    for (auto* each = *head(); each != nullptr; each = *next_of(each)) {
      if (*next_of(each) != PyInterpreterState_Next(each)) {
        return false;
      }
    }
    return true;
  }

  /// All but the main one.
  void remove_others() noexcept {
    PyInterpreterState* const main = PyInterpreterState_Main();
    *head() = main;
    *next_of(main) = nullptr;
  }

  void remove(const PyInterpreterState* gone) noexcept {
    for (auto** link = head(); *link != nullptr; link = next_of(*link)) {
      if (*link == gone) {
        *link = *next_of(*link);
        return;
      }
    }
  }

private:
  static PyInterpreterState** link_at(void* base, std::uint64_t offset) {
    return reinterpret_cast<PyInterpreterState**>(static_cast<char*>(base) +
                                                  offset);
  }
  PyInterpreterState** head() const noexcept {
    return link_at(&_PyRuntime, table_.runtime.interpreters_head);
  }
  PyInterpreterState** next_of(PyInterpreterState* state) const noexcept {
    return link_at(state, table_.interpreter.next);
  }

  debug_table table_;
};

struct countdown {
  std::mutex m;
  std::condition_variable changed;
  std::size_t left;  // guarded by m

  explicit countdown(std::size_t count) : left{count} {}
  void step() {
    const std::lock_guard lock{m};
    --left;
    changed.notify_all();
  }
  void wait() {
    std::unique_lock lock{m};
    changed.wait_for(lock, patience, [this] { return left == 0; });
  }
};

// Takes the GIL and keeps it: whoever is in there stands still at the next
// bytecode, or when it comes back from C.
void freeze(PyInterpreterState* state, countdown& frozen) {
  PyEval_AcquireThread(PyThreadState_New(state));
  frozen.step();
  for (;;) {
    pause();
  }
}

void freeze_all(const std::vector<PyInterpreterState*>& states) {
  const auto frozen = std::make_shared<countdown>(states.size());
  for (PyInterpreterState* const state : states) {
    try {
      std::thread{[state, frozen] { freeze(state, *frozen); }}.detach();
    } catch (const std::system_error&) {
      frozen->step();  // too many threads: it may run on while we end
    }
  }
  frozen->wait();
}

}  // namespace

void note_made(PyInterpreterState* state) {
  auto& made = made_interpreters::of_process();
  const std::lock_guard lock{made.m};
  made.all.push_back(state);
}

void note_ending(PyInterpreterState* state) noexcept {
  auto& made = made_interpreters::of_process();
  const std::lock_guard lock{made.m};
  std::erase(made.all, state);
}

void hide_in_forked_children() {
  static interpreter_list list;  // the child has no need to look for it
  [[maybe_unused]] static const bool watched =
      list.is_known() &&
      pthread_atfork(nullptr, nullptr, [] { list.remove_others(); }) == 0;
}

void hide_left_behind() {
  auto& made = made_interpreters::of_process();
  std::vector<PyInterpreterState*> left;
  {
    const std::lock_guard lock{made.m};
    left.swap(made.all);
  }
  if (left.empty()) {
    return;
  }
  freeze_all(left);
  interpreter_list list;
  if (!list.is_known()) {
    return;  // a Python that we don't know: it will do what it does
  }
  for (const PyInterpreterState* const state : left) {
    list.remove(state);
  }
}

}  // namespace troupe::detail
