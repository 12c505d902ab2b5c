// SPDX-License-Identifier: Apache-2.0
// Waits for descriptors in an Asio context. They stay the caller's: none is
// closed here, or set to non-blocking.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "scheduler/scheduler.hpp"

namespace troupe {

class descriptors {
public:
  explicit descriptors(boost::asio::io_context& context) : context_{context} {}

  /// Any thread; see scheduler::watch(). `ready` runs on the context's thread.
  std::unique_ptr<descriptor_watch> watch(int descriptor,
                                          std::function<void()> ready);

private:
  boost::asio::io_context& context_;
};

}  // namespace troupe
