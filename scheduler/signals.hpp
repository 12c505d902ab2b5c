// SPDX-License-Identifier: Apache-2.0
// Calls functions when the process gets a signal, as often as it gets one.
#pragma once

#include <functional>
#include <initializer_list>
#include <list>
#include <mutex>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace troupe {

class signals {
public:
  explicit signals(boost::asio::io_context& context) : context_{context} {}

  /// Any thread. `handle` runs on the context's thread, outside of any signal
  /// handler. Throws boost::system::system_error for a signal that can't be
  /// caught.
  void on(std::initializer_list<int> numbers, std::function<void(int)> handle);

private:
  class watch {
  public:
    watch(boost::asio::io_context& context, std::initializer_list<int> numbers,
          std::function<void(int)> handle);

  private:
    void wait();

    boost::asio::signal_set set_;
    const std::function<void(int)> handle_;
  };

  boost::asio::io_context& context_;
  std::mutex mutex_;
  std::list<watch> watches_;  // guarded by mutex_; each stays where it is
};

}  // namespace troupe
