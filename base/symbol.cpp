// SPDX-License-Identifier: Apache-2.0
#include "base/symbol.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/assert.hpp"

namespace troupe {
namespace {

constexpr std::size_t block_size = 1024;
constexpr std::size_t max_blocks = 4096;

using block = std::array<std::string, block_size>;

class symbol_table {
public:
  symbol intern(std::string_view name) {
    const std::lock_guard lock{mutex_};
    if (const auto found = ids_.find(name); found != ids_.end()) {
      return found->second;
    }
    return add_locked(name);
  }

  std::string_view name_of(symbol s) const noexcept {
    const auto index = static_cast<std::size_t>(s);
    if (index >= block_size * max_blocks) {
      return {};  // nobody's: a number read from a corrupt message
    }
    // Acquire: pairs with the release in add_locked(), so that the string is
    // seen whole by a thread that got the symbol by any synchronised way.
    const block* names =
        blocks_[index / block_size].load(std::memory_order_acquire);
    return names == nullptr ? std::string_view{} : (*names)[index % block_size];
  }

  std::size_t size() const noexcept {
    return last_.load(std::memory_order_acquire);  // pairs with add_locked()
  }

private:
  symbol add_locked(std::string_view name) {
    const std::size_t index = last_.load(std::memory_order_relaxed) + 1;
    TROUPE_CHECK(index < block_size * max_blocks);
    auto& slot = blocks_[index / block_size];
    block* names = slot.load(std::memory_order_relaxed);  // we hold the lock
    if (names == nullptr) {
      names = new block;  // lives as long as the process
    }
    (*names)[index % block_size] = name;
    slot.store(names, std::memory_order_release);   // pairs with name_of()
    last_.store(index, std::memory_order_release);  // pairs with size()
    const auto id = static_cast<symbol>(index);
    ids_.emplace((*names)[index % block_size], id);
    return id;
  }

  std::mutex mutex_;
  // Guarded by mutex_; the keys point into the blocks.
  std::unordered_map<std::string_view, symbol> ids_;
  // Written under mutex_, read by anybody.
  std::atomic<std::size_t> last_{0};
  std::array<std::atomic<block*>, max_blocks> blocks_{};
};

symbol_table& table() {
  // Never destroyed: threads may still name symbols while the process exits.
  static symbol_table& instance = *new symbol_table;
  return instance;
}

}  // namespace

symbol intern(std::string_view name) {
  return table().intern(name);
}

std::string_view name_of(symbol s) noexcept {
  return table().name_of(s);
}

std::uint32_t symbol_count() noexcept {
  return static_cast<std::uint32_t>(table().size());
}

}  // namespace troupe
