// SPDX-License-Identifier: Apache-2.0
#include "mailbox/payload.hpp"

#include <cstring>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace troupe {
namespace {

std::string_view text(const payload& p) {
  return {reinterpret_cast<const char*>(p.data()), p.size()};
}

struct tracked : ref_counted {
  explicit tracked(bool& gone) : gone_{gone} {}
  ~tracked() override { gone_ = true; }
  bool& gone_;
};

TEST_SUITE("payload") {

TEST_CASE("bytes come back as they were appended, at every size") {
  std::string expected;
  payload p;
  for (std::size_t i = 0; i < 5 * payload::inline_capacity; ++i) {
    const char c = static_cast<char>('a' + i % 26);
    p.append(&c, 1);
    expected.push_back(c);
    REQUIRE(text(p) == expected);
  }
}

TEST_CASE(
    "moving takes inline and heap contents along, and empties the source") {
  for (const std::size_t size : {payload::inline_capacity, std::size_t{4096}}) {
    const std::string content(size, 'x');
    payload from;
    from.append(content.data(), size);
    payload to{std::move(from)};
    CHECK(text(to) == content);
    CHECK(from.empty());
    from.append("again", 5);
    CHECK(text(from) == "again");
    to = std::move(from);
    CHECK(text(to) == "again");
  }
}

TEST_CASE("an attachment lives as long as a payload holds it") {
  bool gone = false;
  {
    payload last;
    {
      payload first;
      CHECK(first.attach(make_ref_counted<tracked>(gone)) == 0);
      last = std::move(first);
    }
    CHECK_FALSE(gone);
    CHECK(last.attachments().size() == 1);
  }
  CHECK(gone);
}

TEST_CASE("clear() drops bytes and attachments") {
  bool gone = false;
  payload p;
  p.attach(make_ref_counted<tracked>(gone));
  p.append(std::string(1000, 'x').data(), 1000);
  p.clear();
  CHECK(p.empty());
  CHECK(p.attachments().empty());
  CHECK(gone);
}

TEST_CASE("truncate() forgets the end only") {
  payload p;
  p.append("keep and drop", 13);
  p.truncate(4);
  CHECK(text(p) == "keep");
}

TEST_CASE("a size that no memory can hold is bad_alloc, not an overflow") {
  payload p;
  p.append("x", 1);
  CHECK_THROWS_AS(p.extend(static_cast<std::size_t>(-8)), std::bad_alloc);
  CHECK(text(p) == "x");
}

TEST_CASE("a C++ value goes in and comes out") {
  struct point {
    int x;
    double y;
  };
  const auto p = payload::of(point{3, 0.5});
  CHECK(p.as<point>().x == 3);
  CHECK(p.as<point>().y == 0.5);
}

TEST_CASE("a clone has bytes of its own and shares the attachments") {
  struct shared final : ref_counted {};
  for (const std::size_t size : {std::size_t{5}, std::size_t{5000}}) {
    payload p;
    std::memset(p.extend(size), 7, size);
    p.attach(make_ref_counted<shared>());
    payload copy = p.clone();
    REQUIRE(copy.size() == size);
    CHECK(copy.data() != p.data());
    CHECK(std::memcmp(copy.data(), p.data(), size) == 0);
    CHECK(copy.attachments()[0] == p.attachments()[0]);
    p.clear();
    CHECK(copy.data()[size - 1] == std::byte{7});
  }
}

}  // TEST_SUITE("payload")

}  // namespace
}  // namespace troupe
