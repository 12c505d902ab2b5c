// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/shared_buffer.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <new>

#include "pybridge/data/sealed_memory.hpp"
#include "pybridge/data/shared_copies.hpp"

namespace troupe {
namespace {

// Relaxed, both: they publish nothing, and a little late is early enough.
std::atomic<int> most_descriptors{0};
std::atomic<int> descriptors{0};

/// Whether a buffer may keep one that it could do without.
bool has_descriptors_to_spare() noexcept {
  return descriptors.load(std::memory_order_relaxed) <
         most_descriptors.load(std::memory_order_relaxed);
}

/// mmap() takes no 0.
std::size_t mapped_size(std::size_t size) noexcept {
  return std::max(size, std::size_t{1});
}

int fault_of(int fd, std::size_t size, mappable what) noexcept {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) {
    return errno;
  }
  if (!S_ISREG(facts.st_mode) || (what == mappable::sealed && !is_sealed(fd))) {
    return EPERM;
  }
  return static_cast<std::size_t>(facts.st_size) < size ? EMSGSIZE : 0;
}

}  // namespace

void shared_buffer::share_from_now_on() noexcept {
  constexpr rlim_t enough = rlim_t{1} << 20;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    most_descriptors.store(
        static_cast<int>(std::min(limit.rlim_cur, enough)) / 4,
        std::memory_order_relaxed);
  }
}

ref_ptr<shared_buffer> shared_buffer::allocate(std::size_t size) {
  std::byte* data = nullptr;
  if (size >= share_at_once && has_descriptors_to_spare()) {
    if (const int fd = make_sealed_memory(size, data); fd >= 0) {
      return ref_ptr<shared_buffer>{
          new shared_buffer(data, size, origin::sealed, fd)};
    }
  }
  data = static_cast<std::byte*>(std::malloc(mapped_size(size)));
  if (data == nullptr) {
    throw std::bad_alloc{};
  }
  return ref_ptr<shared_buffer>{
      new shared_buffer(data, size, origin::heap, /*fd=*/-1)};
}

ref_ptr<shared_buffer> shared_buffer::map_file(const char* path, int& error) {
  file_descriptor file{::open(path, O_RDONLY | O_CLOEXEC)};
  struct stat facts {};
  if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) {
    error = errno;
    return nullptr;
  }
  if (!S_ISREG(facts.st_mode)) {
    error = S_ISDIR(facts.st_mode) ? EISDIR : EINVAL;
    return nullptr;
  }
  const auto size = static_cast<std::size_t>(facts.st_size);
  return size == 0 ? allocate(0)
                   : map(file.release(), size, origin::file,
                         has_descriptors_to_spare(), error);
}

ref_ptr<shared_buffer> shared_buffer::map_shared(int fd, std::size_t size,
                                                 int& error, mappable what) {
  file_descriptor file{fd};
  if (const int fault = fault_of(fd, size, what); fault != 0) {
    error = fault;
    return nullptr;
  }
  const origin from = is_sealed(fd) ? origin::sealed : origin::file;
  return map(file.release(), size, from, has_descriptors_to_spare(), error);
}

ref_ptr<shared_buffer> shared_buffer::map(int fd, std::size_t size, origin from,
                                          bool keep_fd, int& error) {
  file_descriptor file{fd};
  // Private: some kernels refuse to share what is sealed, to read it even.
  void* data = ::mmap(nullptr, mapped_size(size), PROT_READ, MAP_PRIVATE, fd,
                      /*offset=*/0);
  if (data == MAP_FAILED) {
    error = errno;
    return nullptr;
  }
  return ref_ptr<shared_buffer>{
      new shared_buffer(static_cast<std::byte*>(data), size, from,
                        keep_fd ? file.release() : -1)};
}

shared_buffer::shared_buffer(std::byte* data, std::size_t size, origin from,
                             int fd) noexcept
    : data_{data}, size_{size}, from_{from}, fd_{fd} {
  descriptors.fetch_add(fd_ < 0 ? 0 : 1, std::memory_order_relaxed);
}

shared_buffer::~shared_buffer() {
  shared_copies::forget(*this);
  if (from_ == origin::heap) {
    std::free(data_);
  } else {
    ::munmap(data_, mapped_size(size_));
  }
  if (fd_ >= 0) {
    ::close(fd_);
    descriptors.fetch_sub(1, std::memory_order_relaxed);
  }
}

}  // namespace troupe
