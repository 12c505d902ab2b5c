// SPDX-License-Identifier: Apache-2.0
#include "actors/asking/arrivals.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/manual_scheduler.hpp"

namespace troupe {
namespace {

using namespace std::chrono_literals;
using indices = std::vector<std::size_t>;

struct several {
  explicit several(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      each.push_back(make_ref_counted<completion>());
    }
  }
  ~several() {
    for (const auto& waiting : waits) {
      waiting->close();  // what is never answered would keep it alive
    }
  }
  several(const several&) = delete;
  several& operator=(const several&) = delete;

  ref_ptr<arrivals> wait() {
    waits.push_back(arrivals::of(each));
    return waits.back();
  }
  void answer(std::size_t i) const { each[i]->set_value({}); }
  void fail(std::size_t i) const {
    each[i]->set_fault({make_error(errc::failed, "no"), {}});
  }

  std::vector<ref_ptr<completion>> each;
  std::vector<ref_ptr<arrivals>> waits;
};

TEST_SUITE("arrivals") {

TEST_CASE("they are taken in the order in which they come") {
  several requests{4};
  requests.answer(3);
  requests.answer(1);
  const auto all = requests.wait();
  CHECK(all->take() == indices{1, 3});  // done before: in the order given
  requests.answer(2);
  requests.fail(0);
  CHECK(all->take() == indices{2, 0});
  CHECK(all->take().empty());
}

TEST_CASE("a wait for some ends with the last of these") {
  several requests{3};
  const auto all = requests.wait();
  const auto two = all->next(2, false);
  requests.fail(0);
  CHECK_FALSE(two->done());
  requests.answer(1);
  CHECK(two->done());
}

TEST_CASE("a wait for some or a fault ends with the first fault") {
  several requests{3};
  const auto all = requests.wait();
  const auto enough = all->next(3, true);
  requests.answer(2);
  CHECK_FALSE(enough->done());
  requests.fail(0);
  CHECK(enough->done());
}

TEST_CASE("what has come before and wasn't taken counts for the next wait") {
  several requests{3};
  const auto all = requests.wait();
  requests.answer(0);
  CHECK(all->next(1, false)->done());
  CHECK_FALSE(all->next(2, false)->done());
  all->take();
  CHECK_FALSE(all->next(1, false)->done());
  CHECK(all->next(0, false)->done());
}

TEST_CASE("one completion may be waited for twice") {
  const auto c = make_ref_counted<completion>();
  const auto all = arrivals::of({c, c});
  c->set_value({});
  CHECK(all->take() == indices{0, 1});
}

TEST_CASE("after close() nothing comes, and others still do") {
  several requests{2};
  const auto closed = requests.wait();
  const auto other = requests.wait();
  closed->close();
  requests.answer(0);
  CHECK(closed->take().empty());
  CHECK(other->take() == indices{0});
}

TEST_CASE("a deadline that passes is an arrival") {
  manual_scheduler clock;
  several requests{2};
  requests.each[0]->set_deadline(clock, 3s);
  const auto all = requests.wait();
  clock.run_until_quiet();
  CHECK(all->take() == indices{0});
}

TEST_CASE("none is lost when many threads answer" * doctest::timeout(60)) {
  constexpr std::size_t count = 64;
  constexpr std::size_t threads = 4;
  for (int round = 0; round < 50; ++round) {
    several requests{count};
    const auto all = requests.wait();
    std::vector<std::thread> answerers;
    for (std::size_t t = 0; t < threads; ++t) {
      answerers.emplace_back([&, t] {
        for (std::size_t i = t; i < count; i += threads) {
          requests.answer(i);
        }
      });
    }
    indices taken;
    while (taken.size() < count) {
      REQUIRE(all->next(1, false)->wait(std::nullopt) == wait_result::done);
      std::ranges::copy(all->take(), std::back_inserter(taken));
    }
    for (auto& t : answerers) {
      t.join();
    }
    std::ranges::sort(taken);
    REQUIRE(std::ranges::adjacent_find(taken) == taken.end());
  }
}

}  // TEST_SUITE("arrivals")

}  // namespace
}  // namespace troupe
