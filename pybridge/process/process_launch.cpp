// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/process_launch.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

extern char** environ;

namespace troupe {
namespace {

// The numbers that the child is given are below.
constexpr int first_free_number = 10;

error failed(const std::string& what, int number) {
  return make_error(errc::failed, "can't start a process: " + what + ": " +
                                      std::generic_category().message(number));
}

// The same, where no dup2() of a launch can hit it.
descriptor moved_up(descriptor d) {
  return descriptor{d ? ::fcntl(d.get(), F_DUPFD_CLOEXEC, first_free_number)
                      : -1};
}

descriptor file_of(const std::string& text) {
  descriptor file{::memfd_create("troupe-settings", MFD_CLOEXEC)};
  std::size_t written = 0;
  while (file && written < text.size()) {
    const auto count =
        ::write(file.get(), text.data() + written, text.size() - written);
    if (count <= 0) {
      return {};
    }
    written += static_cast<std::size_t>(count);
  }
  return file && ::lseek(file.get(), 0, SEEK_SET) == 0
             ? moved_up(std::move(file))
             : descriptor{};
}

class spawn_terms {
public:
  spawn_terms(int socket, int settings) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, socket, child_socket);
    posix_spawn_file_actions_adddup2(&actions_, settings, child_settings);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    posix_spawnattr_setsigmask(&attributes_, &blocked);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  ~spawn_terms() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  spawn_terms(const spawn_terms&) = delete;
  spawn_terms& operator=(const spawn_terms&) = delete;

  int spawn(pid_t& pid, char** argv) {
    return ::posix_spawn(&pid, argv[0], &actions_, &attributes_, argv, environ);
  }

private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

int pidfd_of(pid_t pid) noexcept {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
}

void end_at_once(pid_t pid) noexcept {
  ::kill(pid, SIGKILL);
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED);
}

}  // namespace

result<launched_process> launch_process(const process_launch& what) {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return failed("socketpair", errno);
  }
  descriptor ours{ends[0]};
  const descriptor theirs = moved_up(descriptor{ends[1]});
  const descriptor settings = file_of(what.settings);
  if (!theirs || !settings) {
    return failed("no descriptor is left", errno);
  }
  std::vector<char*> argv;
  for (const std::string& word : what.argv) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int why =
      spawn_terms{theirs.get(), settings.get()}.spawn(pid, argv.data());
  if (why != 0) {
    return failed(what.argv[0], why);
  }
  descriptor handle{pidfd_of(pid)};
  if (!handle) {
    const int number = errno;
    end_at_once(pid);
    return failed("pidfd_open (it needs Linux 5.3)", number);
  }
  return launched_process{pid, std::move(handle), std::move(ours)};
}

}  // namespace troupe
