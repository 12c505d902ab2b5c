// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/shared_buffer.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <new>

namespace troupe {
namespace {

class file_descriptor {
public:
  explicit file_descriptor(int fd) noexcept : fd_{fd} {}
  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;
  ~file_descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  int get() const noexcept { return fd_; }

private:
  int fd_;
};

}  // namespace

ref_ptr<shared_buffer> shared_buffer::allocate(std::size_t size) {
  auto* data = static_cast<std::byte*>(std::malloc(size == 0 ? 1 : size));
  if (data == nullptr) {
    throw std::bad_alloc{};
  }
  return ref_ptr<shared_buffer>{new shared_buffer(data, size, origin::heap)};
}

ref_ptr<shared_buffer> shared_buffer::map_file(const char* path, int& error) {
  const file_descriptor file{::open(path, O_RDONLY | O_CLOEXEC)};
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
  if (size == 0) {
    return allocate(0);
  }
  void* data =
      ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), /*offset=*/0);
  if (data == MAP_FAILED) {
    error = errno;
    return nullptr;
  }
  return ref_ptr<shared_buffer>{
      new shared_buffer(static_cast<std::byte*>(data), size, origin::mapping)};
}

shared_buffer::~shared_buffer() {
  if (origin_ == origin::heap) {
    std::free(data_);
  } else {
    ::munmap(data_, size_);
  }
}

}  // namespace troupe
