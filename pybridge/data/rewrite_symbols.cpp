// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/rewrite_symbols.hpp"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "pybridge/data/wire_shape.hpp"
#include "pybridge/data/wire_source.hpp"

namespace troupe {
namespace {

using wire::tag;

/// Runs of values that may be open at a time: more than an encoder's deepest
/// message has, and too few to take much memory.
constexpr std::size_t deepest = std::size_t{8} * wire::max_depth;

/// Values that are still to come, one after the other.
struct run {
  std::uint64_t left;
  std::uint8_t group;  // 0: no more than `left`; else groups up to an end tag
};

class rewriter {
public:
  rewriter(std::span<std::byte> bytes, std::size_t attachments,
           const symbol_map& map)
      : bytes_{bytes}, from_{bytes}, attachments_{attachments}, map_{map} {}

  void start(encoded_form form);
  result<void> finish();

private:
  void next();
  void value();
  void of_shape(const wire::shape& s);
  void of_tag(tag t);
  void attachment();
  void blob();
  void memory_view();
  void exception();
  void reduced();
  void back_ref(std::size_t tag_at);
  void name();

  void expect(std::uint64_t values) {
    if (values != 0) {
      push({values, 0});
    }
  }
  void expect_open(std::uint8_t group) { push({0, group}); }
  void push(run r) {
    runs_.size() == deepest ? fail("it is nested too deeply")
                            : runs_.push_back(r);
  }
  /// Tells the first fault only: what follows it means nothing.
  void fail(std::string what) {
    if (fault_.empty()) {
      fault_ = std::move(what);
      fault_at_ = from_.at();
    }
    from_.spoil();
  }

  const std::span<std::byte> bytes_;
  wire_source from_;
  const std::size_t attachments_;
  const symbol_map& map_;
  std::vector<run> runs_;  // the innermost last
  std::string fault_;
  std::size_t fault_at_ = 0;
};

void rewriter::start(encoded_form form) {
  switch (form) {
    case encoded_form::value:
      return expect(1);
    case encoded_form::call: {
      const std::uint64_t positional = from_.length();
      return expect(positional + 2 * from_.length(2));
    }
    case encoded_form::exception:
      return expect(bytes_.empty() ? 0 : 4);
  }
}

result<void> rewriter::finish() {
  while (!runs_.empty() && !from_.bad()) {
    next();
  }
  if (!from_.bad() && from_.at() != bytes_.size()) {
    fail("there is something after its end");
  }
  if (!from_.bad()) {
    return {};
  }
  fail("it is cut short, or a count in it is too large");
  return make_error(errc::invalid_argument,
                    "corrupt message (at byte " + std::to_string(fault_at_) +
                        " of " + std::to_string(bytes_.size()) +
                        "): " + fault_);
}

void rewriter::next() {
  run& here = runs_.back();
  if (here.left == 0) {
    if (here.group == 0 || from_.at_end()) {
      return runs_.pop_back();
    }
    here.left = here.group;
  }
  --here.left;
  value();
}

void rewriter::value() {
  const std::size_t at = from_.at();
  const auto first = from_.number<std::uint8_t>();
  if (from_.bad()) {
    return;
  }
  const auto t = static_cast<tag>(first & ~wire::remember);
  if (t == tag::back_ref) {
    return back_ref(at);
  }
  const wire::shape s = wire::shape_of(t);
  s.known ? of_shape(s) : of_tag(t);
}

void rewriter::of_shape(const wire::shape& s) {
  if (s.symbol) {
    name();
  }
  from_.bytes(s.bytes);
  if (s.width != 0) {
    from_.bytes(from_.length(s.width) * s.width);
  }
  if (s.each != 0) {
    expect(from_.length(s.each) * s.each);
  }
  expect(s.values);
}

void rewriter::of_tag(tag t) {
  switch (t) {
    case tag::actor_ref:
      return attachment();
    case tag::blob:
      return blob();
    case tag::memory_view:
      return memory_view();
    case tag::instance:
      name();
      expect_open(2);
      return expect_open(2);
    case tag::exception:
      return exception();
    case tag::reduced:
      return reduced();
    default:
      return fail("there is no tag " +
                  std::to_string(static_cast<unsigned>(t)));
  }
}

void rewriter::attachment() {
  const std::uint64_t index = from_.count();
  if (!from_.bad() && index >= attachments_) {
    fail("it refers to attachment " + std::to_string(index) + " of " +
         std::to_string(attachments_));
  }
}

void rewriter::blob() {
  attachment();
  from_.count();  // offset
  from_.count();  // size
}

void rewriter::memory_view() {
  const auto format = static_cast<tag>(from_.number<std::uint8_t>());
  if (!from_.bad() && format != tag::ascii) {
    return fail("a view of memory has no format");
  }
  of_shape(wire::shape_of(tag::ascii));
  for (std::size_t n = from_.length(); n != 0 && !from_.bad(); --n) {
    from_.count();
  }
  expect(1);
}

void rewriter::exception() {
  const unsigned bits = from_.number<std::uint8_t>();
  if ((bits & wire::own_reduction) == 0) {
    name();
  }
  expect(wire::values_of_exception(bits));
}

/// The run that comes first is pushed last.
void rewriter::reduced() {
  const unsigned bits = from_.number<std::uint8_t>();
  if ((bits & ~wire::all_parts) != 0) {
    return fail("an object in it has unknown parts");
  }
  expect(wire::last_values(bits));
  if ((bits & wire::dict_items) != 0) {
    expect_open(2);
  }
  if ((bits & wire::list_items) != 0) {
    expect_open(1);
  }
  expect(wire::first_values(bits));
}

void rewriter::back_ref(std::size_t tag_at) {
  const std::uint64_t offset = from_.count();
  if (from_.bad()) {
    return;
  }
  if (offset >= tag_at ||
      (bytes_[offset] & std::byte{wire::remember}) == std::byte{}) {
    fail("nothing to remember is at byte " + std::to_string(offset));
  }
}

void rewriter::name() {
  const std::size_t at = from_.at();
  const auto number = from_.number<std::uint32_t>();
  if (from_.bad()) {
    return;
  }
  const symbol ours = map_(number);
  if (ours == symbol::none) {
    return fail("there is no name " + std::to_string(number));
  }
  std::memcpy(&bytes_[at], &ours, sizeof ours);
}

}  // namespace

result<void> rewrite_symbols(std::span<std::byte> bytes, encoded_form form,
                             std::size_t attachments, const symbol_map& map) {
  rewriter all{bytes, attachments, map};
  all.start(form);
  return all.finish();
}

}  // namespace troupe
