// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/port.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace troupe {
namespace {

int open_eventfd() {
  const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) {
    throw std::system_error{errno, std::generic_category(), "eventfd"};
  }
  return descriptor;
}

}  // namespace

port::port() : descriptor_{open_eventfd()} {}

port::port(actor_ref receiver) : receiver_{std::move(receiver)} {}

port::port(ref_ptr<waker> loop) : loop_{std::move(loop)} {}

port::~port() {
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

void port::watch(completion& c, std::uint64_t token) {
  c.on_done([self = ref_ptr<port>{this}, token] { self->announce(token); });
}

void port::announce(std::uint64_t token) {
  {
    const std::lock_guard lock{mutex_};
    tokens_.push_back(token);
    if (tokens_.size() > 1) {
      return;  // announced already
    }
  }
  if (loop_ != nullptr) {
    loop_->wake();
  } else if (receiver_) {
    receiver_.cell().signal(envelope_kind::ready);
  } else {
    eventfd_write(descriptor_, 1);
  }
}

std::vector<std::uint64_t> port::drain() {
  if (descriptor_ >= 0) {
    eventfd_t count = 0;
    eventfd_read(descriptor_, &count);
  }
  const std::lock_guard lock{mutex_};
  return std::exchange(tokens_, {});
}

bool port::wait() noexcept {
  pollfd readable{descriptor_, POLLIN, 0};
  return poll(&readable, 1, -1) == 1;
}

}  // namespace troupe
