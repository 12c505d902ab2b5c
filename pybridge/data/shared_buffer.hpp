// SPDX-License-Identifier: Apache-2.0
// Immutable bytes in C++ memory that any number of interpreters may read, and
// other processes too, where the buffer has a descriptor.
//
// A buffer is filled by the one thread that made it, before anybody else can
// see it; the reference count publishes it. From then on nobody writes.
//
// Memory with a descriptor takes 20 times as long to make as memory that
// malloc() keeps, and longer than to copy into it (//bench:sharing: 1 MiB 764
// us, 44 us, 295 us). So small buffers are copied when they are first sent, and
// only those that malloc() would give back are made with one.
#pragma once

#include <atomic>
#include <cstddef>

#include "base/ref_counted.hpp"

namespace troupe {

/// What a process may map of that which another sends it.
enum class mappable {
  sealed,     // memory that nobody can cut short: safe whoever sends it
  files_too,  // reading what was cut off a file ends the reader (SIGBUS)
};

class shared_buffer final : public ref_counted {
public:
  /// From this size on allocate() takes memory that has a descriptor, once
  /// share_from_now_on() has been called: malloc() keeps none that large.
  static constexpr std::size_t share_at_once = std::size_t{32} << 20;

  /// Uninitialised memory for the maker to fill. Throws std::bad_alloc.
  static ref_ptr<shared_buffer> allocate(std::size_t size);
  /// The content of a file, mapped for reading; the file must not shrink
  /// while the buffer lives. Blocks for the disk when its pages are read.
  /// Null: `error` is the errno. May throw std::bad_alloc.
  static ref_ptr<shared_buffer> map_file(const char* path, int& error);
  /// What another process has made; takes `fd`, also when it fails. Null:
  /// `error` is the errno: EMSGSIZE if there are fewer bytes than `size`, EPERM
  /// if they are not `what` may be mapped. May throw std::bad_alloc.
  static ref_ptr<shared_buffer> map_shared(int fd, std::size_t size, int& error,
                                           mappable what = mappable::sealed);

  /// From now on large buffers and files keep a descriptor, for other
  /// processes to map; altogether a quarter of those that this process may
  /// have open. Any thread, any number of times.
  static void share_from_now_on() noexcept;

  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  /// For the maker only, before the buffer is shared.
  std::byte* writable_data() noexcept { return data_; }

  /// By which another process maps these bytes, from offset 0; borrowed.
  /// -1: there is none, see shareable().
  int descriptor() const noexcept { return fd_; }
  bool is_mappable(mappable what) const noexcept {
    return fd_ >= 0 && (from_ == origin::sealed || what == mappable::files_too);
  }

private:
  friend class shared_copies;
  enum class origin { heap, file, sealed };

  shared_buffer(std::byte* data, std::size_t size, origin from,
                int fd) noexcept;
  ~shared_buffer() override;
  /// Takes the descriptor.
  static ref_ptr<shared_buffer> map(int fd, std::size_t size, origin from,
                                    bool keep_fd, int& error);

  // Constant after construction.
  std::byte* const data_;
  const std::size_t size_;
  const origin from_;
  const int fd_;

  std::atomic<bool> copied_{false};  // shared_copies may know it
};

/// The buffer itself if another process may map it, else a copy that it may.
/// Any thread. A copy is remembered until its original goes, or others have
/// been made: the last 64 are, of 64 MiB together, and the very last of any
/// size. So what is sent often is copied once, and little memory is taken
/// twice. Null: `error` is the errno. May throw std::bad_alloc.
ref_ptr<shared_buffer> shareable(const ref_ptr<shared_buffer>& buffer,
                                 int& error, mappable what = mappable::sealed);

}  // namespace troupe
