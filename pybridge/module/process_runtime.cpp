// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/process_runtime.hpp"

#include "pybridge/module/module_state.hpp"

namespace troupe {
namespace {

// Written once, by the first thread, before any system runs.
runtime* process_runtime = nullptr;

}  // namespace

void set_process_runtime(runtime& r) noexcept {
  process_runtime = &r;
}

runtime* find_process_runtime(const std::string& log_level) {
  if (process_runtime == nullptr) {
    auto adopted = runtime::adopt(log_level);
    if (!adopted) {
      raise_error(adopted.error());
      return nullptr;
    }
    // Another thread may have come first: adopting runs Python code.
    if (process_runtime == nullptr) {
      process_runtime = adopted->release();  // while the process lives
    }
  }
  return process_runtime;
}

runtime* process_runtime_if_any() noexcept {
  return process_runtime;
}

}  // namespace troupe
