// SPDX-License-Identifier: Apache-2.0
#include "actors/routing/router.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "actors/actor_system.hpp"
#include "scheduler/manual_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::make_scripted;
using testing::number_in;

std::optional<std::uint64_t> number_as_key(const envelope& e) {
  return e.content.size() == sizeof(int)
             ? std::optional{static_cast<std::uint64_t>(number_in(e))}
             : std::nullopt;
}

// A router and its routees, each of which notes what it gets.
class stage {
public:
  ~stage() {
    system.begin_shutdown(std::chrono::seconds{1});
    scheduler.run();
  }
  void route(std::unique_ptr<routing_policy> policy, int routees) {
    what = make_ref_counted<router>(std::move(policy));
    for (int i = 0; i != routees; ++i) {
      add();
    }
    ref = system.spawn(what, {.name = "router"}).value();
    scheduler.run();
  }
  actor_ref add(std::size_t capacity = mailbox::unbounded) {
    const std::string name = "routee-" + std::to_string(all.size());
    all.push_back(
        system
            .spawn(make_scripted([this, name](actor_cell& self, envelope& e) {
                     got[name].push_back(number_in(e));
                     senders.push_back(e.sender);
                     if (e.reply_to != nullptr) {
                       self.answer(e, payload::of(number_in(e)));
                     }
                   }),
                   {.name = name, .mailbox_capacity = capacity})
            .value());
    what->add(all.back());
    return all.back();
  }
  void tell(int first, int last) {
    for (int i = first; i <= last; ++i) {
      ref.tell(payload::of(i));
    }
    scheduler.run();
  }
  std::string home_of(int key) {
    got.clear();
    tell(key, key);
    return got.begin()->first;
  }

  manual_scheduler scheduler;
  actor_system system{scheduler};
  ref_ptr<router> what;
  actor_ref ref;
  std::vector<actor_ref> all;
  std::map<std::string, std::vector<int>> got;
  std::vector<std::uint64_t> senders;
};

TEST_SUITE("routing") {

TEST_CASE("round robin takes turns") {
  stage s;
  s.route(make_round_robin(), 3);
  s.tell(0, 5);
  CHECK(s.got["routee-0"] == std::vector{0, 3});
  CHECK(s.got["routee-1"] == std::vector{1, 4});
  CHECK(s.got["routee-2"] == std::vector{2, 5});
}

TEST_CASE("random choices come from the seed, and reach everybody") {
  const auto run = [](std::uint64_t seed) {
    stage s;
    s.route(make_random(seed), 4);
    s.tell(0, 199);
    return s.got;
  };
  const auto once = run(5);
  CHECK(once == run(5));
  CHECK(once != run(6));
  CHECK(once.size() == 4);
  for (const auto& [name, numbers] : once) {
    CHECK(numbers.size() > 25);
  }
}

TEST_CASE(
    "the policy of least load compares mailboxes, and takes turns when "
    "they are equal") {
  manual_scheduler scheduler;
  actor_system system{scheduler};
  std::vector<actor_ref> routees;
  for (int i = 0; i != 3; ++i) {
    routees.push_back(
        system.spawn(make_scripted([](actor_cell&, envelope&) {})).value());
  }
  scheduler.run();
  const auto policy = make_least_loaded();
  const auto e = make_envelope();
  CHECK(*policy->pick(routees, *e) == 0);
  CHECK(*policy->pick(routees, *e) == 1);
  CHECK(*policy->pick(routees, *e) == 2);
  CHECK(*policy->pick(routees, *e) == 0);
  routees[1].tell(payload::of(1));
  routees[1].tell(payload::of(1));
  routees[2].tell(payload::of(1));
  CHECK(*policy->pick(routees, *e) == 0);
  routees[0].tell(payload::of(1));
  routees[0].tell(payload::of(1));
  CHECK(*policy->pick(routees, *e) == 2);
  system.begin_shutdown(std::chrono::seconds{1});
  scheduler.run();
}

TEST_CASE("an answer goes straight to the asker, and the sender stays") {
  stage s;
  s.route(make_round_robin(), 2);
  auto e = make_envelope();
  e->content = payload::of(5);
  e->sender = 4711;
  auto answer = make_ref_counted<completion>();
  e->reply_to = answer;
  s.ref.cell().deliver(std::move(e));
  s.scheduler.run();
  REQUIRE(answer->has_value());
  CHECK(answer->value().as<int>() == 5);
  CHECK(s.senders == std::vector<std::uint64_t>{4711});
}

TEST_CASE("routees come and go") {
  stage s;
  s.route(make_round_robin(), 1);
  const actor_ref second = s.add();
  CHECK_FALSE(s.what->add(second));
  CHECK(s.what->size() == 2);
  s.tell(0, 1);
  CHECK(s.got.size() == 2);
  CHECK(s.what->remove(second));
  CHECK_FALSE(s.what->remove(second));
  s.tell(2, 3);
  CHECK(s.got["routee-0"].size() == 3);
  s.all[0].stop();
  s.scheduler.run();
  CHECK(s.what->size() == 0);
  CHECK_FALSE(s.what->add(s.all[0]));
}

TEST_CASE("without routees a message is a dead letter and a request a fault") {
  stage s;
  s.route(make_round_robin(), 1);
  s.all[0].stop();
  s.scheduler.run();
  s.tell(1, 1);
  const auto answer = s.ref.ask(payload::of(2));
  s.scheduler.run();
  CHECK(s.system.dead().count(dead_reason::no_receiver) == 2);
  REQUIRE(answer->done());
  CHECK(answer->why().what.detail == "router 'router' has no routees");
}

TEST_CASE("a full routee is passed over, and all full is a dead letter") {
  stage s;
  s.route(make_round_robin(), 0);
  s.add(1);
  s.add(2);
  std::vector<ref_ptr<completion>> answers;
  // One turn of the router, before the routees have any.
  for (int i = 0; i != 4; ++i) {
    answers.push_back(s.ref.ask(payload::of(i)));
  }
  s.ref.cell().resume();
  CHECK(s.system.dead().count(dead_reason::mailbox_full) == 1);
  s.scheduler.run();
  CHECK(s.got["routee-0"].size() == 1);
  CHECK(s.got["routee-1"].size() == 2);
  CHECK(answers[3]->why().what.code == errc::refused);
}

TEST_CASE("the same key goes to the same routee") {
  stage s;
  SUBCASE("by consistent hash") {
    s.route(make_consistent_hash(number_as_key), 5);
  }
  SUBCASE("by sticky keys") {
    s.route(make_sticky(number_as_key), 5);
  }
  std::map<int, std::string> homes;
  for (int key = 0; key != 50; ++key) {
    homes[key] = s.home_of(key);
  }
  for (int key = 0; key != 50; ++key) {
    CHECK(s.home_of(key) == homes[key]);
  }
  const auto without = s.ref.ask({});
  s.scheduler.run();
  CHECK(without->done());
  CHECK(s.system.dead().count(dead_reason::undecodable) == 1);
}

TEST_CASE("few keys move when a routee of a consistent hash comes or goes") {
  stage s;
  s.route(make_consistent_hash(number_as_key), 9);
  constexpr int keys = 2000;
  std::map<int, std::string> before;
  std::map<std::string, int> share;
  for (int key = 0; key != keys; ++key) {
    before[key] = s.home_of(key);
    ++share[before[key]];
  }
  for (const auto& [name, count] : share) {
    CHECK(count > keys / 9 / 2);
    CHECK(count < keys / 9 * 2);
  }
  const std::string added = s.add().name();
  int moved = 0;
  for (int key = 0; key != keys; ++key) {
    const std::string now = s.home_of(key);
    moved += now != before[key];
    CHECK((now == before[key] || now == added));
  }
  CHECK(moved > keys / 10 / 2);
  CHECK(moved < keys / 10 * 2);
  s.all.back().stop();
  s.scheduler.run();
  for (int key = 0; key != keys; ++key) {
    CHECK(s.home_of(key) == before[key]);
  }
}

TEST_CASE("a sticky key moves only when its routee goes") {
  stage s;
  s.route(make_sticky(number_as_key), 3);
  std::map<int, std::string> before;
  std::map<std::string, int> share;
  for (int key = 0; key != 30; ++key) {
    before[key] = s.home_of(key);
    ++share[before[key]];
  }
  CHECK(share == std::map<std::string, int>{
                     {"routee-0", 10}, {"routee-1", 10}, {"routee-2", 10}});
  s.add();
  CHECK(s.home_of(1000) == "routee-3");
  s.all[0].stop();
  s.scheduler.run();
  for (int key = 0; key != 30; ++key) {
    const std::string now = s.home_of(key);
    if (before[key] == "routee-0") {
      CHECK(now != "routee-0");
    } else {
      CHECK(now == before[key]);
    }
  }
}

TEST_CASE("a sticky router forgets the key that came least recently") {
  stage s;
  s.route(make_sticky(number_as_key, 3), 2);
  const std::string first = s.home_of(1);
  const std::string second = s.home_of(2);
  CHECK(first != second);
  CHECK(s.home_of(3) == first);
  CHECK(s.home_of(1) == first);   // so 2 is the oldest
  CHECK(s.home_of(4) == second);  // 2 is forgotten, and not counted any more
  CHECK(s.home_of(1) == first);
  // 3 is the oldest now. Without it both have one key, so the first gets 2.
  CHECK(s.home_of(2) == first);
}

TEST_CASE("a broadcast reaches all routees") {
  stage s;
  s.route(make_broadcast(), 3);
  s.tell(1, 2);
  CHECK(s.got.size() == 3);
  for (const auto& [name, numbers] : s.got) {
    CHECK(numbers == std::vector{1, 2});
  }
}

TEST_CASE(
    "of the answers to a request to all the first counts, and the rest "
    "are let go of") {
  stage s;
  s.route(make_broadcast(), 3);
  const auto answer = s.ref.ask(payload::of(3));
  s.scheduler.run();
  CHECK(answer->value().as<int>() == 3);
  CHECK(s.got.size() == 3);
  CHECK(s.system.dead().total() == 0);
}

TEST_CASE(
    "when no routee can answer a request to all, the last failure is "
    "the answer") {
  stage s;
  s.route(make_broadcast(), 0);
  for (int i = 0; i != 3; ++i) {
    s.what->add(
        s.system
            .spawn(make_scripted([i](actor_cell& self, envelope& e) {
              self.answer(
                  e, fault{make_error(errc::failed, std::to_string(i)), {}});
            }))
            .value());
  }
  const auto answer = s.ref.ask(payload::of(3));
  s.scheduler.run();
  REQUIRE(answer->done());
  CHECK(answer->why().what.code == errc::failed);
  s.what->add(s.add());
  const auto rescued = s.ref.ask(payload::of(4));
  s.scheduler.run();
  CHECK(rescued->value().as<int>() == 4);
}

TEST_CASE("a router that has stopped lets go of its routees") {
  stage s;
  s.route(make_round_robin(), 2);
  s.ref.stop();
  s.tell(1, 3);
  CHECK(s.what->routees().empty());
  CHECK(s.got.empty());
  CHECK(s.system.dead().count(dead_reason::stopped) == 3);
  s.all[0].stop();  // and hears no more of them
  s.scheduler.run();
}

TEST_CASE("a policy that isn't there is refused with those that are") {
  const auto made = make_policy("rond_robin", {}, 0);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().detail.find("round_robin, random") != std::string::npos);
  for (const char* name :
       {"round_robin", "random", "least_loaded", "broadcast",
        "scatter_gather_first", "consistent_hash", "sticky"}) {
    CHECK(make_policy(name, number_as_key, 1).has_value());
  }
}

}  // TEST_SUITE("routing")

}  // namespace
}  // namespace troupe
