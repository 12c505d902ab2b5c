// SPDX-License-Identifier: Apache-2.0
// What goes over a link: a frame has a kind, bytes, and descriptors.
//
// On the wire: size of the body (4 bytes), kind (1), nothing (1), how many
// descriptors come with it (2), the body. Numbers are in the machine's own byte
// order: both ends are processes of one machine. No byte that came is trusted;
// a reader that runs out of them says so from then on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/ref_counted.hpp"
#include "pybridge/process/descriptor.hpp"

namespace troupe {

enum class frame_kind : std::uint8_t {
  symbols,      // names that the sender's numbers stand for
  message,      // for an actor of the receiver
  answer,       // to a request of the receiver
  done,         // messages of the receiver's have been handled, or died
  cancel,       // the asker has given up a request
  ended,        // an actor of the sender's has
  link,         // an actor links itself to one of the receiver, or ends that
  order,        // an actor of the receiver is to end
  spawn,        // from the parent: an actor to start
  started,      // to the parent: such an actor has, or couldn't
  stashed,      // to the parent: how many messages such an actor has put aside
  when_quiet,   // from the parent: say when nothing is under way
  quiet,        // to the parent
  dead_letter,  // to the parent
  names,        // to the parent: a question to its registry
  look,         // from the parent: what do the actors do?
  count_,
};

/// Two processes that don't agree on this don't understand each other.
inline constexpr std::size_t frame_header_size = 8;
/// The body of a frame; larger ones are refused.
inline constexpr std::size_t max_frame_size =
    (std::size_t{1} << 30) + (std::size_t{64} << 20);
/// What one sendmsg() takes, less a few.
inline constexpr std::size_t max_frame_descriptors = 240;

struct frame {
  std::vector<std::byte> bytes;  // with the header
  std::vector<int> descriptors;  // `keeps` has them, or they live long enough
  std::vector<ref_ptr<ref_counted>> keeps;
};

class frame_writer {
public:
  explicit frame_writer(frame_kind kind);

  template <typename T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void number(T value) { raw(&value, sizeof value); }
  void text(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    raw(text.data(), text.size());
  }
  void raw(const void* bytes, std::size_t size);
  /// Goes along; `keeps` owns it.
  void attach(int descriptor, ref_ptr<ref_counted> keeps);
  /// Bytes so far, without the header.
  std::size_t size() const noexcept {
    return frame_.bytes.size() - frame_header_size;
  }
  std::size_t descriptors() const noexcept { return frame_.descriptors.size(); }

  frame finish() &&;

private:
  frame frame_;
};

class frame_reader {
public:
  explicit frame_reader(std::span<std::byte> body) : left_{body} {}

  /// False from the first read on for which there were not enough bytes; what
  /// is read then is zero or empty.
  bool good() const noexcept { return good_; }
  /// All was read, and nothing was missing.
  bool finished() const noexcept { return good_ && left_.empty(); }
  std::size_t left() const noexcept { return left_.size(); }

  template <typename T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T> T number() {
    T value{};
    const auto from = raw(sizeof value);
    if (!from.empty()) {
      std::memcpy(&value, from.data(), sizeof value);
    }
    return value;
  }
  std::string text() {
    const auto bytes = raw(number<std::uint32_t>());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  /// Empty if there aren't so many.
  std::span<std::byte> raw(std::size_t size) {
    if (size > left_.size()) {
      good_ = false;
    }
    if (!good_) {
      left_ = {};
      return {};
    }
    const auto taken = left_.first(size);
    left_ = left_.subspan(size);
    return taken;
  }

private:
  std::span<std::byte> left_;
  bool good_ = true;
};

/// One that came. The bytes are the link's, and may be written to until the
/// listener returns.
struct received_frame {
  frame_kind kind;
  frame_reader body;
  std::vector<descriptor> descriptors;  // in the order of attach()
};

}  // namespace troupe
