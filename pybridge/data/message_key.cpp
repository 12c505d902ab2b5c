// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/message_key.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

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
  std::uint64_t of_atom(tag t);
  std::uint64_t of_container(tag t);
  std::uint64_t of_object(tag t);
  std::uint64_t exception();
  std::uint64_t reduced();
  std::uint64_t memory_view();

  std::uint64_t raw(tag t, std::size_t size) {
    return joined(kind(t), hash_of(from_.bytes(size)));
  }
  std::uint64_t sized(tag t, std::size_t each) {
    const std::size_t length = from_.length(each);
    return raw(t, length * each);
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
    case tag::ascii:
    case tag::latin1:
      return sized(t, 1);
    case tag::ucs2:
      return sized(t, 2);
    case tag::ucs4:
      return sized(t, 4);
    case tag::bytes:
    case tag::byte_array:
      return sized(tag::bytes, 1);
    case tag::back_ref:
      return back_ref();
    default:
      return of_container(t);
  }
}

std::uint64_t walker::of_container(tag t) {
  switch (t) {
    case tag::tuple:
    case tag::list:
      return values(kind(t), from_.length());
    case tag::set:
    case tag::frozen_set:
      return mixed(elements(kind(tag::set), from_.length()));
    case tag::dict:
    case tag::frozen_dict:
      return mixed(pairs(kind(tag::dict), from_.length(2)));
    case tag::range:
    case tag::slice:
      return values(kind(t), 3);
    case tag::named_tuple:
      from_.number<std::uint32_t>();
      return value();  // equal to a plain one
    default:
      return of_atom(t);
  }
}

std::uint64_t walker::of_atom(tag t) {
  switch (t) {
    case tag::none:
    case tag::ellipsis:
    case tag::not_implemented:
    case tag::utc:
      return kind(t);
    case tag::big_int:
      return sized(t, 1);
    case tag::complex128:
      return raw(t, 16);
    case tag::date:
      return raw(t, 4);
    case tag::time:
      return values(raw(t, 8), 1);
    case tag::date_time:
      return values(raw(t, 12), 1);
    case tag::time_delta:
      return raw(t, 12);
    case tag::time_zone:
      return values(kind(t), 1);
    case tag::uuid: {
      const std::uint64_t hash = raw(t, 16);
      value();  // how safe its making was: no part of its equality
      return hash;
    }
    default:
      return of_object(t);
  }
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
    case tag::writable_buffer:
      return values(kind(t), 1);
    case tag::global:
      return named(t);
    case tag::enum_member:
    case tag::enum_value:
    case tag::call:
      return values(named(t), 1);
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
  std::uint64_t hash = (bits & wire::own_reduction) != 0
                           ? values(kind(tag::exception), 1)
                           : values(named(tag::exception), 2);
  for (const unsigned part :
       {wire::traceback_part, wire::cause_part, wire::context_part}) {
    if ((bits & part) != 0) {
      hash = values(hash, 1);
    }
  }
  return hash;
}

std::uint64_t walker::reduced() {
  const unsigned bits = from_.number<std::uint8_t>();
  std::uint64_t hash =
      values(kind(tag::reduced), (bits & wire::new_object) != 0 ? 1 : 2);
  if ((bits & wire::list_items) != 0) {
    while (!from_.at_end()) {
      hash = joined(hash, value());
    }
  }
  if ((bits & wire::dict_items) != 0) {
    hash = open_pairs(hash);
  }
  return values(hash, ((bits & wire::state_part) != 0) +
                          ((bits & wire::setter_part) != 0));
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
