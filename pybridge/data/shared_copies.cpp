// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/shared_copies.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "pybridge/data/sealed_memory.hpp"

namespace troupe {
namespace {

constexpr std::size_t most_copies = 64;
constexpr std::size_t most_bytes = std::size_t{64} << 20;

}  // namespace

shared_copies& shared_copies::all() {
  // Never destroyed: buffers may go while the process exits.
  static shared_copies& instance = *new shared_copies;
  return instance;
}

ref_ptr<shared_buffer> shared_copies::find(const shared_buffer& original) {
  const std::lock_guard lock{mutex_};
  const auto found = find_locked(original);
  if (found == known_.end()) {
    return nullptr;
  }
  known_.splice(known_.begin(), known_, found);
  return found->copy;
}

void shared_copies::add(shared_buffer& original, ref_ptr<shared_buffer> copy) {
  known_list made;
  made.push_back({&original, std::move(copy)});
  known_list dropped;  // goes after the lock
  const std::lock_guard lock{mutex_};
  if (find_locked(original) != known_.end()) {
    return;  // another thread was first
  }
  // Relaxed: whoever destroys the original has synchronised with us by its
  // reference count.
  original.copied_.store(true, std::memory_order_relaxed);
  bytes_ += original.size();
  known_.splice(known_.begin(), made);
  while (too_many_locked()) {
    take_locked(std::prev(known_.end()), dropped);
  }
}

void shared_copies::forget(const shared_buffer& original) {
  if (!original.copied_.load(std::memory_order_relaxed)) {  // see add()
    return;
  }
  shared_copies& here = all();
  known_list dropped;
  const std::lock_guard lock{here.mutex_};
  const auto found = here.find_locked(original);
  if (found != here.known_.end()) {
    here.take_locked(found, dropped);
  }
}

ref_ptr<shared_buffer> shared_copies::make(const shared_buffer& original,
                                           int& error) {
  const int fd = make_sealed_copy({original.data(), original.size()});
  if (fd < 0) {
    error = errno;
    return nullptr;
  }
  return shared_buffer::map(fd, original.size(), shared_buffer::origin::sealed,
                            /*keep_fd=*/true, error);
}

shared_copies::known_list::iterator shared_copies::find_locked(
    const shared_buffer& original) {
  return std::find_if(known_.begin(), known_.end(), [&](const known& one) {
    return one.original == &original;
  });
}

void shared_copies::take_locked(known_list::iterator one, known_list& to) {
  bytes_ -= one->copy->size();
  to.splice(to.end(), known_, one);
}

bool shared_copies::too_many_locked() const {
  return known_.size() > most_copies ||
         (bytes_ > most_bytes && known_.size() > 1);
}

ref_ptr<shared_buffer> shareable(const ref_ptr<shared_buffer>& buffer,
                                 int& error, mappable what) {
  if (buffer->is_mappable(what)) {
    return buffer;
  }
  shared_copies& copies = shared_copies::all();
  if (auto found = copies.find(*buffer)) {
    return found;
  }
  auto made = shared_copies::make(*buffer, error);
  if (made != nullptr) {
    copies.add(*buffer, made);
  }
  return made;
}

}  // namespace troupe
