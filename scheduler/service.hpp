// SPDX-License-Identifier: Apache-2.0
// The thread that serves timers, signals and the monitor. It runs no turns.
#pragma once

#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "scheduler/thread_name.hpp"

namespace troupe {

class service {
public:
  service() : context_{1}, work_{context_.get_executor()} {}

  boost::asio::io_context& context() noexcept { return context_; }

  void start(const std::string& thread_name) {
    thread_ = std::thread{[this, thread_name] {
      name_this_thread(thread_name);
      context_.run();
    }};
  }
  /// Waits for the function in progress; what is pending is never called.
  void stop() noexcept {
    context_.stop();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

private:
  boost::asio::io_context context_;
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
      work_;  // keeps run() from returning for lack of work
  std::thread thread_;
};

}  // namespace troupe
