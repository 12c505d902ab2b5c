// SPDX-License-Identifier: Apache-2.0
#include "scheduler/descriptors.hpp"

#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>

namespace troupe {
namespace {

using boost::asio::posix::stream_descriptor;

// Shared with the wait in progress, which may end after the watch.
struct watched {
  watched(boost::asio::io_context& context, int native, std::function<void()> f)
      : ready{std::move(f)}, descriptor{context} {
    boost::system::error_code error;
    static_cast<void>(descriptor.assign(native, error));
    if (error) {
      throw std::system_error{
          std::error_code{error},
          "can't wait for descriptor " + std::to_string(native)};
    }
  }
  ~watched() { release(); }

  void release() noexcept {
    const std::lock_guard lock{mutex};
    released = true;
    if (descriptor.is_open()) {
      descriptor.release();  // ends the wait in progress, closes nothing
    }
  }

  const std::function<void()> ready;
  std::mutex mutex;
  // Guarded by mutex.
  stream_descriptor descriptor;
  bool armed = false;
  bool released = false;
};

// Asio adds a descriptor to its epoll edge-triggered, and changes the entry for
// each new wait. The kernel then looks at the descriptor anew, so one that is
// readable already ends the wait: together that is level-triggered.
void wait(const std::shared_ptr<watched>& what) {
  const std::lock_guard lock{what->mutex};
  if (what->armed || what->released) {
    return;
  }
  what->armed = true;
  what->descriptor.async_wait(stream_descriptor::wait_read,
                              [what](const boost::system::error_code& error) {
                                {
                                  const std::lock_guard lock{what->mutex};
                                  what->armed = false;
                                  if (error || what->released) {
                                    return;
                                  }
                                }
                                what->ready();
                              });
}

class asio_watch final : public descriptor_watch {
public:
  explicit asio_watch(std::shared_ptr<watched> what) : what_{std::move(what)} {}
  ~asio_watch() override { what_->release(); }

  void arm() noexcept override { wait(what_); }

private:
  const std::shared_ptr<watched> what_;
};

}  // namespace

std::unique_ptr<descriptor_watch> descriptors::watch(
    int descriptor, std::function<void()> ready) {
  return std::make_unique<asio_watch>(
      std::make_shared<watched>(context_, descriptor, std::move(ready)));
}

}  // namespace troupe
