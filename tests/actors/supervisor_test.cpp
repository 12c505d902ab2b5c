// SPDX-License-Identifier: Apache-2.0
#include "actors/supervision/supervisor.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/manual_scheduler.hpp"
#include "tests/actors/test_family.hpp"

namespace troupe {
namespace {

using testing::fails;
using testing::family;
using testing::stops;
using namespace std::chrono_literals;

using words = std::vector<std::string>;

supervision_terms with(restart_strategy strategy,
                       std::optional<unsigned> max_restarts = 1) {
  supervision_terms terms;
  terms.strategy = strategy;
  terms.max_restarts = max_restarts;
  terms.backoff.at_once = 1000;
  return terms;
}

constexpr auto one_for_one = restart_strategy::one_for_one;
constexpr auto one_for_all = restart_strategy::one_for_all;
constexpr auto rest_for_one = restart_strategy::rest_for_one;

struct stage {
  explicit stage(std::uint64_t seed = 1) : scheduler{seed} {}
  ~stage() {
    const auto all = system.begin_shutdown(100s);
    scheduler.run_until_quiet();
    CHECK(all->done());
    CHECK(system.actors().empty());
  }

  actor_ref supervise(ref_ptr<supervisor> what, const char* name = "sup") {
    sup = what;
    const actor_ref ref =
        supervisor::spawn(system, std::move(what), name).value();
    scheduler.run();
    return ref;
  }
  actor_ref supervise(supervision_terms terms,
                      std::vector<child_spec> children) {
    return supervise(
        family::make_supervisor(std::move(terms), std::move(children)));
  }
  actor_ref operator[](const char* name) {
    const auto found = system.lookup(name);
    REQUIRE(found.has_value());
    return *found;
  }
  void tell(const char* name, int message) {
    (*this)[name].tell(payload::of(message));
    scheduler.run();
  }
  // The answer to an operation.
  bool fine(const ref_ptr<supervisor_answer>& answer) {
    scheduler.run();
    REQUIRE(answer->done.done());
    return answer->done.has_value();
  }
  words seen() { return kids.log(); }

  manual_scheduler scheduler;
  actor_system system{scheduler};
  family kids{system};
  ref_ptr<supervisor> sup;
};

TEST_SUITE("supervisor") {

// --- start

TEST_CASE("it is ready when its children have started, in their order") {
  stage s;
  s.supervise({}, s.kids.children("a", "b", "c"));
  CHECK(s.sup->ready().has_value());
  CHECK(s.seen() == words{"start a", "start b", "start c"});
  CHECK(s.sup->first_child() == s["a"]);
}

TEST_CASE("one whose child can't start says why, and leaves nothing behind") {
  stage s;
  s.kids.set_unstartable("b");
  const actor_ref ref = s.supervise({}, s.kids.children("a", "b", "c"));
  REQUIRE(s.sup->ready().done());
  REQUIRE_FALSE(s.sup->ready().has_value());
  CHECK(s.sup->ready().why().what.detail ==
        "supervisor 'sup' couldn't start: no b today");
  CHECK(s.seen() ==
        words{"start a", "can't start b", "end b unstarted", "end a halted"});
  CHECK(ref.ended());
  CHECK(s.system.actors().empty());
}

TEST_CASE("a child whose name is taken fails the start") {
  stage s;
  s.supervise({}, s.kids.children("a"));
  const auto second = family::make_supervisor({}, s.kids.children("b", "a"));
  s.supervise(second, "second");
  REQUIRE(second->ready().done());
  CHECK_FALSE(second->ready().has_value());
  CHECK(s.system.actors().size() == 2);
}

TEST_CASE("an only child that can't start is the reason, too") {
  stage s;
  s.kids.set_unstartable("a");
  s.supervise({}, s.kids.children("a"));
  REQUIRE(s.sup->ready().done());
  CHECK(s.sup->ready().why().what.detail ==
        "supervisor 'sup' couldn't start: no a today");
}

TEST_CASE("two children of one name are refused at once") {
  stage s;
  const auto made = supervisor::make({}, s.kids.children("a", "a"));
  CHECK_FALSE(made.has_value());
}

// --- restart

TEST_CASE("a restart keeps ref, name and mailbox") {
  stage s;
  s.supervise({}, s.kids.children("a"));
  const actor_ref before = s["a"];
  before.tell(payload::of(1));
  before.tell(payload::of(fails));
  before.tell(payload::of(2));
  const auto asked = before.ask(payload::of(3));
  s.scheduler.run();
  CHECK(s.seen() == words{"start a", "a got 1", "end a failed",
                          "start a after failed", "a got 2", "a got 3"});
  CHECK(s["a"] == before);
  CHECK(before.cell().restarts() == 1);
  CHECK(asked->has_value());
  CHECK(s.system.dead().count(dead_reason::failed) == 1);
  CHECK(s.system.dead().total() == 1);
}

TEST_CASE("a killed child is restarted, also one that had not started") {
  stage s;
  s.supervise({}, s.kids.children("a"));
  s["a"].kill();
  s.scheduler.run();
  CHECK(s.seen() == words{"start a", "end a killed", "start a after killed"});
}

TEST_CASE("who stops itself normally is restarted if it is permanent") {
  for (const auto policy :
       {restart_policy::permanent, restart_policy::transient,
        restart_policy::temporary}) {
    stage s;
    s.supervise({}, {s.kids.child("a", policy)});
    const actor_ref a = s["a"];
    s.seen();
    a.tell(payload::of(stops));
    a.tell(payload::of(1));
    s.scheduler.run();
    if (policy == restart_policy::permanent) {
      CHECK(s.seen() ==
            words{"end a stopped", "start a after stopped", "a got 1"});
    } else {
      CHECK(s.seen() == words{"end a stopped"});
      CHECK(a.ended());
      CHECK(s.system.dead().count(dead_reason::stopped) == 1);
    }
  }
}

TEST_CASE("a ref's stop() is final, whatever the policy") {
  stage s;
  s.supervise({}, s.kids.children("a", "b"));
  const actor_ref a = s["a"];
  a.stop();
  s.scheduler.run();
  CHECK(a.ended());
  CHECK(s.seen() == words{"start a", "start b", "end a stopped"});
  CHECK(s.sup->children()[0].state == child_state::stopped);
  CHECK(s.sup->children()[1].state == child_state::running);
}

TEST_CASE("one_for_all restarts them all, and their mail waits") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    stage s{seed};
    s.supervise(with(one_for_all), s.kids.children("a", "b", "c"));
    s.seen();
    s["b"].tell(payload::of(fails));
    s["b"].tell(payload::of(7));
    s.scheduler.run();
    words log = s.seen();
    CHECK(std::erase(log, "b got 7") == 1);  // as soon as b has started
    CHECK(log == words{"end b failed", "end c halted", "end a halted",
                       "start a after halted", "start b after failed",
                       "start c after halted"});
    CHECK(s.system.dead().total() == 1);
  }
}

TEST_CASE("rest_for_one restarts those that came after") {
  stage s;
  s.supervise(with(rest_for_one), s.kids.children("a", "b", "c"));
  s.seen();
  s.tell("b", fails);
  CHECK(s.seen() == words{"end b failed", "end c halted",
                          "start b after failed", "start c after halted"});
}

TEST_CASE("a restart waits for its backoff, and keeps what comes meanwhile") {
  supervision_terms terms;
  terms.max_restarts = 10;
  terms.backoff = {.at_once = 0, .initial = 1s, .jitter = 0.0};
  stage s;
  s.supervise(terms, s.kids.children("a"));
  s.tell("a", fails);
  s.tell("a", 1);
  CHECK(s.seen() == words{"start a", "end a failed"});
  CHECK(s.sup->children()[0].state == child_state::waiting);
  s.scheduler.advance(1s - 1ns);
  s.scheduler.run();
  CHECK(s.seen().empty());
  s.scheduler.advance(1ns);
  s.scheduler.run();
  CHECK(s.seen() == words{"start a after failed", "a got 1"});
}

TEST_CASE("all is not quiet while a restart is to come") {
  supervision_terms terms;
  terms.backoff = {.at_once = 0, .initial = 1s, .jitter = 0.0};
  stage s;
  s.supervise(terms, s.kids.children("a"));
  s.tell("a", fails);
  const auto quiet = s.system.when_quiet();
  CHECK_FALSE(quiet->done());
  s.scheduler.advance(1s);
  s.scheduler.run();
  CHECK(quiet->done());
}

// --- giving up

TEST_CASE("at the top, giving up is a failure that ends them all") {
  stage s;
  std::vector<std::string> told;
  std::vector<std::string> ended;
  s.system.set_end_observer([&](const actor_cell& c, stop_reason why) {
    ended.push_back(c.name() + " " + std::string{to_string(why)});
  });
  const auto sup =
      supervisor::make(with(one_for_one), s.kids.children("a", "b"),
                       [&](const std::string& w) { told.push_back(w); })
          .value();
  const actor_ref ref = s.supervise(sup);
  const actor_ref a = s["a"];
  s.tell("a", fails);
  s.seen();
  a.tell(payload::of(fails));
  a.tell(payload::of(1));
  s.scheduler.run();
  CHECK(s.seen() == words{"end a failed", "end b halted"});
  CHECK(ref.ended());
  CHECK(a.ended());
  CHECK(ref.cell().end_reason() == stop_reason::failed);
  CHECK(told == words{"supervisor 'sup' gives up: more than 1 restart within "
                      "5 s; the last to end was 'a': a broke"});
  CHECK(ended.back() == "sup failed");
  CHECK(s.system.dead().count(dead_reason::stopped) == 1);
}

TEST_CASE("a supervisor's supervisor restarts it, with refs and mail kept") {
  stage s;
  const auto inner =
      family::make_supervisor(with(one_for_one), s.kids.children("a", "b"));
  s.supervise(with(one_for_one),
              {family::nested("inner", inner), s.kids.child("c")});
  const actor_ref a = s["a"];
  s.tell("a", fails);
  CHECK(s.seen() == words{"start a", "start b", "start c", "end a failed",
                          "start a after failed"});
  a.tell(payload::of(fails));
  a.tell(payload::of(5));
  s.scheduler.run();
  words log = s.seen();
  CHECK(std::erase(log, "a got 5") == 1);
  CHECK(log == words{"end a failed", "end b halted", "start a after failed",
                     "start b after halted"});
  CHECK(s["a"] == a);
  CHECK(s["inner"].cell().restarts() == 1);
}

TEST_CASE("escalation goes up to the top") {
  stage s;
  const auto inner =
      family::make_supervisor(with(one_for_one, 0), s.kids.children("a"));
  const auto middle = family::make_supervisor(with(one_for_one, 0),
                                              {family::nested("inner", inner)});
  const actor_ref top =
      s.supervise(with(one_for_one, 0),
                  {s.kids.child("z"), family::nested("middle", middle)});
  s.seen();
  s.tell("a", fails);
  CHECK(s.seen() == words{"end a failed", "end z halted"});
  CHECK(top.cell().end_reason() == stop_reason::failed);
  CHECK(s.system.actors().empty());
}

TEST_CASE("a supervisor inside a group is restarted with its children") {
  stage s;
  const auto inner =
      family::make_supervisor(with(one_for_one), s.kids.children("a", "b"));
  s.supervise(with(one_for_all),
              {s.kids.child("x"), family::nested("inner", inner)});
  const actor_ref a = s["a"];
  s.seen();
  s.tell("x", fails);
  CHECK(s.seen() == words{"end x failed", "end b halted", "end a halted",
                          "start x after failed", "start a after halted",
                          "start b after halted"});
  CHECK(s["a"] == a);
}

TEST_CASE("temporary and added children are gone after its restart") {
  stage s;
  const auto inner = family::make_supervisor(
      with(one_for_one, 0),
      {s.kids.child("a"), s.kids.child("t", restart_policy::temporary)});
  s.supervise(with(one_for_one), {family::nested("inner", inner)});
  CHECK(s.fine(inner->start_child(s.kids.child("added"))));
  const actor_ref added = s["added"];
  const actor_ref t = s["t"];
  s.seen();
  s.tell("a", fails);
  CHECK(s.seen() == words{"end a failed", "end added halted", "end t halted",
                          "start a after failed"});
  CHECK(added.ended());
  CHECK(t.ended());
  CHECK(inner->children().size() == 1);
}

// --- stop

TEST_CASE("stop() ends the children first, in reverse, then itself") {
  stage s;
  const actor_ref ref = s.supervise({}, s.kids.children("a", "b", "c"));
  const actor_ref b = s["b"];
  b.tell(payload::of(1));
  ref.stop();
  s.scheduler.run();
  CHECK(s.seen() == words{"start a", "start b", "start c", "b got 1",
                          "end c halted", "end b halted", "end a halted"});
  CHECK(ref.ended());
  CHECK(ref.cell().end_reason() == stop_reason::stopped);
  CHECK(b.ended());
}

TEST_CASE("the system's shutdown goes by trees, each in reverse order") {
  stage s;
  const auto inner = family::make_supervisor({}, s.kids.children("a", "b"));
  s.supervise({}, {family::nested("inner", inner), s.kids.child("c")});
  s.supervise(family::make_supervisor({}, s.kids.children("x", "y")), "later");
  s.seen();
  const auto all = s.system.begin_shutdown(10s);
  s.scheduler.run();
  CHECK(all->done());
  CHECK(s.seen() == words{"end y halted", "end x halted", "end c halted",
                          "end b halted", "end a halted"});
}

TEST_CASE("a child that doesn't stop is killed at its deadline") {
  stage s;
  const actor_ref ref =
      s.supervise({}, {s.kids.child("a"),
                       s.kids.child(child_terms{.name = "b", .shutdown = 3s})});
  s.kids.set_deaf("b");
  s.seen();
  ref.stop();
  s.scheduler.run();
  s.scheduler.advance(3s - 1ns);
  s.scheduler.run();
  CHECK(s.seen().empty());
  s.scheduler.advance(1ns);
  s.scheduler.run();
  CHECK(s.seen() == words{"end b killed", "end a halted"});
  CHECK(ref.ended());
}

TEST_CASE(
    "a killed supervisor takes its children along, and its own restarts "
    "all") {
  stage s;
  const auto inner = family::make_supervisor({}, s.kids.children("a", "b"));
  s.supervise({}, {family::nested("inner", inner)});
  const actor_ref a = s["a"];
  s.seen();
  s["inner"].kill();
  s.scheduler.run();
  CHECK(s["a"] == a);
  const auto log = s.seen();
  CHECK(std::ranges::count(log, "end a killed") == 1);
  CHECK(std::ranges::count(log, "end b killed") == 1);
  REQUIRE(log.size() == 4);
  CHECK(words{log[2], log[3]} ==
        words{"start a after killed", "start b after killed"});
}

TEST_CASE("a killed supervisor at the top ends its children for good") {
  stage s;
  const actor_ref ref = s.supervise({}, s.kids.children("a", "b"));
  const actor_ref a = s["a"];
  ref.kill();
  s.scheduler.run();
  CHECK(ref.ended());
  CHECK(a.ended());
  CHECK(s.system.actors().empty());
}

TEST_CASE("one that is down for good lets go of its children") {
  stage s;
  const auto inner =
      family::make_supervisor(with(one_for_one, 0), s.kids.children("a"));
  supervision_terms slow = with(one_for_one, 10);
  slow.backoff = {.at_once = 0, .initial = 10s, .jitter = 0.0};
  const actor_ref top = s.supervise(slow, {family::nested("inner", inner)});
  const actor_ref a = s["a"];
  s.tell("a", fails);  // inner is down, a kept for it
  a.tell(payload::of(1));
  CHECK_FALSE(a.ended());
  CHECK(s.fine(s.sup->terminate_child("inner")));
  CHECK(a.ended());
  CHECK(s.system.dead().count(dead_reason::stopped) == 1);
  const auto late = inner->start_child(s.kids.child("d"));
  CHECK_FALSE(s.fine(late));
}

// --- operations

TEST_CASE("start_child answers with its ref") {
  stage s;
  s.supervise({}, s.kids.children("a"));
  const auto answer = s.sup->start_child(s.kids.child("b"));
  CHECK(s.fine(answer));
  CHECK(answer->child == s["b"]);
  CHECK(s.sup->children().size() == 2);
}

TEST_CASE("a start_child that fails says why, and nothing is left") {
  stage s;
  s.supervise({}, s.kids.children("a"));
  s.kids.set_unstartable("b");
  const auto answer = s.sup->start_child(s.kids.child("b"));
  CHECK_FALSE(s.fine(answer));
  CHECK(answer->done.why().what.detail == "no b today");
  CHECK(s.sup->children().size() == 1);
  CHECK(s.system.actors().size() == 2);
}

TEST_CASE("terminate_child, restart_child, delete_child") {
  stage s;
  s.supervise({}, s.kids.children("a", "b"));
  const actor_ref before = s["a"];
  before.tell(payload::of(1));
  CHECK_FALSE(s.fine(s.sup->delete_child("a")));
  CHECK_FALSE(s.fine(s.sup->restart_child("a")));
  CHECK(s.fine(s.sup->terminate_child("a")));
  CHECK(before.ended());
  CHECK(s.sup->children()[0].state == child_state::stopped);
  const auto again = s.sup->restart_child("a");
  CHECK(s.fine(again));
  CHECK(again->child == s["a"]);
  CHECK(s.fine(s.sup->terminate_child(s["a"].id())));
  CHECK(s.fine(s.sup->delete_child("a")));
  CHECK_FALSE(s.fine(s.sup->restart_child("a")));
  CHECK(s.sup->children().size() == 1);
}

TEST_CASE(
    "a name is free at once for who comes next, over many interleavings") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    stage s{seed};
    s.supervise(
        {}, {s.kids.child("a", restart_policy::temporary), s.kids.child("b")});
    const auto gone = s.sup->terminate_child("a");
    const auto next = s.sup->start_child(s.kids.child("a"));
    const auto stopped = s.sup->terminate_child("b");
    const auto back = s.sup->restart_child("b");
    s.scheduler.run();
    CHECK(gone->done.has_value());
    CHECK(stopped->done.has_value());
    // Asked while the other was still there, or after.
    if (next->done.has_value()) {
      CHECK(next->child == s["a"]);
    }
    if (back->done.has_value()) {
      CHECK(back->child == s["b"]);
    }
    REQUIRE(next->done.done());
    REQUIRE(back->done.done());
  }
}

TEST_CASE("an operation on one that has ended is refused at once") {
  stage s;
  const actor_ref ref = s.supervise({}, s.kids.children("a"));
  ref.stop();
  s.scheduler.run();
  const auto answer = s.sup->terminate_child("a");
  REQUIRE(answer->done.done());
  CHECK(answer->done.why().what.code == errc::stopped);
}

TEST_CASE("a supervisor takes no messages") {
  stage s;
  const actor_ref ref = s.supervise({}, s.kids.children("a"));
  const auto answer = ref.ask(payload::of(1));
  s.scheduler.run();
  REQUIRE(answer->done());
  CHECK(answer->why().what.code == errc::no_handler);
  CHECK(s.system.dead().count(dead_reason::no_handler) == 1);
}

TEST_CASE("the supervisor behind an actor is found, and behind others none") {
  stage s;
  const actor_ref ref = s.supervise({}, s.kids.children("a"));
  CHECK(supervisor::behind(ref.cell()) == s.sup.get());
  CHECK(supervisor::behind(s["a"].cell()) == nullptr);
}

TEST_CASE("many alike: added, ended, forgotten") {
  stage s;
  s.supervise(with(restart_strategy::simple_one_for_one, 5), {});
  std::vector<actor_ref> all;
  for (int i = 0; i < 100; ++i) {
    child_spec spec = s.kids.child("w" + std::to_string(i));
    spec.terms.name.clear();
    const auto answer = s.sup->start_child(std::move(spec));
    CHECK(s.fine(answer));
    all.push_back(answer->child);
  }
  CHECK(s.fine(s.sup->terminate_child(all[7].id())));
  CHECK(all[7].ended());
  CHECK(s.sup->children().size() == 99);
  all[8].tell(payload::of(fails));
  s.scheduler.run();
  CHECK(all[8].cell().restarts() == 1);
}

TEST_CASE("one made for its child ends with it") {
  stage s;
  supervision_terms terms;
  terms.ends_when_childless = true;
  const actor_ref ref = s.supervise(terms, s.kids.children("a"));
  s["a"].stop();
  s.scheduler.run();
  CHECK(ref.ended());
  CHECK(ref.cell().end_reason() == stop_reason::stopped);
}

// --- whatever the interleaving

TEST_CASE("messages and kills in any order: nothing is lost, all comes back") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    stage s{seed};
    std::mt19937_64 random{seed};
    const auto strategy = static_cast<restart_strategy>(random() % 3);
    supervision_terms terms = with(strategy, std::nullopt);
    terms.backoff.at_once = static_cast<unsigned>(random() % 3);
    const auto inner = family::make_supervisor(with(one_for_one, 2),
                                               s.kids.children("d", "e"));
    s.supervise(terms, {s.kids.child("a"), s.kids.child("b"),
                        family::nested("inner", inner), s.kids.child("c")});
    const char* names[] = {"a", "b", "c", "d", "e"};
    std::uint64_t sent = 0;
    for (int i = 0; i < 60; ++i) {
      const char* name = names[random() % 5];
      switch (random() % 8) {
        case 0:
          s[name].kill();
          break;
        case 1:
          s[name].tell(payload::of(fails));
          ++sent;
          break;
        case 2:
          if (random() % 4 == 0) {
            s["inner"].kill();
          }
          break;
        case 3:
          s.scheduler.advance(50ms);
          break;
        default:
          s[name].tell(payload::of(static_cast<int>(i)));
          ++sent;
      }
      for (auto steps = random() % 6; steps > 0; --steps) {
        s.scheduler.step();
      }
    }
    s.scheduler.run_until_quiet();
    std::uint64_t handled = 0;
    for (const char* name : names) {
      handled += s[name].cell().handled();
      CHECK(s[name].cell().state() == actor_cell::life::running);
      CHECK(s[name].cell().mailbox_size() == 0);
    }
    CHECK(sent == handled + s.system.dead().total());
  }
}

}  // TEST_SUITE("supervisor")

}  // namespace
}  // namespace troupe
