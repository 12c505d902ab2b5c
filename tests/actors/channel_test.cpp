// SPDX-License-Identifier: Apache-2.0
#include "actors/channel.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace troupe {
namespace {

using namespace std::chrono_literals;

parcel make(std::uint64_t tag) {
  return {tag, 0, payload::of(tag)};
}

std::uint64_t take_one(channel& c) {
  parcel p;
  REQUIRE(c.take(p) == channel_result::ok);
  CHECK(p.content.as<std::uint64_t>() == p.tag);
  return p.tag;
}

// Blocks until it has something, or the channel is closed.
bool take_waiting(channel& c, parcel& out) {
  for (;;) {
    const channel_result result = c.take(out);
    if (result != channel_result::not_now) {
      return result == channel_result::ok;
    }
    c.when_filled().told->wait(std::nullopt);
  }
}

void put_waiting(channel& c, parcel p) {
  while (c.put(std::move(p)) == channel_result::not_now) {
    c.when_room().told->wait(std::nullopt);
  }
}

TEST_SUITE("channel") {

TEST_CASE("parcels are taken in the order in which they were put") {
  const auto c = make_ref_counted<channel>();
  for (std::uint64_t i = 1; i <= 3; ++i) {
    CHECK(c->put(make(i)) == channel_result::ok);
  }
  CHECK(take_one(*c) == 1);
  CHECK(take_one(*c) == 2);
  CHECK(c->size() == 1);
}

TEST_CASE("a full one refuses, and the parcel stays with its owner") {
  const auto c = make_ref_counted<channel>(1);
  CHECK(c->put(make(1)) == channel_result::ok);
  parcel second = make(2);
  CHECK(c->put(std::move(second)) == channel_result::not_now);
  CHECK(second.content.as<std::uint64_t>() == 2);

  SUBCASE("but for what must not get lost") {
    CHECK(c->put_anyway(std::move(second)) == channel_result::ok);
    CHECK(c->size() == 2);
  }
}

TEST_CASE("a closed one can be emptied, not filled") {
  const auto c = make_ref_counted<channel>();
  CHECK(c->put(make(1)) == channel_result::ok);
  c->close();
  CHECK(c->put(make(2)) == channel_result::closed);
  CHECK(take_one(*c) == 1);
  parcel p;
  CHECK(c->take(p) == channel_result::closed);
}

TEST_CASE("each parcel tells one of those who wait, the first first") {
  const auto c = make_ref_counted<channel>();
  const auto first = c->when_filled();
  const auto second = c->when_filled();
  CHECK(c->put(make(1)) == channel_result::ok);
  CHECK(first.told->done());
  CHECK_FALSE(second.told->done());
  CHECK(c->put(make(2)) == channel_result::ok);
  CHECK(second.told->done());
}

TEST_CASE("who asks when there is something is told at once") {
  const auto c = make_ref_counted<channel>(1);
  CHECK(c->when_room().told->done());
  CHECK(c->put(make(1)) == channel_result::ok);
  CHECK(c->when_filled().told->done());
  CHECK_FALSE(c->when_room().told->done());
}

TEST_CASE("who gives up is not told, and who was told already passes it on") {
  const auto c = make_ref_counted<channel>();
  const auto first = c->when_filled();
  const auto second = c->when_filled();

  SUBCASE("before") {
    c->give_up(first.id);
    CHECK(c->put(make(1)) == channel_result::ok);
    CHECK_FALSE(first.told->done());
  }
  SUBCASE("after") {
    CHECK(c->put(make(1)) == channel_result::ok);
    CHECK_FALSE(second.told->done());
    c->give_up(first.id);
  }
  CHECK(second.told->done());
}

TEST_CASE("what is taken makes room, and tells one who waits for it") {
  const auto c = make_ref_counted<channel>(1);
  CHECK(c->put(make(1)) == channel_result::ok);
  const auto waiting = c->when_room();
  SUBCASE("one") {
    take_one(*c);
  }
  SUBCASE("all") {
    CHECK(c->withdraw_all().size() == 1);
  }
  SUBCASE("back") {
    CHECK(c->withdraw(1));
  }
  CHECK(waiting.told->done());
}

TEST_CASE("closing tells all who wait") {
  const auto c = make_ref_counted<channel>(0);
  const auto taker = c->when_filled();
  const auto putter = c->when_room();
  c->close();
  CHECK(taker.told->done());
  CHECK(putter.told->done());
}

TEST_CASE("all is finished when each that was put is, or was withdrawn") {
  const auto c = make_ref_counted<channel>();
  CHECK(c->when_finished().told->done());  // there was nothing
  CHECK_FALSE(c->finish_one());
  for (std::uint64_t i = 1; i <= 3; ++i) {
    CHECK(c->put(make(i)) == channel_result::ok);
  }
  const auto waiting = c->when_finished();
  const auto bored = c->when_finished();
  c->give_up(bored.id);
  take_one(*c);
  CHECK(c->finish_one());

  SUBCASE("each") {
    CHECK(c->finish_one());
    CHECK_FALSE(waiting.told->done());
    CHECK(c->finish_one());
  }
  SUBCASE("back") {
    CHECK(c->withdraw(2));
    CHECK_FALSE(waiting.told->done());
    CHECK(c->withdraw(3));
  }
  SUBCASE("all back") {
    CHECK(c->withdraw_all().size() == 2);
  }
  CHECK(waiting.told->done());
  CHECK_FALSE(bored.told->done());
  CHECK_FALSE(c->finish_one());
}

TEST_CASE("what is withdrawn is never taken") {
  const auto c = make_ref_counted<channel>();
  for (std::uint64_t i = 1; i <= 4; ++i) {
    CHECK(c->put(make(i)) == channel_result::ok);
  }
  CHECK(take_one(*c) == 1);
  CHECK_FALSE(c->withdraw(1));
  CHECK(c->holds(2));
  CHECK(c->withdraw(2));
  CHECK(c->withdraw(4));
  CHECK_FALSE(c->withdraw(4));
  CHECK_FALSE(c->holds(2));
  CHECK(c->size() == 1);
  CHECK(take_one(*c) == 3);
  parcel p;
  CHECK(c->take(p) == channel_result::not_now);
}

TEST_CASE("nothing is lost or taken twice with many threads" *
          doctest::timeout(60)) {
  constexpr std::uint64_t each = 5000;
  const auto c = make_ref_counted<channel>(16);
  std::atomic<std::uint64_t> sum{0};
  std::atomic<std::uint64_t> count{0};
  std::vector<std::thread> takers;
  for (int i = 0; i < 3; ++i) {
    takers.emplace_back([&] {
      parcel p;
      while (take_waiting(*c, p)) {
        sum += p.tag;
        ++count;
      }
    });
  }
  std::vector<std::thread> putters;
  for (std::uint64_t i = 0; i < 3; ++i) {
    putters.emplace_back([&, i] {
      for (std::uint64_t n = 0; n < each; ++n) {
        put_waiting(*c, make(i * each + n));
      }
    });
  }
  // Others give up all the time.
  std::atomic<bool> over{false};
  std::thread fickle{[&] {
    while (!over) {
      c->give_up(c->when_filled().id);
      c->give_up(c->when_room().id);
    }
  }};
  for (std::thread& t : putters) {
    t.join();
  }
  c->close();
  for (std::thread& t : takers) {
    t.join();
  }
  over = true;
  fickle.join();
  CHECK(count == 3 * each);
  CHECK(sum == (3 * each) * (3 * each - 1) / 2);
}

}  // TEST_SUITE("channel")

}  // namespace
}  // namespace troupe
