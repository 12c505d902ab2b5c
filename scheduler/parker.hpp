// SPDX-License-Identifier: Apache-2.0
// Where a worker sleeps: in its own Asio context. Descriptors that are watched
// there will wake it as well.
//
// Memory ordering: what the waking thread did before wake() is visible to the
// worker after take_wake() (Asio's lock).
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace troupe {

class parker {
public:
  parker() : context_{1}, work_{context_.get_executor()} {}

  /// Any thread, once for each take_wake(). Sticks: a wake-up that comes
  /// before its worker sleeps is not lost. Never allocates.
  void wake() noexcept { context_.stop(); }

  /// The worker: sleeps until there may be something to do.
  void wait() noexcept { context_.run_one(); }
  /// The worker: takes a wake-up that has come, or is known to be coming.
  void take_wake() noexcept {
    while (!context_.stopped()) {
      context_.run_one();
    }
    context_.restart();
  }

private:
  boost::asio::io_context context_;
  const boost::asio::executor_work_guard<
      boost::asio::io_context::executor_type>
      work_;  // keeps run_one() from returning for lack of work
};

}  // namespace troupe
