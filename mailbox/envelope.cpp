// SPDX-License-Identifier: Apache-2.0
#include "mailbox/envelope.hpp"

#include <new>

#include <boost/lockfree/stack.hpp>

namespace troupe {
namespace {

// A free block; the memory of an envelope that isn't one now.
struct free_block {
  free_block* next;
};

constexpr std::size_t block_bytes = 3 * 64;
constexpr std::align_val_t block_alignment{64};
constexpr unsigned magazine_size = 64;
constexpr std::size_t depot_magazines = 1024;  // 12 MiB of spare blocks at most

// AddressSanitizer is to see the life of each envelope, so it gets no pool.
#ifdef __SANITIZE_ADDRESS__
constexpr bool pooled = false;
#else
constexpr bool pooled = true;
#endif

// Full magazines: lists of magazine_size blocks, handed over by their heads.
// The stack's release on push and acquire on pop publish the links.
using depot =
    boost::lockfree::stack<free_block*,
                           boost::lockfree::capacity<depot_magazines>>;

depot& shared_depot() {
  // Never destroyed: threads may recycle envelopes while the process exits.
  static depot& instance = *new depot;
  return instance;
}

void free_list(free_block* block) noexcept {
  while (block != nullptr) {
    free_block* next = block->next;
    ::operator delete(block, block_alignment);
    block = next;
  }
}

// Two magazines of this thread, so that one that alternates between making
// and recycling at a border doesn't visit the depot each time.
struct thread_pool {
  free_block* current = nullptr;  // `count` blocks
  unsigned count = 0;
  free_block* full = nullptr;  // null, or magazine_size blocks
};

constinit thread_local thread_pool pool;

// Gives this thread's blocks back when it ends. Apart from `pool`, so that the
// hot path needs no guard.
struct pool_cleaner {
  ~pool_cleaner() {
    free_list(pool.current);
    free_list(pool.full);
    pool = {};
  }
  void touch() noexcept {}
};

thread_local pool_cleaner cleaner;

[[gnu::noinline]] void* refill() {
  cleaner.touch();
  free_block* blocks = std::exchange(pool.full, nullptr);
  if (blocks == nullptr && !shared_depot().pop(blocks)) {
    return ::operator new(block_bytes, block_alignment);
  }
  pool.current = blocks->next;
  pool.count = magazine_size - 1;
  return blocks;
}

[[gnu::noinline]] void store_full_magazine() noexcept {
  cleaner.touch();
  if (pool.full != nullptr && !shared_depot().bounded_push(pool.full)) {
    free_list(pool.full);
  }
  pool.full = std::exchange(pool.current, nullptr);
  pool.count = 0;
}

void* take_block() {
  if constexpr (!pooled) {
    return ::operator new(block_bytes, block_alignment);
  }
  free_block* block = pool.current;
  if (block == nullptr) {
    return refill();
  }
  pool.current = block->next;
  --pool.count;
  return block;
}

void give_block(void* memory) noexcept {
  if constexpr (!pooled) {
    return ::operator delete(memory, block_alignment);
  }
  if (pool.count == magazine_size) {
    store_full_magazine();
  }
  pool.current = new (memory) free_block{pool.current};
  ++pool.count;
}

}  // namespace

envelope_ptr make_envelope() {
  return envelope_ptr{new (take_block()) envelope};
}

void recycle_envelope::operator()(envelope* e) const noexcept {
  e->~envelope();
  give_block(e);
}

}  // namespace troupe
