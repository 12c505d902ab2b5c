// SPDX-License-Identifier: Apache-2.0
// Which workers sleep, or are about to.
//
// Protocol, so that no wake-up is lost and none is sent twice:
//   worker: announce(i); look whether there is work; none: sleep;
//           then withdraw(i). False: somebody claimed it, and one wake-up is
//           under way, which the worker must take.
//   others: make work visible; then claim. Whoever gets true (or an index)
//           owes that worker exactly one wake-up.
//
// Memory ordering: all operations are seq_cst, as is the look at the queues'
// sizes. So in the one order of them all, either the worker's announce() comes
// before the other's claim, which finds it, or the claim comes first, and then
// the work is visible to the worker's look.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace troupe {

class idle_set {
public:
  /// For indices below `size`.
  explicit idle_set(std::size_t size)
      : word_count_{size / word_bits + 1},
        words_{std::make_unique<word[]>(word_count_)} {}

  /// By the worker itself.
  void announce(std::size_t index) noexcept {
    word_of(index).fetch_or(bit_of(index));
  }
  /// By the worker itself. False: it was claimed.
  [[nodiscard]] bool withdraw(std::size_t index) noexcept {
    return take_out(index);
  }

  /// Any thread. True: the caller owes worker `index` a wake-up.
  [[nodiscard]] bool claim(std::size_t index) noexcept {
    return contains(index) && take_out(index);
  }
  /// Any thread. The lowest index there is; the caller owes it a wake-up.
  [[nodiscard]] std::optional<std::size_t> claim_any() noexcept;

  bool contains(std::size_t index) const noexcept {
    return (words_[index / word_bits].load() & bit_of(index)) != 0;
  }
  bool empty() const noexcept {
    for (std::size_t i = 0; i < word_count_; ++i) {
      if (words_[i].load() != 0) {
        return false;
      }
    }
    return true;
  }

private:
  using word = std::atomic<std::uint64_t>;
  static constexpr std::size_t word_bits = 64;

  static std::uint64_t bit_of(std::size_t index) noexcept {
    return std::uint64_t{1} << index % word_bits;
  }
  word& word_of(std::size_t index) noexcept {
    return words_[index / word_bits];
  }
  bool take_out(std::size_t index) noexcept {
    const auto before = word_of(index).fetch_and(~bit_of(index));
    return (before & bit_of(index)) != 0;
  }

  const std::size_t word_count_;
  const std::unique_ptr<word[]> words_;  // written by all sides
};

inline std::optional<std::size_t> idle_set::claim_any() noexcept {
  for (std::size_t i = 0; i < word_count_; ++i) {
    while (const std::uint64_t bits = words_[i].load()) {
      const std::size_t index =
          i * word_bits + static_cast<std::size_t>(__builtin_ctzll(bits));
      if (take_out(index)) {
        return index;
      }
    }
  }
  return std::nullopt;
}

}  // namespace troupe
