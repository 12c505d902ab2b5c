// SPDX-License-Identifier: Apache-2.0
// Sees when a turn lasts too long while others wait behind it, and has them
// handed over. It ticks only while something waits: an idle system is at rest.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/ticks.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/worker_group.hpp"

namespace troupe {

class monitor {
public:
  monitor(boost::asio::io_context& context, worker_group& group,
          clock_duration period);

  /// Any thread. Ticks from now on, until the group has nothing that waits.
  void watch() noexcept;

private:
  void tick_later();
  void tick();

  worker_group& group_;
  const clock_duration period_;
  const ticks too_long_;
  boost::asio::steady_timer timer_;  // the context's thread only
};

}  // namespace troupe
