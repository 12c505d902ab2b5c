// SPDX-License-Identifier: Apache-2.0
// Buffers here and in a child process, which gets a descriptor only.
#include "pybridge/data/shared_buffer.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace troupe {
namespace {

using buffer_ref = ref_ptr<shared_buffer>;

constexpr std::size_t large = shared_buffer::share_at_once;

buffer_ref filled(std::size_t size, char with) {
  auto buffer = shared_buffer::allocate(size);
  std::memset(buffer->writable_data(), with, size);
  return buffer;
}

bool all_are(const shared_buffer& buffer, char c) {
  for (std::size_t i = 0; i != buffer.size(); ++i) {
    if (buffer.data()[i] != static_cast<std::byte>(c)) {
      return false;
    }
  }
  return true;
}

buffer_ref shared(const buffer_ref& buffer, mappable what = mappable::sealed) {
  int error = 0;
  auto made = shareable(buffer, error, what);
  CHECK(error == 0);
  REQUIRE(made != nullptr);
  return made;
}

int memory_file(unsigned flags = MFD_ALLOW_SEALING) {
  return ::memfd_create("test", MFD_CLOEXEC | flags);
}

/// A file with a name, of `size` times 'f'.
class named_file {
public:
  explicit named_file(std::size_t size) {
    const char* folder = std::getenv("TEST_TMPDIR");
    path_ = std::string{folder == nullptr ? "/tmp" : folder} + "/fileXXXXXX";
    fd_ = ::mkstemp(path_.data());
    const std::string content(size, 'f');
    REQUIRE(::write(fd_, content.data(), size) == static_cast<ssize_t>(size));
  }
  ~named_file() {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  named_file(const named_file&) = delete;
  named_file& operator=(const named_file&) = delete;
  const char* path() const { return path_.c_str(); }
  int open() const { return ::open(path(), O_RDONLY | O_CLOEXEC); }

private:
  std::string path_;
  int fd_ = -1;
};

// A message of one byte, with room for a descriptor.
struct descriptor_message {
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  char byte = 0;
  iovec part{&byte, 1};
  msghdr header{};

  descriptor_message() {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = space;
    header.msg_controllen = sizeof space;
  }
  descriptor_message(const descriptor_message&) = delete;
  descriptor_message& operator=(const descriptor_message&) = delete;
};

void send_descriptor(int link, int fd) {
  descriptor_message message;
  cmsghdr* head = CMSG_FIRSTHDR(&message.header);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  REQUIRE(::sendmsg(link, &message.header, 0) == 1);
}

int receive_descriptor(int link) {
  descriptor_message message;
  int fd = -1;
  if (::recvmsg(link, &message.header, MSG_CMSG_CLOEXEC) == 1 &&
      CMSG_FIRSTHDR(&message.header) != nullptr) {
    std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message.header)), sizeof fd);
  }
  return fd;
}

/// What `child` answers, run in a child process that was forked before the
/// descriptor was made.
class child_process {
public:
  explicit child_process(const std::function<int(int fd)>& body) {
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link_) ==
            0);
    id_ = ::fork();
    REQUIRE(id_ >= 0);
    if (id_ == 0) {
      ::_exit(body(receive_descriptor(link_[1])));
    }
  }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process() {
    ::close(link_[0]);
    ::close(link_[1]);
  }
  int answer_to(const shared_buffer& buffer) {
    send_descriptor(link_[0], buffer.descriptor());
    int status = 0;
    REQUIRE(::waitpid(id_, &status, 0) == id_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

private:
  int link_[2] = {-1, -1};
  pid_t id_ = -1;
};

/// Whether the child can read, and how far it can do harm.
int try_all(int fd, std::size_t size, char expected) {
  int error = 0;
  // Kept open, for the harm that follows.
  const auto got = shared_buffer::map_shared(::dup(fd), size, error);
  if (got == nullptr || got->size() != size || !all_are(*got, expected)) {
    return 1;
  }
  const bool cut = ::ftruncate(fd, 0) == 0 || ::ftruncate(fd, 5) == 0;
  const bool grown = ::ftruncate(fd, 1 << 30) == 0;
  const bool written = ::pwrite(fd, "x", 1, 0) == 1;
  const bool writable = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                               MAP_SHARED, fd, 0) != MAP_FAILED;
  const bool unsealed = ::fcntl(fd, F_ADD_SEALS, 0) == 0;
  return 2 * cut + 4 * grown + 8 * written + 16 * writable + 32 * unsealed;
}

TEST_SUITE("shared buffers") {

TEST_CASE("a shared buffer starts with the size that was asked for") {
  const auto buffer = shared_buffer::allocate(100);
  CHECK(buffer->size() == 100);
  CHECK(buffer->data() == buffer->writable_data());
  CHECK(shared_buffer::allocate(0)->size() == 0);
}

TEST_CASE("a file that isn't there gives null and the errno") {
  int error = 0;
  CHECK(shared_buffer::map_file("/no/such/file", error) == nullptr);
  CHECK(error == ENOENT);
}

TEST_CASE("before sharing is asked for, no buffer has a descriptor") {
  // First in the file: it is asked for once and for all.
  const named_file file{1000};
  int error = 0;
  CHECK(shared_buffer::allocate(large)->descriptor() == -1);
  CHECK(shared_buffer::map_file(file.path(), error)->descriptor() == -1);
  shared_buffer::share_from_now_on();
  CHECK(shared_buffer::allocate(large)->descriptor() >= 0);
  CHECK(shared_buffer::allocate(large - 1)->descriptor() == -1);
  CHECK(shared_buffer::map_file(file.path(), error)->descriptor() >= 0);
  CHECK(error == 0);
}

TEST_CASE("another process reads a large buffer and can't change it") {
  child_process child{[](int fd) { return try_all(fd, large, 'l'); }};
  const auto buffer = filled(large, 'l');
  CHECK(shared(buffer) == buffer);
  CHECK(child.answer_to(*buffer) == 0);
}

TEST_CASE("another process reads the copy of a small one likewise") {
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{4096}, std::size_t{1'000'001}}) {
    CAPTURE(size);
    child_process child{[&](int fd) { return try_all(fd, size, 's'); }};
    const auto buffer = filled(size, 's');
    const auto copy = shared(buffer);
    CHECK(copy->size() == size);
    CHECK(all_are(*copy, 's'));
    CHECK(child.answer_to(*copy) == 0);
  }
}

TEST_CASE("what another process has mapped outlives its maker's buffer") {
  int error = 0;
  auto buffer = filled(100'000, 'o');
  const auto there = shared_buffer::map_shared(
      ::dup(shared(buffer)->descriptor()), buffer->size(), error);
  REQUIRE(there != nullptr);
  buffer.reset();
  CHECK(all_are(*there, 'o'));
  CHECK(shared(there) == there);  // and can be sent on
}

TEST_CASE("a buffer that is sent often is copied once, while it lives") {
  auto buffer = filled(1000, 'c');
  const auto copy = shared(buffer);
  CHECK(shared(buffer) == copy);
  CHECK(shared(copy) == copy);
  const int number = copy->descriptor();
  CHECK(::fcntl(number, F_GETFD) == FD_CLOEXEC);
}

TEST_CASE("a copy goes with its original") {
  auto buffer = filled(1000, 'g');
  const int number = shared(buffer)->descriptor();
  CHECK(::fcntl(number, F_GETFD) != -1);
  buffer.reset();
  CHECK(::fcntl(number, F_GETFD) == -1);
}

TEST_CASE("old copies are forgotten, so memory isn't taken twice for long") {
  int others = 0;
  std::size_t size = 0;
  SUBCASE("by their number") {
    others = 64;
    size = 100;
  }
  SUBCASE("by their size") {
    others = 2;
    size = large - 1;
  }
  const auto first = filled(size, '1');
  const auto copy = shared(first);
  std::vector<buffer_ref> buffers;
  for (int i = 1; i != others; ++i) {
    buffers.push_back(filled(size, 'n'));
    shared(buffers.back());
  }
  CHECK(shared(first) == copy);
  for (int i = 0; i != others; ++i) {
    buffers.push_back(filled(size, 'n'));
    const auto kept = shared(buffers.back());
    CHECK(shared(buffers.back()) == kept);
  }
  CHECK(shared(first) != copy);
  CHECK(all_are(*copy, '1'));
}

TEST_CASE("nothing at all can be shared too") {
  int error = 0;
  const auto copy = shared(shared_buffer::allocate(0));
  const auto there =
      shared_buffer::map_shared(::dup(copy->descriptor()), 0, error);
  REQUIRE(there != nullptr);
  CHECK(there->size() == 0);
}

TEST_CASE("a peer's descriptor that isn't safe is refused") {
  int error = 0;
  const auto map = [&](int fd, std::size_t size,
                       mappable what = mappable::sealed) {
    error = 0;
    const bool done =
        shared_buffer::map_shared(fd, size, error, what) != nullptr;
    CHECK(::fcntl(fd, F_GETFD) == -1);  // closed, or kept under another name
    return done;
  };
  const auto sealed = shared(filled(5000, 'x'));
  const int fd = sealed->descriptor();

  CHECK_FALSE(map(::dup(fd), 5001));
  CHECK(error == EMSGSIZE);
  CHECK_FALSE(map(::dup(fd), std::size_t(-1)));
  CHECK(error == EMSGSIZE);
  int unsealed = memory_file();
  REQUIRE(::ftruncate(unsealed, 5000) == 0);
  CHECK_FALSE(map(unsealed, 5000));
  CHECK(error == EPERM);
  CHECK_FALSE(map(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0));
  CHECK(error == EPERM);
  CHECK_FALSE(map(::open("/dev/null", O_RDONLY), 1, mappable::files_too));
  CHECK(error == EPERM);
  CHECK_FALSE(map(-1, 1));
  CHECK(error == EBADF);
}

TEST_CASE("a file goes by its descriptor to those who take files") {
  const named_file file{10'000};
  int error = 0;
  CHECK(shared_buffer::map_shared(file.open(), 10'000, error) == nullptr);
  CHECK(error == EPERM);
  CHECK(shared_buffer::map_shared(file.open(), 10'001, error,
                                  mappable::files_too) == nullptr);
  CHECK(error == EMSGSIZE);
  error = 0;
  const auto mapped = shared_buffer::map_file(file.path(), error);
  REQUIRE(mapped != nullptr);
  CHECK(shared(mapped, mappable::files_too) == mapped);
  const auto there = shared_buffer::map_shared(
      ::dup(mapped->descriptor()), mapped->size(), error, mappable::files_too);
  REQUIRE(there != nullptr);
  CHECK(all_are(*there, 'f'));
  // For all others it is copied.
  CHECK(shared(there, mappable::files_too) == there);
  CHECK(shared(there) != there);
  CHECK(all_are(*shared(there), 'f'));
  CHECK(shared(mapped)->is_mappable(mappable::sealed));
}

TEST_CASE("without a descriptor to be had a buffer is on the heap") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const auto small = filled(1000, 'e');
  rlimit none = before;
  none.rlim_cur = 3;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto buffer = filled(large, 'h');
  int error = 0;
  const auto copy = shareable(small, error);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(buffer->descriptor() == -1);
  CHECK(all_are(*buffer, 'h'));
  CHECK(copy == nullptr);
  CHECK(error == EMFILE);
}

TEST_CASE("buffers keep a quarter of the descriptors at most") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit few = before;
  few.rlim_cur = 200;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  shared_buffer::share_from_now_on();
  const named_file file{100};
  std::vector<buffer_ref> all;
  int with = 0;
  int error = 0;
  for (int i = 0; i != 300; ++i) {
    all.push_back(shared_buffer::map_file(file.path(), error));
    REQUIRE(all.back() != nullptr);
    with += all.back()->descriptor() >= 0 ? 1 : 0;
  }
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  shared_buffer::share_from_now_on();
  CHECK(with > 0);
  CHECK(with <= 50);
  CHECK(all_are(*all.back(), 'f'));
}

TEST_CASE("threads that share the same buffers at once get whole copies" *
          doctest::timeout(60)) {
  std::vector<buffer_ref> buffers;
  for (int i = 0; i != 80; ++i) {
    buffers.push_back(filled(2000, static_cast<char>('0' + i)));
  }
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t != 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i != 400; ++i) {
        const auto n = static_cast<std::size_t>(i * (t + 1) % 80);
        int error = 0;
        const auto copy = shareable(buffers[n], error);
        const bool fine =
            copy && copy->descriptor() >= 0 &&
            all_are(*copy, static_cast<char>('0' + static_cast<int>(n)));
        wrong += fine ? 0 : 1;
        const auto own = filled(100, 't');  // copied, and gone at once
        wrong += shareable(own, error) == nullptr ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == 0);
}

}  // TEST_SUITE("shared buffers")

}  // namespace
}  // namespace troupe
