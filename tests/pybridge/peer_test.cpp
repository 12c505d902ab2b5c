// SPDX-License-Identifier: Apache-2.0
// Two systems of actors in one process, joined by a link as if they were two.
#include "pybridge/process/peer.hpp"

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pybridge/process/far_behaviour.hpp"
#include "scheduler/thread_scheduler.hpp"

namespace troupe {
namespace {

constexpr auto patience = std::chrono::seconds{60};

class plain_peer final : public peer {
public:
  using peer::peer;
  std::string describe() const override { return "the other side"; }
  bool counts_dead_letters() const noexcept override { return false; }
  mappable is_trusted() const noexcept override { return mappable::sealed; }
  mappable trusts() const noexcept override { return mappable::sealed; }
  // An actor of the other side's.
  result<void> on_other_frame(received_frame& f) override {
    auto cell = read_actor(f);
    if (!cell) {
      return cell.error();
    }
    payload who;
    who.attach(std::move(*cell));
    heard->set_value(std::move(who));
    return {};
  }
  void on_link_ended(const std::string& why) noexcept override {
    peer::on_link_ended(why);
    tell_importers({stop_reason::shutdown, why});
    over->set_value({});
  }
  void tell_of(actor_cell& cell) {
    frame_writer out{frame_kind::names};
    write_actor(out, cell);
    send(std::move(out).finish());
  }
  void close() { wire().close(); }

  ref_ptr<completion> heard = make_ref_counted<completion>();
  ref_ptr<completion> over = make_ref_counted<completion>();
};

// Answers with what it gets, and counts.
class echo final : public behaviour {
public:
  void on_message(actor_cell& self, envelope& e) override {
    ++count;
    if (e.reply_to != nullptr) {
      self.answer(e, e.content.clone());
    }
  }
  std::atomic<int> count{0};
};

struct side {
  side() = default;
  ~side() {
    actors.begin_shutdown(patience)->wait(patience);
    scheduler.stop();
  }
  thread_scheduler scheduler{{.workers = 2}};
  actor_system actors{scheduler};
  ref_ptr<plain_peer> other;
};

struct two_sides {
  two_sides() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) ==
            0);
    here.other = make_ref_counted<plain_peer>(here.actors, descriptor{ends[0]});
    there.other =
        make_ref_counted<plain_peer>(there.actors, descriptor{ends[1]});
    here.other->start();
    there.other->start();
  }
  ~two_sides() {
    here.other->close();
    here.other->over->wait(patience);
    there.other->over->wait(patience);
  }
  // What stands here for an actor there.
  actor_ref bring(const actor_ref& far) {
    there.other->tell_of(far.cell());
    REQUIRE(here.other->heard->wait(patience) == wait_result::done);
    return actor_ref{ref_ptr<actor_cell>{static_cast<actor_cell*>(
        here.other->heard->value().attachments()[0].get())}};
  }
  side here, there;
};

std::string text_of(const payload& p) {
  return {reinterpret_cast<const char*>(p.data()), p.size()};
}

// A value of the data layer: a text of less than 128 characters.
payload text(const std::string& characters) {
  payload p;
  const std::array head{std::byte{12},
                        static_cast<std::byte>(characters.size())};
  p.append(head.data(), head.size());
  p.append(characters.data(), characters.size());
  return p;
}

}  // namespace

TEST_SUITE("peer") {

TEST_CASE("a request crosses, and so does its answer" * doctest::timeout(120)) {
  two_sides both;
  const auto far = *both.there.actors.spawn(make_ref_counted<echo>());
  const auto near = both.bring(far);
  const auto answer = near.ask(text("hello"));
  REQUIRE(answer->wait(patience) == wait_result::done);
  REQUIRE(answer->has_value());
  CHECK(text_of(answer->value()).substr(2) == "hello");
}

TEST_CASE("more than the window crosses, and all is handled" *
          doctest::timeout(120)) {
  two_sides both;
  const auto code = make_ref_counted<echo>();
  const auto near = both.bring(*both.there.actors.spawn(code));
  for (int i = 0; i != 5000; ++i) {
    near.tell(text("x"));
  }
  REQUIRE(near.ask(text("last"))->wait(patience) == wait_result::done);
  CHECK(code->count == 5001);
  REQUIRE(both.here.actors.when_quiet()->wait(patience) == wait_result::done);
  CHECK(near.cell().handled() == 5001);
}

TEST_CASE("the end of the actor there is the end of the cell here" *
          doctest::timeout(120)) {
  two_sides both;
  const auto far = *both.there.actors.spawn(make_ref_counted<echo>());
  const auto near = both.bring(far);
  REQUIRE(near.ask(text("x"))->wait(patience) == wait_result::done);
  SUBCASE("when it stops") {
    far.stop();
  }
  SUBCASE("when it is stopped from here") {
    near.stop();
  }
  SUBCASE("after what was sent before") {
    near.stop_when_drained();
  }
  SUBCASE("when it is killed") {
    near.kill();
  }
  CHECK(near.cell().when_ended().wait(patience) == wait_result::done);
  CHECK(far.cell().when_ended().wait(patience) == wait_result::done);
}

TEST_CASE("the end of the link ends requests and cells" *
          doctest::timeout(120)) {
  class silent final : public behaviour {
    void on_message(actor_cell& self, envelope&) override {
      const turn_scope in_turn;
      kept_.push_back(self.keep());
    }
    void on_stop(actor_cell& self, stop_reason) noexcept override {
      const turn_scope in_turn;
      for (auto& e : kept_) {
        self.release(std::move(e));
      }
    }
    std::vector<envelope_ptr> kept_;
  };
  two_sides both;
  const auto near =
      both.bring(*both.there.actors.spawn(make_ref_counted<silent>()));
  const auto answer = near.ask(text("x"));
  both.there.other->close();
  CHECK(answer->wait(patience) == wait_result::done);
  CHECK_FALSE(answer->has_value());
  CHECK(near.cell().when_ended().wait(patience) == wait_result::done);
}

TEST_CASE("random frames do no harm" * doctest::timeout(300)) {
  for (unsigned seed = 0; seed != 100; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    side here;
    const auto known = *here.actors.spawn(make_ref_counted<echo>());
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) ==
            0);
    descriptor raw{ends[1]};
    here.other = make_ref_counted<plain_peer>(here.actors, descriptor{ends[0]});
    here.other->start();
    here.other->tell_of(known.cell());
    for (int i = 0; i != 50; ++i) {
      frame_writer out{static_cast<frame_kind>(
          random() % static_cast<unsigned>(frame_kind::count_))};
      out.number(std::uint64_t{1});
      for (std::size_t n = random() % 64; n != 0; --n) {
        out.number(
            static_cast<std::uint8_t>(random() % (i % 2 == 0 ? 6 : 256)));
      }
      const frame f = std::move(out).finish();
      static_cast<void>(
          ::send(raw.get(), f.bytes.data(), f.bytes.size(), MSG_NOSIGNAL));
    }
    raw.close();
    CHECK(here.other->over->wait(patience) == wait_result::done);
  }
}

}  // TEST_SUITE("peer")
}  // namespace troupe
