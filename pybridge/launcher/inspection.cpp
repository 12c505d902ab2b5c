// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/inspection.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

namespace troupe {
namespace {

constexpr std::uint64_t wake_for_signal = 1;
constexpr std::uint64_t wake_for_end = std::uint64_t{1} << 32;

// A signal handler has no other way to it. Relaxed: it stands for itself.
std::atomic<int> signal_wakes{-1};

void on_quit(int) {
  const int before = errno;
  const int wake = signal_wakes.load(std::memory_order_relaxed);
  if (wake >= 0) {
    // If it fails, so many signals wait that this one makes no difference.
    [[maybe_unused]] const auto written =
        write(wake, &wake_for_signal, sizeof wake_for_signal);
  }
  errno = before;
}

void watch_quit() noexcept {
  struct sigaction present {};
  sigaction(SIGQUIT, nullptr, &present);
  if (present.sa_handler == SIG_IGN) {
    return;
  }
  struct sigaction ours {};
  ours.sa_handler = on_quit;
  ours.sa_flags = SA_RESTART;  // what the program waits in goes on
  sigaction(SIGQUIT, &ours, nullptr);
}

class descriptor {
public:
  explicit descriptor(int number) noexcept : number_{number} {}
  ~descriptor() {
    if (number_ >= 0) {
      close(number_);
    }
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  int get() const noexcept { return number_; }
  int release() noexcept { return std::exchange(number_, -1); }

private:
  int number_;
};

// Processes may share these names, and not the numbers of processes: as
// containers do that share their network only.
std::string pid_namespace() {
  std::array<char, 64> text{};
  const auto size = readlink("/proc/self/ns/pid", text.data(), text.size());
  return {text.data(), static_cast<std::size_t>(size < 0 ? 0 : size)};
}

struct address {
  sockaddr_un name{};
  socklen_t size;

  explicit address(int pid) {
    const std::string text =
        "troupe." + pid_namespace() + "." + std::to_string(pid);
    name.sun_family = AF_UNIX;
    // After a null byte: it is abstract.
    std::memcpy(name.sun_path + 1, text.data(), text.size());
    size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 +
                                  text.size());
  }
  const sockaddr* get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&name);
  }
};

bool is_same_user(int connection) noexcept {
  ucred other{};
  socklen_t size = sizeof other;
  return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 &&
         (other.uid == geteuid() || other.uid == 0);
}

// A client that doesn't read keeps nobody waiting for long.
void set_patience(int connection, int seconds) noexcept {
  const timeval patience{.tv_sec = seconds, .tv_usec = 0};
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

int open_listener() {
  descriptor s{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const address here{getpid()};
  if (s.get() < 0 || bind(s.get(), here.get(), here.size) != 0 ||
      listen(s.get(), 4) != 0) {
    return -1;
  }
  return s.release();
}

bool send_all(int to, std::string_view text) noexcept {
  while (!text.empty()) {
    const auto sent = send(to, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

error no_answer(int pid, const std::string& why) {
  return make_error(errc::not_found,
                    "process " + std::to_string(pid) + " " + why);
}

}  // namespace

inspection::inspection(std::function<std::string()> describe)
    : describe_{std::move(describe)},
      wake_{eventfd(0, EFD_CLOEXEC)},
      listen_{open_listener()} {
  if (wake_ < 0) {
    return;  // no descriptor left: the program will say so itself
  }
  try {
    thread_ = std::thread{[this] { run(); }};
  } catch (const std::system_error&) {
    return;
  }
  signal_wakes.store(wake_, std::memory_order_relaxed);
  watch_quit();
}

inspection::~inspection() {
  signal_wakes.store(-1, std::memory_order_relaxed);
  if (thread_.joinable()) {
    [[maybe_unused]] const auto written =
        write(wake_, &wake_for_end, sizeof wake_for_end);
    thread_.join();
  }
  // wake_ stays open: a signal handler may have read its number.
  if (listen_ >= 0) {
    close(listen_);
  }
}

void inspection::run() noexcept {
  pthread_setname_np(pthread_self(), "troupe-inspect");
  for (;;) {
    std::array<pollfd, 2> waits{
        {{.fd = wake_, .events = POLLIN, .revents = 0},
         {.fd = listen_, .events = POLLIN, .revents = 0}}};
    if (poll(waits.data(), waits.size(), -1) < 0) {
      continue;  // a signal
    }
    if (waits[0].revents != 0) {
      std::uint64_t why = 0;
      if (read(wake_, &why, sizeof why) == sizeof why && why >= wake_for_end) {
        return;
      }
      answer_signal();
    }
    if (waits[1].revents != 0) {
      answer_client();
    }
  }
}

void inspection::answer_signal() const noexcept {
  const std::string text = describe_();
  // In one write: lines of others don't come between.
  [[maybe_unused]] const auto written =
      write(STDERR_FILENO, text.data(), text.size());
}

void inspection::answer_client() const noexcept {
  const descriptor client{accept4(listen_, nullptr, nullptr, SOCK_CLOEXEC)};
  if (client.get() < 0 || !is_same_user(client.get())) {
    return;
  }
  set_patience(client.get(), 2);
  send_all(client.get(), describe_());
}

result<std::string> ask_process(int pid) {
  const descriptor s{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const address there{pid};
  if (s.get() < 0 || connect(s.get(), there.get(), there.size) != 0) {
    return no_answer(pid, kill(pid, 0) != 0 && errno == ESRCH
                              ? "is not there"
                              : "is not one that `troupe run` runs");
  }
  if (!is_same_user(s.get())) {
    return no_answer(pid, "belongs to another user");
  }
  set_patience(s.get(), 10);
  std::string text;
  std::array<char, 4096> part{};
  ssize_t count = 0;
  while ((count = recv(s.get(), part.data(), part.size(), 0)) > 0) {
    text.append(part.data(), static_cast<std::size_t>(count));
  }
  if (count < 0 || text.empty()) {
    return no_answer(pid,
                     "gives no answer: it is about to end, or doesn't let "
                     "you ask");
  }
  return text;
}

}  // namespace troupe
