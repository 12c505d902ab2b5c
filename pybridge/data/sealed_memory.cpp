// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/sealed_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

// Newer than some C libraries.
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace troupe {
namespace {

constexpr int size_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

int make_memory_file() noexcept {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = ::memfd_create("troupe", flags | MFD_NOEXEC_SEAL);
  return fd < 0 && errno == EINVAL ? ::memfd_create("troupe", flags) : fd;
}

/// All pages at once: to touch one that can't be had would be a SIGBUS.
bool reserve(int fd, std::size_t size) noexcept {
  int failed = 0;
  do {
    failed =
        ::fallocate(fd, /*mode=*/0, /*offset=*/0, static_cast<off_t>(size));
  } while (failed != 0 && errno == EINTR);
  return failed == 0;
}

bool write_all(int fd, std::span<const std::byte> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) {
      return false;
    }
    bytes = bytes.subspan(n < 0 ? 0 : static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

file_descriptor::~file_descriptor() {
  if (fd_ >= 0) {
    const int before = errno;
    ::close(fd_);
    errno = before;
  }
}

int file_descriptor::release() noexcept {
  return std::exchange(fd_, -1);
}

int make_sealed_memory(std::size_t size, std::byte*& data) noexcept {
  file_descriptor file{make_memory_file()};
  if (file.get() < 0 || !reserve(file.get(), size)) {
    return -1;
  }
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                    file.get(), /*offset=*/0);
  if (at == MAP_FAILED) {
    return -1;
  }
  // Nobody but us can write, where the kernel knows how to forbid it.
  if (::fcntl(file.get(), F_ADD_SEALS, size_seals | F_SEAL_FUTURE_WRITE) != 0 &&
      ::fcntl(file.get(), F_ADD_SEALS, size_seals) != 0) {
    ::munmap(at, size);
    return -1;
  }
  data = static_cast<std::byte*>(at);
  return file.release();
}

int make_sealed_copy(std::span<const std::byte> bytes) noexcept {
  file_descriptor file{make_memory_file()};
  const bool done =
      file.get() >= 0 && write_all(file.get(), bytes) &&
      ::fcntl(file.get(), F_ADD_SEALS, size_seals | F_SEAL_WRITE) == 0;
  return done ? file.release() : -1;
}

bool is_sealed(int fd) noexcept {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
}

}  // namespace troupe
