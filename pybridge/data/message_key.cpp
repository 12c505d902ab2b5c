// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/message_key.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "pybridge/data/wire_shape.hpp"
#include "pybridge/data/wire_source.hpp"

namespace troupe {
namespace {

using wire::tag;

/// Levels of tags; an object takes three at most.
constexpr int deepest = 4 * wire::max_depth;

std::uint64_t mixed(std::uint64_t x) noexcept {  // MurmurHash3's finaliser
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

std::uint64_t joined(std::uint64_t hash, std::uint64_t part) noexcept {
  return mixed(hash * 31 + part);
}

std::uint64_t hash_of(std::span<const std::byte> bytes) noexcept {
  std::uint64_t hash = bytes.size();
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    std::uint64_t part = 0;
    std::memcpy(&part, bytes.data(), 8);
    hash = joined(hash, part);
  }
  std::uint64_t rest = 0;
  if (!bytes.empty()) {
    std::memcpy(&rest, bytes.data(), bytes.size());
  }
  return joined(hash, rest);
}

std::uint64_t kind(tag t) noexcept {
  return mixed(static_cast<std::uint64_t>(t) + 1);
}

std::uint64_t hash_of_int(std::int64_t n) noexcept {
  return joined(kind(tag::int64), static_cast<std::uint64_t>(n));
}

std::uint64_t hash_of_float(double x) noexcept {
  constexpr double limit = 9.2e18;
  if (std::trunc(x) == x && std::fabs(x) < limit) {
    return hash_of_int(static_cast<std::int64_t>(x));
  }
  std::uint64_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  return joined(kind(tag::float64), bits);
}

// Goes over values one after the other; each method answers the hash of what
// it went over.
class walker {
public:
  explicit walker(const payload& in) noexcept : from_{in} {}

  wire_source& source() noexcept { return from_; }

  std::uint64_t value() {
    const std::size_t at = from_.at();
    const auto first = from_.number<std::uint8_t>();
    if (from_.bad() || depth_ == deepest) {
      from_.spoil();
      return 0;
    }
    ++depth_;
    const std::uint64_t hash =
        of_tag(static_cast<tag>(first & ~wire::remember));
    --depth_;
    if ((first & wire::remember) != 0) {
      remembered_[at] = hash;
    }
    return hash;
  }

private:
  std::uint64_t of_tag(tag t);
  std::uint64_t of_shape(tag t);
  std::uint64_t of_object(tag t);
  std::uint64_t exception();
  std::uint64_t reduced();
  std::uint64_t memory_view();

  std::uint64_t raw(tag t, std::size_t size) {
    return joined(kind(t), hash_of(from_.bytes(size)));
  }
  std::uint64_t values(std::uint64_t hash, std::size_t n) {
    for (; n != 0 && !from_.bad(); --n) {
      hash = joined(hash, value());
    }
    return hash;
  }
  // Without regard to their order.
  std::uint64_t elements(std::uint64_t hash, std::size_t n) {
    for (; n != 0 && !from_.bad(); --n) {
      hash += mixed(value());
    }
    return hash;
  }
  std::uint64_t pair() {
    const std::uint64_t key = value();
    return mixed(joined(key, value()));
  }
  std::uint64_t pairs(std::uint64_t hash, std::size_t n) {
    for (; n != 0 && !from_.bad(); --n) {
      hash += pair();
    }
    return hash;
  }
  std::uint64_t open_pairs(std::uint64_t hash) {
    while (!from_.at_end()) {
      hash += pair();
    }
    return hash;
  }
  std::uint64_t named(tag t) {
    return joined(kind(t), from_.number<std::uint32_t>());
  }
  std::uint64_t back_ref() {
    const auto found = remembered_.find(from_.count());
    if (found == remembered_.end()) {
      from_.spoil();
      return 0;
    }
    return found->second;
  }

  wire_source from_;
  int depth_ = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> remembered_;  // by offset
};

std::uint64_t walker::of_tag(tag t) {
  switch (t) {
    case tag::int8:
      return hash_of_int(from_.number<std::int8_t>());
    case tag::int32:
      return hash_of_int(from_.number<std::int32_t>());
    case tag::int64:
      return hash_of_int(from_.number<std::int64_t>());
    case tag::false_value:
      return hash_of_int(0);
    case tag::true_value:
      return hash_of_int(1);
    case tag::float64:
      return hash_of_float(from_.number<double>());
    case tag::byte_array:
      return of_shape(tag::bytes);
    case tag::set:
    case tag::frozen_set:
      return mixed(elements(kind(tag::set), from_.length()));
    case tag::dict:
    case tag::frozen_dict:
      return mixed(pairs(kind(tag::dict), from_.length(2)));
    case tag::named_tuple:
      from_.number<std::uint32_t>();
      return value();  // equal to a plain one
    case tag::uuid: {
      const std::uint64_t hash = raw(t, 16);
      value();  // how safe its making was: no part of its equality
      return hash;
    }
    case tag::back_ref:
      return back_ref();
    default:
      return wire::shape_of(t).known ? of_shape(t) : of_object(t);
  }
}

// What has nothing of its own to be equal by.
std::uint64_t walker::of_shape(tag t) {
  const wire::shape shape = wire::shape_of(t);
  std::uint64_t hash = shape.symbol ? named(t) : kind(t);
  if (shape.bytes != 0) {
    hash = joined(hash, hash_of(from_.bytes(shape.bytes)));
  }
  if (shape.width != 0) {
    const std::size_t size = from_.length(shape.width) * shape.width;
    hash = joined(hash, hash_of(from_.bytes(size)));
  }
  if (shape.each != 0) {
    hash = values(hash, from_.length(shape.each) * shape.each);
  }
  return values(hash, shape.values);
}

std::uint64_t walker::of_object(tag t) {
  switch (t) {
    case tag::actor_ref:
      return joined(kind(t),
                    reinterpret_cast<std::uintptr_t>(from_.attachment()));
    case tag::blob: {
      const auto all = from_.blob();
      constexpr std::size_t most = 4096;  // enough to tell them apart
      return joined(all.size(), hash_of(all.first(std::min(all.size(), most))));
    }
    case tag::memory_view:
      return memory_view();
    case tag::instance: {
      const std::uint64_t hash = open_pairs(named(t));
      return mixed(open_pairs(hash));
    }
    case tag::exception:
      return exception();
    case tag::reduced:
      return reduced();
    default:
      from_.spoil();
      return 0;
  }
}

std::uint64_t walker::memory_view() {
  std::uint64_t hash = values(kind(tag::memory_view), 1);
  for (std::size_t n = from_.length(); n != 0 && !from_.bad(); --n) {
    hash = joined(hash, from_.count());
  }
  return values(hash, 1);
}

std::uint64_t walker::exception() {
  const unsigned bits = from_.number<std::uint8_t>();
  const std::uint64_t hash = (bits & wire::own_reduction) != 0
                                 ? kind(tag::exception)
                                 : named(tag::exception);
  return values(hash, wire::values_of_exception(bits));
}

std::uint64_t walker::reduced() {
  const unsigned bits = from_.number<std::uint8_t>();
  std::uint64_t hash = values(kind(tag::reduced), wire::first_values(bits));
  if ((bits & wire::list_items) != 0) {
    while (!from_.at_end()) {
      hash = joined(hash, value());
    }
  }
  if ((bits & wire::dict_items) != 0) {
    hash = open_pairs(hash);
  }
  return values(hash, wire::last_values(bits));
}

std::optional<std::uint64_t> unless_bad(walker& w, std::uint64_t hash) {
  return w.source().bad() ? std::nullopt : std::optional{hash};
}

bool takes_name(walker& w, const std::string& wanted) {
  const auto t =
      static_cast<tag>(w.source().number<std::uint8_t>() & ~wire::remember);
  if (t == tag::back_ref) {  // a name too long to be what is wanted
    w.source().count();
    return false;
  }
  const std::size_t width = t == tag::ucs4 ? 4 : t == tag::ucs2 ? 2 : 1;
  const auto text = w.source().bytes(w.source().length(width) * width);
  return t == tag::ascii && text.size() == wanted.size() &&
         std::memcmp(text.data(), wanted.data(), wanted.size()) == 0;
}

}  // namespace

std::optional<std::uint64_t> key_of_call(const payload& call,
                                         const key_place& place) {
  walker w{call};
  const std::size_t positional = w.source().length();
  const std::size_t named = w.source().length(2);
  const auto* position = std::get_if<std::size_t>(&place);
  if (position != nullptr && *position >= positional) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i != positional && !w.source().bad(); ++i) {
    const std::uint64_t hash = w.value();
    if (position != nullptr && i == *position) {
      return unless_bad(w, hash);
    }
  }
  for (std::size_t i = 0; i != named && !w.source().bad(); ++i) {
    const bool found = takes_name(w, std::get<std::string>(place));
    const std::uint64_t hash = w.value();
    if (found) {
      return unless_bad(w, hash);
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> key_of_message(const payload& message,
                                            const key_place& place) {
  const auto* position = std::get_if<std::size_t>(&place);
  if (position == nullptr || *position != 0) {
    return std::nullopt;
  }
  walker w{message};
  const std::uint64_t hash = w.value();
  return unless_bad(w, hash);
}

}  // namespace troupe
