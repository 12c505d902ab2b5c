// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/message_marks.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace troupe {
namespace {

constexpr std::size_t head_size = 64;

error failed(const char* what, int number) {
  return make_error(
      errc::out_of_memory,
      std::string{what} + ": " + std::generic_category().message(number));
}

void* map_shared(int memory, std::size_t size) noexcept {
  void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                          memory, /*offset=*/0);
  return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

message_marks::message_marks(descriptor memory, void* at,
                             std::size_t slots) noexcept
    : memory_{std::move(memory)},
      head_{static_cast<head*>(at)},
      states_{reinterpret_cast<std::atomic<state>*>(
          static_cast<std::byte*>(at) + head_size)},
      slots_{slots} {
  static_assert(sizeof(head) <= head_size);
}

message_marks::~message_marks() {
  ::munmap(head_, head_size + slots_);
}

// New memory is all zero, which is what the atomics are to begin with.
result<ref_ptr<message_marks>> message_marks::make(std::size_t slots) {
  slots = std::min(slots, max_slots);
  descriptor memory{
      ::memfd_create("troupe-marks", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  const auto size = static_cast<off_t>(head_size + slots);
  // Sealed: no child can take away what the parent looks at.
  if (!memory || ::ftruncate(memory.get(), size) != 0 ||
      ::fcntl(memory.get(), F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return failed("can't make memory to share with a process", errno);
  }
  void* const at = map_shared(memory.get(), head_size + slots);
  if (at == nullptr) {
    return failed("can't map memory to share with a process", errno);
  }
  return ref_ptr<message_marks>{
      new message_marks(std::move(memory), at, slots)};
}

result<ref_ptr<message_marks>> message_marks::map(descriptor memory) {
  struct stat facts {};
  if (::fstat(memory.get(), &facts) != 0 ||
      static_cast<std::size_t>(facts.st_size) <= head_size) {
    return make_error(errc::invalid_argument, "marks without memory");
  }
  const auto size = static_cast<std::size_t>(facts.st_size);
  void* const at = map_shared(memory.get(), size);
  if (at == nullptr) {
    return failed("can't map the memory of the parent process", errno);
  }
  return ref_ptr<message_marks>{
      new message_marks(descriptor{}, at, size - head_size)};
}

}  // namespace troupe
