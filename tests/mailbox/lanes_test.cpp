// SPDX-License-Identifier: Apache-2.0
// A mailbox's lanes, its pausing, and its limits.
#include "mailbox/mailbox.hpp"

#include <array>
#include <atomic>
#include <random>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace troupe {
namespace {

using numbers = std::vector<std::uint64_t>;

envelope_ptr make_numbered(std::uint64_t number, std::uint64_t sender = 0) {
  auto e = make_envelope();
  e->sender = sender;
  e->content = payload::of(number);
  return e;
}

std::uint64_t number_of(const envelope& e) {
  return e.content.as<std::uint64_t>();
}

// All that can be popped now.
numbers pop_all(mailbox& box) TROUPE_REQUIRES(turn) {
  numbers all;
  while (const envelope_ptr e = box.pop()) {
    all.push_back(number_of(*e));
  }
  return all;
}

void push_all(mailbox& box, std::initializer_list<std::uint64_t> all) {
  for (const std::uint64_t number : all) {
    CHECK(box.push(make_numbered(number)) != push_result::full);
  }
}

TEST_SUITE("lanes") {

TEST_CASE(
    "signals come first, then urgent messages, then the others, each in "
    "the order of the pushes") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    std::mt19937_64 random{seed};
    std::array<numbers, 3> lanes;
    mailbox box;
    for (std::uint64_t i = 0; i != 40; ++i) {
      const std::size_t lane = random() % 3;
      lanes[lane].push_back(i);
      auto e = make_numbered(i);
      const push_result result = lane == 0   ? box.push_signal(std::move(e))
                                 : lane == 1 ? box.push_urgent(std::move(e))
                                             : box.push(std::move(e));
      CHECK(result == (i == 0 ? push_result::woke_reader : push_result::ok));
    }
    numbers expected;
    for (const numbers& lane : lanes) {
      expected.insert(expected.end(), lane.begin(), lane.end());
    }
    const turn_scope in_turn;
    CHECK(pop_all(box) == expected);
    CHECK_FALSE(box.settle());
  }
}

TEST_CASE("an urgent message is a message: a full mailbox refuses it") {
  mailbox box{1};
  push_all(box, {1});
  CHECK(box.push_urgent(make_numbered(2)) == push_result::full);
  CHECK(box.push_notice(make_numbered(3)) == push_result::ok);
  const turn_scope in_turn;
  CHECK(pop_all(box) == numbers{1, 3});
}

TEST_CASE("a message that is popped frees its place at once") {
  mailbox box{2};
  push_all(box, {1, 2});
  CHECK(box.push(make_numbered(3)) == push_result::full);
  const turn_scope in_turn;
  CHECK(number_of(*box.pop()) == 1);
  CHECK(box.push(make_numbered(3)) == push_result::ok);
  CHECK(pop_all(box) == numbers{2, 3});
}

TEST_CASE(
    "what is put back comes before all others but signals and urgent "
    "ones") {
  mailbox box;
  push_all(box, {1, 2});
  const turn_scope in_turn;
  envelope_ptr e = box.pop();
  REQUIRE(box.push_urgent(make_numbered(8)) == push_result::ok);
  box.put_back(std::move(e));
  CHECK(pop_all(box) == numbers{8, 1, 2});
  CHECK_FALSE(box.settle());
  CHECK(box.size() == 0);
}

TEST_CASE("what is put back in a later turn wakes the reader again") {
  mailbox box;
  push_all(box, {1});
  const turn_scope in_turn;
  envelope_ptr e = box.pop();
  REQUIRE_FALSE(box.settle());
  REQUIRE(box.push(make_numbered(2)) == push_result::woke_reader);
  box.put_back(std::move(e));
  CHECK(number_of(*box.pop()) == 1);
  CHECK(box.settle());
  CHECK(pop_all(box) == numbers{2});
  CHECK_FALSE(box.settle());
}

}  // TEST_SUITE("lanes")

TEST_SUITE("pausing") {

TEST_CASE("a paused reader gets signals only, and parks") {
  mailbox box;
  push_all(box, {1, 2});
  const turn_scope in_turn;
  box.pause();
  REQUIRE(box.push_signal(make_numbered(9)) == push_result::ok);
  CHECK(box.has_signal());
  CHECK(pop_all(box) == numbers{9});
  CHECK_FALSE(box.has_signal());
  CHECK(box.has_message());
  CHECK_FALSE(box.settle());
  CHECK(box.size() == 2);
  SUBCASE("each push after it wakes it") {
    CHECK(box.push(make_numbered(3)) == push_result::woke_reader);
    CHECK_FALSE(box.settle());
    CHECK(box.push_signal(make_numbered(8)) == push_result::woke_reader);
    CHECK(pop_all(box) == numbers{8});
    CHECK_FALSE(box.settle());
    box.resume();
    CHECK(box.settle());
    CHECK(pop_all(box) == numbers{1, 2, 3});
    CHECK_FALSE(box.settle());
  }
  SUBCASE("and goes on where it was") {
    REQUIRE(box.push_signal(make_numbered(8)) == push_result::woke_reader);
    box.resume();
    CHECK(pop_all(box) == numbers{8, 1, 2});
    CHECK_FALSE(box.settle());
    CHECK(box.size() == 0);
  }
}

TEST_CASE("what is shelved still takes up room") {
  mailbox box{2};
  push_all(box, {1, 2});
  const turn_scope in_turn;
  box.pause();
  CHECK_FALSE(box.settle());
  CHECK(box.push(make_numbered(3)) == push_result::full);
  CHECK(box.size() == 2);
}

TEST_CASE("a crowd that is shelved is a crowd") {
  mailbox box{2, mailbox_limit::soft};
  push_all(box, {1, 2, 3});
  CHECK(box.crowded());
  const turn_scope in_turn;
  box.pause();
  CHECK_FALSE(box.settle());
  CHECK(box.crowded());
  CHECK_FALSE(box.roomy());
  box.resume();
  CHECK(box.settle());
  CHECK(number_of(*box.pop()) == 1);
  CHECK(box.settle());
  CHECK_FALSE(box.crowded());
  CHECK(number_of(*box.pop()) == 2);
  CHECK(box.settle());
  CHECK(box.roomy());
}

TEST_CASE("over any order of calls the count is what a model says") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    const auto limit = static_cast<mailbox_limit>(seed % 3);
    mailbox box{4, limit};
    const turn_scope in_turn;
    std::vector<envelope_ptr> aside;
    std::int64_t inside = 0;
    bool awake = false;
    const auto pushed = [&](push_result result) {
      inside += result != push_result::full;
      CHECK((result == push_result::woke_reader) == !awake);
      awake = true;
    };
    for (int i = 0; i != 60; ++i) {
      auto e = make_numbered(seed);
      switch (awake ? random() % 9 : random() % 4) {
        case 0:
          if (const auto r = box.push(std::move(e)); r != push_result::full) {
            pushed(r);
          }
          break;
        case 1:
          if (const auto r = box.push_urgent(std::move(e));
              r != push_result::full) {
            pushed(r);
          }
          break;
        case 2:
          pushed(box.push_notice(std::move(e)));
          break;
        case 3:
          pushed(box.push_signal(std::move(e)));
          break;
        case 4:
          box.paused() ? box.resume() : box.pause();
          break;
        case 5:
        case 6:
          if (envelope_ptr popped = box.pop()) {
            --inside;
            if (random() % 4 == 0) {
              aside.push_back(std::move(popped));
            }
          }
          break;
        case 7:
          if (!aside.empty()) {
            box.put_back(std::move(aside.back()));
            aside.pop_back();
            ++inside;
          }
          break;
        default:
          awake = box.settle();
          CHECK(box.size() == static_cast<std::size_t>(inside));
          CHECK((awake || box.paused() || inside == 0));
      }
    }
  }
}

}  // TEST_SUITE("pausing")

TEST_SUITE("displacing") {

// As push_displacing(); notes what had to go.
push_result push_into(mailbox& box, std::uint64_t number, numbers& gone,
                      bool urgent = false) {
  auto e = make_numbered(number);
  e->urgent = urgent;
  envelope_ptr oldest;
  const push_result result = box.push_displacing(std::move(e), oldest);
  if (oldest != nullptr) {
    gone.push_back(number_of(*oldest));
  }
  return result;
}

TEST_CASE("the oldest make room, in their order") {
  mailbox box{3, mailbox_limit::displacing};
  numbers gone;
  CHECK(push_into(box, 0, gone) == push_result::woke_reader);
  for (std::uint64_t i = 1; i != 10; ++i) {
    CHECK(push_into(box, i, gone) == push_result::ok);
  }
  CHECK(gone == numbers{0, 1, 2, 3, 4, 5, 6});
  const turn_scope in_turn;
  CHECK(pop_all(box) == numbers{7, 8, 9});
  CHECK_FALSE(box.settle());
  CHECK(box.size() == 0);
}

TEST_CASE("urgent ones go last, and stay urgent; notices don't go") {
  mailbox box{3, mailbox_limit::displacing};
  numbers gone;
  CHECK(box.push_notice(make_numbered(100)) == push_result::woke_reader);
  push_into(box, 1, gone, true);
  push_into(box, 2, gone);
  push_into(box, 3, gone);
  CHECK(box.push_notice(make_numbered(101)) == push_result::ok);
  push_into(box, 4, gone, true);
  push_into(box, 5, gone, true);
  CHECK(gone == numbers{2, 3});
  push_into(box, 6, gone);
  CHECK(gone == numbers{2, 3, 1});
  const turn_scope in_turn;
  CHECK(pop_all(box) == numbers{4, 5, 100, 101, 6});
  CHECK_FALSE(box.settle());
  CHECK(box.size() == 0);
}

TEST_CASE("the shelved make room too, and nobody counts them twice") {
  mailbox box{3, mailbox_limit::displacing};
  numbers gone;
  for (std::uint64_t i = 0; i != 3; ++i) {
    push_into(box, i, gone);
  }
  const turn_scope in_turn;
  box.pause();
  CHECK_FALSE(box.settle());
  CHECK(push_into(box, 3, gone) == push_result::woke_reader);
  CHECK(push_into(box, 4, gone) == push_result::ok);
  CHECK(gone == numbers{0, 1});
  CHECK_FALSE(box.settle());
  CHECK(box.size() == 3);
  CHECK(push_into(box, 5, gone) == push_result::woke_reader);
  box.resume();
  CHECK(pop_all(box) == numbers{3, 4, 5});
  CHECK_FALSE(box.settle());
  CHECK(box.size() == 0);
}

}  // TEST_SUITE("displacing")

// Plays the scheduler for one reader, which pauses and resumes now and then.
class pausing_reader {
public:
  pausing_reader(mailbox& box, std::uint64_t expected)
      : box_{box}, expected_{expected} {}

  void wake() {
    twice_ = twice_ || scheduled_.exchange(true);
    woken_.release();
  }
  // Something that was to come is gone.
  void lose() { ++lost_; }
  // Wakes it by a signal.
  void look() {
    if (box_.push_signal(make_numbered(0)) == push_result::woke_reader) {
      wake();
    }
  }

  void run() {
    while (!done()) {
      woken_.acquire();
      while (take_turn()) {
      }
    }
  }

  bool done() const { return seen_ + lost_ >= expected_; }
  std::uint64_t seen() const { return seen_; }
  bool scheduled_twice() const { return twice_; }
  bool in_order() const { return in_order_; }

private:
  bool take_turn() {
    const turn_scope in_turn;
    for (int i = 0; i < 16; ++i) {
      const envelope_ptr e = box_.pop();
      if (e == nullptr) {
        break;
      }
      note(*e);
    }
    if (++turns_ % 3 == 0) {
      box_.paused() ? box_.resume() : box_.pause();
    }
    scheduled_ = false;
    const bool more = box_.settle();
    if (more) {
      scheduled_ = true;
    }
    return more;
  }
  void note(const envelope& e) {
    if (e.sender == 0) {
      return;  // a signal
    }
    ++seen_;
    in_order_ = in_order_ && number_of(e) > last_[e.sender];
    last_[e.sender] = number_of(e);
  }

  mailbox& box_;
  const std::uint64_t expected_;
  std::uint64_t turns_ = 0;
  std::array<std::uint64_t, 8> last_{};
  bool in_order_ = true;
  std::atomic<std::uint64_t> seen_{0};
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<bool> scheduled_{false};
  std::atomic<bool> twice_{false};
  std::counting_semaphore<> woken_{0};
};

TEST_SUITE("four writers") {

constexpr std::uint64_t writers = 4;
constexpr std::uint64_t each = 10'000;

void write_displacing(mailbox& box, pausing_reader& r, std::uint64_t sender,
                      std::atomic<std::uint64_t>& gone) {
  for (std::uint64_t number = 1; number <= each; ++number) {
    envelope_ptr oldest;
    auto e = make_numbered(number, sender);
    if (box.push_displacing(std::move(e), oldest) == push_result::woke_reader) {
      r.wake();
    }
    if (oldest != nullptr) {
      ++gone;
      r.lose();
    }
  }
}

void write_patiently(mailbox& box, pausing_reader& r, std::uint64_t sender) {
  for (std::uint64_t number = 1; number <= each;) {
    auto e = make_numbered(number, sender);
    switch (box.push(std::move(e))) {
      case push_result::woke_reader:
        r.wake();
        [[fallthrough]];
      case push_result::ok:
        ++number;
        break;
      default:
        r.look();  // it may be paused
        std::this_thread::yield();
    }
  }
}

// Runs the writers and the reader; at the end it may have parked while paused.
template <typename Write>
void run_all(pausing_reader& r, Write write) {
  std::vector<std::thread> threads;
  for (std::uint64_t i = 1; i <= writers; ++i) {
    threads.emplace_back([&write, i] { write(i); });
  }
  std::thread reading{[&r] { r.run(); }};
  for (auto& t : threads) {
    t.join();
  }
  while (!r.done()) {
    r.look();
    std::this_thread::yield();
  }
  r.look();
  reading.join();
}

TEST_CASE("a reader that pauses and resumes loses no message and no wake-up" *
          doctest::timeout(60)) {
  for (const auto& [capacity, limit] :
       {std::pair{mailbox::unbounded, mailbox_limit::hard},
        std::pair{std::size_t{64}, mailbox_limit::hard},
        std::pair{std::size_t{64}, mailbox_limit::soft}}) {
    mailbox box{capacity, limit};
    pausing_reader r{box, writers * each};
    run_all(r, [&](std::uint64_t sender) { write_patiently(box, r, sender); });
    CHECK(r.seen() == writers * each);
    CHECK(r.in_order());
    CHECK_FALSE(r.scheduled_twice());
  }
}

TEST_CASE("where the oldest make room each message is seen or gone, once" *
          doctest::timeout(60)) {
  for (const std::size_t capacity : {1u, 7u, 64u}) {
    mailbox box{capacity, mailbox_limit::displacing};
    std::atomic<std::uint64_t> gone{0};
    pausing_reader r{box, writers * each};
    run_all(r, [&](std::uint64_t sender) {
      write_displacing(box, r, sender, gone);
    });
    CHECK(r.seen() + gone == writers * each);
    CHECK(r.in_order());
    CHECK_FALSE(r.scheduled_twice());
  }
}

}  // TEST_SUITE("four writers")

}  // namespace
}  // namespace troupe
