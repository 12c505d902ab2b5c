// SPDX-License-Identifier: Apache-2.0
// A descriptor of the operating system, and its owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace troupe {

class descriptor {
public:
  descriptor() noexcept = default;
  /// Takes it over; a negative number is none.
  explicit descriptor(int number) noexcept : number_{number} {}
  descriptor(descriptor&& other) noexcept : number_{other.release()} {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = other.release();
    }
    return *this;
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { close(); }

  explicit operator bool() const noexcept { return number_ >= 0; }
  int get() const noexcept { return number_; }
  int release() noexcept { return std::exchange(number_, -1); }
  void close() noexcept {
    if (number_ >= 0) {
      ::close(release());
    }
  }

private:
  int number_ = -1;
};

}  // namespace troupe
