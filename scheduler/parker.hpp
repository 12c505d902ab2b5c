// SPDX-License-Identifier: Apache-2.0
// Where a worker sleeps: in its own Asio context. Descriptors that are watched
// there will wake it as well.
//
// A wake-up is a handler posted there. It sticks: one that comes before its
// worker sleeps is not lost. (To stop and restart the context would need no
// memory, but takes 8-11 us from thread to thread instead of 4.8: the woken
// thread runs into the lock that its waker still holds.)
//
// Memory ordering: what the waking thread did before wake() is visible to the
// worker after take_wake() (Asio's lock).
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace troupe {

class parker {
public:
  parker() : context_{1}, work_{context_.get_executor()} {}

  /// Any thread, once for each take_wake().
  void wake() noexcept {
    boost::asio::post(context_, [this] { woken_ = true; });
  }

  /// The worker: sleeps until there may be something to do.
  void wait() noexcept { context_.run_one(); }
  /// The worker: takes a wake-up that has come, or is known to be coming.
  void take_wake() noexcept {
    while (!woken_) {
      context_.run_one();
    }
    woken_ = false;
  }

private:
  boost::asio::io_context context_;
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
      work_;            // keeps run_one() from returning for lack of work
  bool woken_ = false;  // the worker only: handlers run on its thread
};

}  // namespace troupe
