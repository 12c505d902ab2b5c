// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/running_turn.hpp"

#include <utility>

#include "base/assert.hpp"

namespace troupe {

void running_turn::begin(std::uint64_t token) noexcept {
  TROUPE_ASSERT(token_ == 0 && token != 0);
  token_ = token;
  state_ = PyThreadState_GetUnchecked();
}

void running_turn::end() noexcept {
  take_back();
  token_ = 0;
  state_ = nullptr;
  waits_ = false;
  if (type_) {
    type_.reset();
    still_ = nullptr;
  }
}

void running_turn::admit(admits what) noexcept {
  admitted_ = what;
  if (token_ != 0 && type_) {
    waits_ = take_back() || waits_;
    raise_or_wait();
  }
}

void running_turn::interrupt(py_ref type, std::function<bool()> still) {
  const bool pending = take_back() || waits_;
  if (!pending || !is_kill()) {
    type_ = std::move(type);
    still_ = std::move(still);
  }
  waits_ = true;
  raise_or_wait();
}

void running_turn::raise_or_wait() noexcept {
  const bool admitted = admitted_ == admits::everything ||
                        (admitted_ == admits::kills && is_kill());
  if (waits_ && admitted) {
    waits_ = false;
    if (is_kill() || still_()) {
      PyThreadState_SetAsyncExc(state_->thread_id, type_.get());
    }
  }
}

// True: it was to be raised, and had not been yet.
bool running_turn::take_back() noexcept {
  if (state_ == nullptr || state_->async_exc == nullptr) {
    return false;
  }
  PyThreadState_SetAsyncExc(state_->thread_id, nullptr);
  return true;
}

}  // namespace troupe
