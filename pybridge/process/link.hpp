// SPDX-License-Identifier: Apache-2.0
// One end of a socket to another process: frames go out, frames come in.
//
// Nobody waits for it: send() writes what the socket takes at once and leaves
// the rest to the scheduler, whose service thread reads as well. So all that a
// listener is told comes on that thread, one at a time, in the order in which
// the peer has sent it.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/ref_counted.hpp"
#include "base/result.hpp"
#include "pybridge/process/descriptor.hpp"
#include "pybridge/process/frame.hpp"
#include "pybridge/process/frame_buffer.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

class link_listener {
public:
  virtual ~link_listener() = default;
  /// An error ends the link, and says why.
  virtual result<void> on_frame(received_frame& f) = 0;
  /// Last of all, once. `why`: empty if the peer has closed its end.
  virtual void on_link_ended(const std::string& why) noexcept = 0;
};

class link final : public ref_counted {
public:
  /// `socket`: a connected one of AF_UNIX and SOCK_STREAM.
  link(scheduler& s, descriptor socket);

  /// Once: begins to read. `keeps` has the listener, and is kept until the
  /// link has ended. Throws std::system_error.
  void start(ref_ptr<ref_counted> keeps, link_listener& listener);

  // Any thread.
  /// In the order of the calls. What can't be sent any more is let go of.
  /// `soon`: with the next one that isn't, or with flush().
  enum class when { now, soon };
  void send(frame&& f, when w = when::now) noexcept;
  void flush() noexcept;
  /// The peer reads to the end, and then sees it. Reading goes on.
  void finish() noexcept;
  /// Both directions end now; on_link_ended() follows.
  void close() noexcept;
  bool ended() const noexcept { return ended_.load(); }

  /// The service thread only: takes in what has come, and ends. For a peer that
  /// is no more, while others may hold its end.
  void read_rest() noexcept;

private:
  ~link() override = default;

  struct waiting {
    frame what;
    std::size_t sent = 0;  // bytes
  };

  void on_readable() noexcept;
  bool read_some(std::size_t budget);
  bool take_frames();
  void end(const std::string& why) noexcept;

  void write_locked() noexcept;
  bool write_once_locked() noexcept;
  void sent_locked(std::size_t bytes) noexcept;
  void wait_for_room_locked() noexcept;
  void on_writable() noexcept;

  // Constant after construction.
  scheduler& scheduler_;

  // start(), then the service thread.
  link_listener* listener_ = nullptr;
  ref_ptr<ref_counted> keeps_;
  std::unique_ptr<descriptor_watch> readable_;
  frame_buffer buffer_;

  std::atomic<bool> ended_{false};  // written under mutex_

  std::mutex mutex_;
  // Guarded by mutex_. The service thread may read socket_ without: it alone
  // closes it.
  descriptor socket_;
  std::deque<waiting> queue_;
  bool full_ = false;       // the socket takes no more for now
  bool finishing_ = false;  // finish() was called
  descriptor room_;         // an epoll that is readable when there is room
  std::unique_ptr<descriptor_watch> writable_;
};

}  // namespace troupe
