// SPDX-License-Identifier: Apache-2.0
#include "scheduler/monitor.hpp"

#include <boost/asio/post.hpp>

namespace troupe {

monitor::monitor(boost::asio::io_context& context, worker_group& group,
                 clock_duration period)
    : group_{group},
      period_{period},
      too_long_{ticks_in(period)},
      timer_{context} {}

void monitor::watch() noexcept {
  boost::asio::post(timer_.get_executor(), [this] { tick_later(); });
}

void monitor::tick_later() {
  timer_.expires_after(period_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) {
      tick();
    }
  });
}

void monitor::tick() {
  if (group_.look_after(too_long_)) {
    tick_later();
  }
}

}  // namespace troupe
