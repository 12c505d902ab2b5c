// SPDX-License-Identifier: Apache-2.0
#include "scheduler/signals.hpp"

#include <utility>

namespace troupe {

void signals::on(std::initializer_list<int> numbers,
                 std::function<void(int)> handle) {
  const std::lock_guard lock{mutex_};
  watches_.emplace_back(context_, numbers, std::move(handle));
}

signals::watch::watch(boost::asio::io_context& context,
                      std::initializer_list<int> numbers,
                      std::function<void(int)> handle)
    : set_{context}, handle_{std::move(handle)} {
  for (const int number : numbers) {
    set_.add(number);
  }
  wait();
}

void signals::watch::wait() {
  set_.async_wait([this](const boost::system::error_code& error, int number) {
    if (!error) {
      handle_(number);
      wait();
    }
  });
}

}  // namespace troupe
