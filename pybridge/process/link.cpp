// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/link.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

namespace troupe {
namespace {

// A reading takes so much, and then lets others have the service thread.
constexpr std::size_t reading_budget = std::size_t{1} << 20;
// More than so many that no frame has asked for are nobody's idea of a message.
constexpr std::size_t max_loose_descriptors = 4 * max_frame_descriptors;
constexpr std::size_t at_once = 64;  // frames to one system call

using control_buffer =
    std::array<std::byte, CMSG_SPACE(sizeof(int) * max_frame_descriptors)>;

void put_descriptors(msghdr& message, control_buffer& control,
                     const std::vector<int>& descriptors) noexcept {
  const std::size_t size = sizeof(int) * descriptors.size();
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(size);
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(head), descriptors.data(), size);
}

void take_descriptors(msghdr& message, frame_buffer& into) {
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i != count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(head) + i * sizeof number, sizeof number);
      into.add(descriptor{number});
    }
  }
}

std::string words_of(int number) {
  return std::generic_category().message(number);
}

}  // namespace

link::link(scheduler& s, descriptor socket)
    : scheduler_{s}, socket_{std::move(socket)} {}

void link::start(ref_ptr<ref_counted> keeps, link_listener& listener) {
  keeps_ = std::move(keeps);
  listener_ = &listener;
  readable_ = scheduler_.watch(
      socket_.get(), [self = ref_ptr<link>{this}] { self->on_readable(); });
  readable_->arm();
}

// --- Reading: the service thread ---

void link::on_readable() noexcept {
  const ref_ptr<link> alive{this};
  try {
    if (!ended() && read_some(reading_budget) && !ended()) {
      readable_->arm();
    }
  } catch (const std::bad_alloc&) {
    end("out of memory");
  } catch (const std::exception& e) {
    end(e.what());
  }
}

void link::read_rest() noexcept {
  const ref_ptr<link> alive{this};
  try {
    if (!ended() && read_some(0)) {
      end({});
    }
  } catch (const std::exception& e) {
    end(e.what());
  }
}

// False: the link has ended. `budget`: in bytes, about; 0: all there is.
bool link::read_some(std::size_t budget) {
  for (std::size_t taken = 0; budget == 0 || taken < budget;) {
    const auto room = buffer_.room();
    iovec into{room.data(), room.size()};
    control_buffer control;
    msghdr message{};
    message.msg_iov = &into;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size =
        ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EINTR) {
      continue;
    }
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return true;
    }
    if (size <= 0) {
      // A peer that dies with unread bytes in its socket resets it.
      const int why = size < 0 ? errno : 0;
      end(why == 0 || why == ECONNRESET ? std::string{} : words_of(why));
      return false;
    }
    take_descriptors(message, buffer_);
    buffer_.filled(static_cast<std::size_t>(size));
    taken += static_cast<std::size_t>(size);
    if (!take_frames()) {
      return false;
    }
    if (static_cast<std::size_t>(size) < room.size() && budget != 0) {
      return true;  // there was no more; if there is now, arm() sees it
    }
  }
  return true;
}

// False: the link has ended.
bool link::take_frames() {
  for (;;) {
    auto next = buffer_.next();
    if (!next) {
      end(next.error().detail);
      return false;
    }
    if (!*next) {
      break;
    }
    if (const auto read = listener_->on_frame(**next); !read) {
      end(read.error().detail);
      return false;
    }
  }
  if (buffer_.descriptors() > max_loose_descriptors) {
    end("descriptors that belong to no frame");
    return false;
  }
  return true;
}

void link::end(const std::string& why) noexcept {
  std::deque<waiting> left;  // released after the lock
  std::unique_ptr<descriptor_watch> writable;
  {
    const std::lock_guard lock{mutex_};
    if (ended_.exchange(true)) {
      return;
    }
    left.swap(queue_);
    writable.swap(writable_);
  }
  writable.reset();
  readable_.reset();
  {
    const std::lock_guard lock{mutex_};
    room_.close();
    socket_.close();
  }
  const ref_ptr<ref_counted> last = std::move(keeps_);
  if (listener_ != nullptr) {
    listener_->on_link_ended(why);
  }
}

// --- Writing: any thread ---

void link::send(frame&& f, when w) noexcept {
  const std::lock_guard lock{mutex_};
  if (ended_ || finishing_) {
    return;
  }
  queue_.push_back({std::move(f)});
  if (w == when::now && !full_) {
    write_locked();
  }
}

void link::flush() noexcept {
  const std::lock_guard lock{mutex_};
  if (!ended_ && !full_) {
    write_locked();
  }
}

void link::finish() noexcept {
  const std::lock_guard lock{mutex_};
  if (ended_ || std::exchange(finishing_, true)) {
    return;
  }
  if (!full_) {
    write_locked();
  }
}

void link::close() noexcept {
  const std::lock_guard lock{mutex_};
  if (!ended_) {
    ::shutdown(socket_.get(), SHUT_RDWR);
  }
}

void link::write_locked() noexcept {
  while (!queue_.empty() && write_once_locked()) {
  }
  if (queue_.empty() && finishing_) {
    ::shutdown(socket_.get(), SHUT_WR);
  }
}

// Frames up to the next that has descriptors, which are the first of theirs.
bool link::write_once_locked() noexcept {
  std::array<iovec, at_once> parts;
  std::size_t count = 0;
  for (auto& one : queue_) {
    if (count == parts.size() ||
        (count != 0 && !one.what.descriptors.empty())) {
      break;
    }
    parts[count++] = {one.what.bytes.data() + one.sent,
                      one.what.bytes.size() - one.sent};
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  control_buffer control;
  const waiting& first = queue_.front();
  if (!first.what.descriptors.empty() && first.sent == 0) {
    put_descriptors(message, control, first.what.descriptors);
  }
  const ssize_t sent =
      ::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) {
    sent_locked(static_cast<std::size_t>(sent));
    return true;
  }
  if (errno == EINTR) {
    return true;
  }
  // The kernel may also be short of room for descriptors.
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
    wait_for_room_locked();
  } else {
    queue_.clear();  // nobody is there; the reading finds out
  }
  return false;
}

void link::sent_locked(std::size_t bytes) noexcept {
  while (bytes != 0) {
    waiting& first = queue_.front();
    const std::size_t left = first.what.bytes.size() - first.sent;
    if (bytes < left) {
      first.sent += bytes;
      return;
    }
    bytes -= left;
    queue_.pop_front();
  }
}

// A scheduler waits for what can be read. An epoll can, when what it looks at
// can be written.
void link::wait_for_room_locked() noexcept {
  full_ = true;
  if (!room_) {
    room_ = descriptor{::epoll_create1(EPOLL_CLOEXEC)};
    epoll_event event{};
    event.events = EPOLLOUT;
    try {
      if (!room_ ||
          ::epoll_ctl(room_.get(), EPOLL_CTL_ADD, socket_.get(), &event) != 0) {
        throw std::system_error{errno, std::generic_category()};
      }
      writable_ = scheduler_.watch(
          room_.get(), [self = ref_ptr<link>{this}] { self->on_writable(); });
    } catch (const std::exception&) {
      ::shutdown(socket_.get(), SHUT_RDWR);  // no descriptor left
      return;
    }
  }
  writable_->arm();
}

void link::on_writable() noexcept {
  const std::lock_guard lock{mutex_};
  full_ = false;
  if (!ended_) {
    write_locked();
  }
}

}  // namespace troupe
