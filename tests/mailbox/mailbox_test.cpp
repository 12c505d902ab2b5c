// SPDX-License-Identifier: Apache-2.0
#include "mailbox/mailbox.hpp"

#include <array>
#include <atomic>
#include <latch>
#include <semaphore>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace troupe {
namespace {

envelope_ptr make_numbered(std::uint64_t sender, std::uint64_t number) {
  auto e = make_envelope();
  e->sender = sender;
  e->content = payload::of(number);
  return e;
}

std::uint64_t number_of(const envelope_ptr& e) {
  return e->content.as<std::uint64_t>();
}

TEST_SUITE("mailbox") {

TEST_CASE("the first push to a parked reader wakes it, the second does not") {
  mailbox box;
  CHECK(box.push(make_numbered(1, 1)) == push_result::woke_reader);
  CHECK(box.push(make_numbered(1, 2)) == push_result::ok);

  const turn_scope in_turn;
  CHECK(number_of(box.pop()) == 1);
  CHECK(number_of(box.pop()) == 2);
  CHECK(box.pop() == nullptr);
  CHECK_FALSE(box.settle());
  CHECK(box.push(make_numbered(1, 3)) == push_result::woke_reader);
}

TEST_CASE("a turn that leaves messages behind must go on") {
  mailbox box;
  REQUIRE(box.push(make_numbered(1, 1)) == push_result::woke_reader);
  REQUIRE(box.push(make_numbered(1, 2)) == push_result::ok);
  const turn_scope in_turn;
  CHECK(number_of(box.pop()) == 1);
  CHECK(box.settle());
  CHECK(number_of(box.pop()) == 2);
  CHECK_FALSE(box.settle());
}

TEST_CASE("a push between the last pop and settle() keeps the reader awake") {
  mailbox box;
  REQUIRE(box.push(make_numbered(1, 1)) == push_result::woke_reader);
  const turn_scope in_turn;
  CHECK(number_of(box.pop()) == 1);
  CHECK(box.push(make_numbered(1, 2)) == push_result::ok);
  CHECK(box.settle());
}

TEST_CASE("signals overtake messages") {
  mailbox box;
  REQUIRE(box.push(make_numbered(1, 1)) == push_result::woke_reader);
  REQUIRE(box.push(make_numbered(1, 2)) == push_result::ok);
  REQUIRE(box.push_signal(make_numbered(1, 9)) == push_result::ok);
  const turn_scope in_turn;
  CHECK(number_of(box.pop()) == 9);
  CHECK(number_of(box.pop()) == 1);
  CHECK(number_of(box.pop()) == 2);
}

TEST_CASE("a signal passes a full mailbox") {
  mailbox box{1};
  REQUIRE(box.push(make_numbered(1, 1)) == push_result::woke_reader);
  CHECK(box.push(make_numbered(1, 2)) == push_result::full);
  CHECK(box.push_signal(make_numbered(1, 3)) == push_result::ok);
}

TEST_CASE("a refused push leaves the envelope with its caller") {
  mailbox box{1};
  REQUIRE(box.push(make_numbered(1, 1)) == push_result::woke_reader);
  auto extra = make_numbered(1, 2);

  SUBCASE("when full") {
    CHECK(box.push(std::move(extra)) == push_result::full);
  }
  SUBCASE("when closed") {
    box.close();
    CHECK(box.push(std::move(extra)) == push_result::closed);
  }
  SUBCASE("when closed, a signal") {
    box.close();
    CHECK(box.push_signal(std::move(extra)) == push_result::closed);
  }
  CHECK(extra != nullptr);
}

TEST_CASE("a bounded mailbox has room again once the reader has settled") {
  mailbox box{2};
  REQUIRE(box.push(make_numbered(1, 1)) == push_result::woke_reader);
  REQUIRE(box.push(make_numbered(1, 2)) == push_result::ok);
  REQUIRE(box.push(make_numbered(1, 3)) == push_result::full);
  const turn_scope in_turn;
  CHECK(number_of(box.pop()) == 1);
  CHECK(box.settle());
  CHECK(box.push(make_numbered(1, 3)) == push_result::ok);
  CHECK(box.push(make_numbered(1, 4)) == push_result::full);
}

TEST_CASE("what was in when it closed can still be popped") {
  mailbox box;
  REQUIRE(box.push(make_numbered(1, 1)) == push_result::woke_reader);
  box.close();
  const turn_scope in_turn;
  CHECK(number_of(box.pop()) == 1);
}

// Plays the scheduler: a thread that runs a turn each time it is woken.
class reader {
public:
  reader(mailbox& box, std::size_t writers, std::uint64_t each)
      : box_{box}, next_(writers, 0), expected_{writers * each} {}

  void wake() {
    twice_ = twice_ || scheduled_.exchange(true);
    woken_.release();
  }

  void run() {
    while (seen_ < expected_) {
      woken_.acquire();
      while (take_turn()) {
      }
    }
  }

  bool in_order() const { return in_order_; }
  bool scheduled_twice() const { return twice_; }

private:
  bool take_turn() {
    const turn_scope in_turn;
    for (int i = 0; i < 16; ++i) {
      const envelope_ptr e = box_.pop();
      if (e == nullptr) {
        break;
      }
      in_order_ = in_order_ && number_of(e) == next_[e->sender]++;
      ++seen_;
    }
    scheduled_ = false;
    const bool more = box_.settle();
    if (more) {
      scheduled_ = true;
    }
    return more;
  }

  mailbox& box_;
  std::vector<std::uint64_t> next_;
  const std::uint64_t expected_;
  std::uint64_t seen_ = 0;
  bool in_order_ = true;
  std::atomic<bool> scheduled_{false};
  std::atomic<bool> twice_{false};
  std::counting_semaphore<> woken_{0};
};

void write(mailbox& box, reader& r, std::uint64_t sender, std::uint64_t each) {
  for (std::uint64_t number = 0; number < each;) {
    auto e = make_numbered(sender, number);
    switch (box.push(std::move(e))) {
      case push_result::woke_reader:
        r.wake();
        [[fallthrough]];
      case push_result::ok:
        ++number;
        break;
      default:
        std::this_thread::yield();  // full: the reader is at work
    }
  }
}

TEST_CASE("a mailbox that refuses messages takes signals and notices") {
  mailbox box;
  box.refuse(true);
  auto message = make_numbered(1, 1);
  CHECK(box.push(std::move(message)) == push_result::full);
  CHECK(message != nullptr);
  CHECK(box.push_urgent(make_numbered(1, 1)) == push_result::full);
  CHECK(box.push_signal(make_numbered(1, 2)) == push_result::woke_reader);
  CHECK(box.push_notice(make_numbered(1, 3)) == push_result::ok);
  box.refuse(false);
  CHECK(box.push(std::move(message)) == push_result::ok);
  box.close();
  box.refuse(true);
  CHECK(box.push(make_numbered(1, 4)) == push_result::closed);
}

TEST_CASE("no message and no wake-up is lost with four writers" *
          doctest::timeout(60)) {
  constexpr std::uint64_t writers = 4;
  constexpr std::uint64_t each = 20'000;
  for (const std::size_t capacity : {mailbox::unbounded, std::size_t{64}}) {
    mailbox box{capacity};
    reader r{box, writers, each};
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < writers; ++i) {
      threads.emplace_back([&, i] { write(box, r, i, each); });
    }
    r.run();
    for (auto& t : threads) {
      t.join();
    }
    CHECK(r.in_order());
    CHECK_FALSE(r.scheduled_twice());
    CHECK(box.size() == 0);
  }
}

}  // TEST_SUITE("mailbox")

}  // namespace
}  // namespace troupe
