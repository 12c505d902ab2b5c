// SPDX-License-Identifier: Apache-2.0
// Who is told of dead letters: listeners, and the log.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "actors/actor_system.hpp"
#include "actors/dead_letter_log.hpp"
#include "actors/group.hpp"
#include "scheduler/manual_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using std::chrono::seconds;
using testing::make_scripted;
using testing::number_in;

class notebook final : public dead_letter_listener {
public:
  void on_dead_letter(const dead_letter& d) noexcept override {
    ++count;
    last = std::string{to_string(d.reason)} + " " + d.sender_name + ">" +
           d.receiver_name;
    if (then) {
      then();
    }
  }
  void on_closed() noexcept override { ++closed; }

  std::atomic<int> count{0};
  std::atomic<int> closed{0};
  std::string last;
  std::function<void()> then;
};

class stage {
public:
  stage() {
    log = make_ref_counted<dead_letter_log>(
        scheduler, [this](const std::string& line) { lines.push_back(line); },
        [](const envelope& e) {
          return "no. " + std::to_string(number_in(e));
        });
    system.dead().listen(log);
  }
  ~stage() {
    system.begin_shutdown(seconds{1});
    scheduler.run();
  }
  actor_ref gone(const std::string& name) {
    const auto ref =
        system
            .spawn(make_scripted([](actor_cell&, envelope&) {}), {.name = name})
            .value();
    ref.stop();
    scheduler.run();
    return ref;
  }

  manual_scheduler scheduler;
  actor_system system{scheduler};
  ref_ptr<dead_letter_log> log;
  std::vector<std::string> lines;
};

TEST_SUITE("dead letters") {

TEST_CASE("a listener is told who, to whom and why, until it is taken away") {
  stage s;
  const auto notes = make_ref_counted<notebook>();
  s.system.dead().listen(notes);
  const actor_ref dead = s.gone("dead");
  const auto sender = s.system
                          .spawn(make_scripted([&](actor_cell&, envelope&) {
                                   dead.tell(payload::of(1));
                                 }),
                                 {.name = "sender"})
                          .value();
  sender.tell(payload::of(0));
  s.scheduler.run();
  CHECK(notes->last == "stopped sender>dead");
  dead.tell(payload::of(2));
  CHECK(notes->last == "stopped >dead");
  static_cast<void>(group{s.system, "g"}.tell([] {
    auto e = make_envelope();
    e->content = payload::of(3);
    return e;
  }()));
  CHECK(notes->last == "no_receiver >group 'g'");
  CHECK(notes->count == 3);
  s.system.dead().unlisten(notes.get());
  dead.tell(payload::of(4));
  CHECK(notes->count == 3);
  CHECK(s.system.dead().total() == 4);
}

TEST_CASE("a dead letter that telling of one causes is counted and not told") {
  stage s;
  const auto notes = make_ref_counted<notebook>();
  s.system.dead().listen(notes);
  const actor_ref dead = s.gone("dead");
  notes->then = [&] { dead.tell(payload::of(2)); };
  dead.tell(payload::of(1));
  CHECK(notes->count == 1);
  CHECK(s.system.dead().total() == 2);
}

TEST_CASE("the first of a kind are shown, then they are counted") {
  stage s;
  const actor_ref dead = s.gone("dead");
  const actor_ref other = s.gone("other");
  for (int i = 1; i <= 10; ++i) {
    dead.tell(payload::of(i));
  }
  other.tell(payload::of(1));
  CHECK(s.lines ==
        std::vector<std::string>{"dead letter (stopped): no. 1 to 'dead'",
                                 "dead letter (stopped): no. 2 to 'dead'",
                                 "dead letter (stopped): no. 3 to 'dead'",
                                 "dead letter (stopped): no. 1 to 'other'"});
  s.lines.clear();
  s.scheduler.advance(seconds{10});
  CHECK(s.lines == std::vector<std::string>{
                       "dead letter (stopped): 7 more in the last 10 s, to "
                       "'dead'"});
  s.lines.clear();
  dead.tell(payload::of(11));  // still going on
  other.tell(payload::of(2));
  CHECK(s.lines ==
        std::vector<std::string>{"dead letter (stopped): no. 2 to 'other'"});
  s.scheduler.advance(seconds{20});
  s.lines.clear();
  dead.tell(payload::of(12));  // a new burst
  CHECK(s.lines.size() == 1);
}

TEST_CASE("the log is at rest when nothing dies") {
  stage s;
  s.gone("dead").tell(payload::of(1));
  s.scheduler.run_until_quiet();  // comes back: no timer repeats
}

TEST_CASE("many receivers don't make many lines") {
  stage s;
  for (int i = 0; i != 100; ++i) {
    s.gone("dead-" + std::to_string(i)).tell(payload::of(i));
  }
  CHECK(s.lines.size() == dead_letter_log::kinds);
  s.scheduler.advance(seconds{10});
  CHECK(s.lines.back() ==
        "dead letters: 80 more in the last 10 s, to other receivers");
}

TEST_CASE("what its asker is told isn't shown") {
  stage s;
  static_cast<void>(s.gone("dead").ask(payload::of(1)));
  const auto late =
      s.system
          .spawn(make_scripted([](actor_cell& self, envelope& e) {
            static_cast<completion&>(*e.reply_to)
                .set_fault({make_error(errc::timed_out, "too late"), {}});
            self.answer(e, payload::of(1));
          }))
          .value();
  static_cast<void>(late.ask(payload::of(5)));
  s.scheduler.run();
  CHECK(s.system.dead().count(dead_reason::late_reply) == 1);
  CHECK(s.lines.empty());
}

TEST_CASE("nothing is shown from the end of the system on") {
  stage s;
  const actor_ref dead = s.gone("dead");
  for (int i = 0; i != 5; ++i) {
    dead.tell(payload::of(i));
  }
  s.system.begin_shutdown(seconds{1});
  CHECK(s.lines.back() ==
        "dead letter (stopped): 2 more in the last 10 s, to 'dead'");
  const auto before = s.lines.size();
  dead.tell(payload::of(1));
  s.scheduler.run();
  CHECK(s.lines.size() == before);
}

TEST_CASE("listeners come and go while letters die on threads" *
          doctest::timeout(60)) {
  stage s;
  const actor_ref dead = s.gone("dead");
  std::vector<std::thread> threads;
  std::atomic<bool> done{false};
  std::atomic<int> seen{0};
  std::atomic<int> unused{0};
  class counting final : public dead_letter_listener {
  public:
    explicit counting(std::atomic<int>& n) : n_{n} {}
    void on_dead_letter(const dead_letter&) noexcept override { ++n_; }

  private:
    std::atomic<int>& n_;
  };
  const auto always = make_ref_counted<counting>(seen);
  s.system.dead().unlisten(s.log.get());
  s.system.dead().listen(always);
  for (int t = 0; t != 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i != 500; ++i) {
        dead.tell(payload::of(i));
      }
    });
  }
  threads.emplace_back([&] {
    while (!done.load()) {
      const auto passing = make_ref_counted<counting>(unused);
      s.system.dead().listen(passing);
      s.system.dead().unlisten(passing.get());
    }
  });
  for (int t = 0; t != 3; ++t) {
    threads[static_cast<std::size_t>(t)].join();
  }
  done = true;
  threads[3].join();
  CHECK(seen == 1500);
}

}  // TEST_SUITE("dead letters")

}  // namespace
}  // namespace troupe
