// SPDX-License-Identifier: Apache-2.0
#include "mailbox/envelope.hpp"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace troupe {
namespace {

TEST_SUITE("envelope") {

TEST_CASE("a recycled envelope starts empty again") {
  for (int round = 0; round < 300; ++round) {
    auto e = make_envelope();
    REQUIRE(e->content.empty());
    REQUIRE(e->sender == 0);
    REQUIRE(e->selector == symbol::none);
    REQUIRE(e->reply_to == nullptr);
    e->sender = 7;
    e->selector = intern("handler");
    e->content.append("text", 4);
  }
}

TEST_CASE("many live envelopes are distinct") {
  std::vector<envelope_ptr> live;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    live.push_back(make_envelope());
    live.back()->sender = i;
  }
  for (std::uint64_t i = 0; i < 1000; ++i) {
    CHECK(live[i]->sender == i);
  }
}

TEST_CASE("envelopes made by one thread and recycled by another are reused" *
          doctest::timeout(30)) {
  for (int round = 0; round < 50; ++round) {
    std::vector<envelope_ptr> batch;
    for (int i = 0; i < 500; ++i) {
      batch.push_back(make_envelope());
      batch.back()->content.append("content", 7);
    }
    std::thread{[&batch] { batch.clear(); }}.join();
    CHECK(batch.empty());
  }
}

}  // TEST_SUITE("envelope")

}  // namespace
}  // namespace troupe
