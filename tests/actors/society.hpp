// SPDX-License-Identifier: Apache-2.0
// Actors that do anything to each other at random: send, ask, forward, stash,
// keep, watch, link, start timers, fail, stop, kill, spawn. All is counted, so
// that in the end every message must have been handled or be a dead letter.
//
// Any scheduler, any thread. With a manual scheduler a seed says it all.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "actors/actor_system.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe::testing {

class society {
public:
  struct terms {
    std::uint64_t seed;
    std::size_t size = 8;    // so many live at a time, or a few less
    bool may_block = false;  // handlers wait for answers; needs real threads
    bool bounded = true;     // mailboxes of all policies; else without limit
  };

  society(scheduler& s, const terms& t)
      : terms_{t}, clock_{s}, system_{s}, seats_(t.size) {
    for (auto& home : homes_) {
      home = make_ref_counted<shared_home>(s, make_ref_counted<nowhere>());
    }
    // One that is there before all others, so that somebody always is.
    seats_[0] =
        system_.spawn(make_scripted([](actor_cell&, envelope&) {})).value();
    for (std::size_t i = 1; i != t.size; ++i) {
      spawn_one();
    }
  }
  society(const society&) = delete;
  society& operator=(const society&) = delete;

  /// From outside: a message that leads to about `hops` others.
  void send(int hops) {
    ++sent_;
    pick().tell(payload::of(hops));
  }
  /// From outside: in the place of one that has ended, if there is one.
  void spawn() { spawn_one(); }
  /// From outside: somebody ends, one way or the other.
  void strike() { end(pick()); }

  actor_system& system() { return system_; }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t spawned() const { return spawned_; }
  std::uint64_t restarts() const { return restarts_; }
  std::uint64_t deadlocks() const { return deadlocks_; }
  std::uint64_t dead() {
    // An answer that came too late is no message.
    return system_.dead().total() -
           system_.dead().count(dead_reason::late_reply);
  }
  std::uint64_t handled() {
    const std::lock_guard lock{mutex_};
    std::uint64_t all = handled_by_the_gone_;
    for (const actor_ref& a : seats_) {
      all += a ? a.cell().handled() : 0;  // a seat may have stayed empty
    }
    return all;
  }

  /// When the system has shut down.
  void check() {
    CAPTURE(terms_.seed);
    CHECK(system_.actors().empty());
    CHECK(handled() > 0);
    CHECK(handled() + dead() == sent_);
    CHECK(answered_ == asked_);
    CHECK(system_.when_quiet()->done());
    const std::lock_guard lock{mutex_};
    for (const actor_ref& a : seats_) {
      if (!a) {
        continue;
      }
      CHECK(a.ended());
      CHECK_FALSE(a.cell().muted());
      CHECK(a.cell().mailbox_size() == 0);
    }
  }

private:
  class nowhere final : public isolate {
    void enter() noexcept override {}
    void leave() noexcept override {}
  };

  // Restarts what went down: at once, later, or never.
  class guardian final : public child_observer {
  public:
    explicit guardian(society& s) : society_{s} {}
    void on_child_down(actor_cell& child, stop_reason,
                       const fault*) noexcept override {
      const auto choice = society_.draw(10);
      if (choice == 0 || society_.system_.closing()) {
        return child.terminate();
      }
      ++society_.restarts_;
      if (choice < 7) {
        return child.restart();
      }
      society_.clock_.after(
          std::chrono::milliseconds{choice},
          [cell = ref_ptr<actor_cell>{&child}] { cell->restart(); });
    }
    void on_child_started(actor_cell&, const fault*) noexcept override {}
    void on_child_ended(actor_cell&, stop_reason) noexcept override {}

  private:
    society& society_;
  };

  class citizen final : public behaviour {
  public:
    explicit citizen(society& s) : society_{s} {}

    std::optional<fault> on_start(actor_cell&) override {
      return society_.draw(20) == 0
                 ? std::optional{fault{make_error(errc::failed, "unwell"), {}}}
                 : std::nullopt;
    }
    void on_message(actor_cell& self, envelope& e) override {
      const turn_scope in_turn;
      const int hops = number_in(e);
      if (hops > 0) {
        live(self, e, hops);
      }
      if (self.at_hand() != nullptr && society_.draw(3) != 0) {
        self.answer(*self.at_hand(), payload::of(1));
      }
    }
    void on_ready(actor_cell& self) override {
      const turn_scope in_turn;
      if (!kept_.empty()) {
        give_back(self, 0);
      }
    }
    void on_timer(actor_cell& self, timer_token which) override {
      const turn_scope in_turn;
      society_.send(2);
      if (++ticks_ % 4 == 0) {
        self.cancel_timer(which);
      }
    }
    void on_down(actor_cell&, const end_notice&) override { society_.send(1); }
    void on_exit(actor_cell&, const end_notice&) override { society_.send(1); }
    void on_receive_timeout(actor_cell& self) override {
      const turn_scope in_turn;
      self.set_receive_timeout(clock_duration::zero());
    }
    void on_stop(actor_cell& self, stop_reason) noexcept override {
      const turn_scope in_turn;
      while (!kept_.empty()) {
        give_back(self, kept_.size() - 1);
      }
      society_.send(0);  // its last words
    }

  private:
    void live(actor_cell& self, envelope& e, int hops) TROUPE_REQUIRES(turn) {
      switch (society_.draw(16)) {
        case 0:
          return move_message(self);
        case 1:
          return bind(self);
        case 2:
          return time(self);
        case 3:
          return keep(self);
        case 4:
          return ask(self, hops);
        case 5:
          return end_something(self, e);
        case 6:
          society_.spawn_one();
          return;
        default:
          society_.pass_on(hops);
      }
    }

    // Somewhere else, or aside.
    void move_message(actor_cell& self) TROUPE_REQUIRES(turn) {
      switch (society_.draw(4)) {
        case 0:
          return self.unstash_all();
        case 1:
          return self.forward(society_.pick().cell());
        default:
          static_cast<void>(self.stash());
      }
    }
    void bind(actor_cell& self) TROUPE_REQUIRES(turn) {
      const actor_ref one = society_.pick();
      actor_cell& other = one.cell();
      switch (society_.draw(6)) {
        case 0:
          return self.unwatch(other);
        case 1:
          return self.link(other);
        case 2:
          return self.unlink(other);
        case 3:
          return self.trap_exit(society_.draw(2) == 0);
        default:
          return self.watch(other);
      }
    }
    void time(actor_cell& self) TROUPE_REQUIRES(turn) {
      const timer_token token{society_.draw(3)};
      const std::chrono::milliseconds delay{society_.draw(5)};
      switch (society_.draw(4)) {
        case 0:
          self.cancel_timer(token);
          return;
        case 1:
          return self.set_receive_timeout(delay);
        case 2:
          return self.start_timer(token, delay, std::chrono::milliseconds{3});
        default:
          return self.start_timer(token, delay);
      }
    }
    void keep(actor_cell& self) TROUPE_REQUIRES(turn) {
      kept_.push_back(self.keep());
      const ref_ptr<actor_cell> cell{&self};
      society_.clock_.after(std::chrono::microseconds{society_.draw(2000)},
                            [cell] { cell->signal(envelope_kind::ready); });
    }
    void give_back(actor_cell& self, std::size_t index) TROUPE_REQUIRES(turn) {
      envelope_ptr e = std::move(kept_[index]);
      kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(index));
      if (society_.draw(2) == 0) {
        self.answer(*e, payload::of(2));
      }
      self.release(std::move(e));
    }
    void ask(actor_cell& self, int hops) TROUPE_REQUIRES(turn) {
      const auto answer = society_.ask(hops - 1);
      switch (society_.draw(4)) {
        case 0:
          answer->set_fault({make_error(errc::cancelled, "no matter"), {}});
          break;
        case 1:
          if (society_.terms_.may_block &&
              self.wait(*answer, std::chrono::milliseconds{5}) ==
                  wait_result::deadlock) {
            ++society_.deadlocks_;
          }
          break;
        default:
          break;
      }
    }
    void end_something(actor_cell& self, envelope& e) TROUPE_REQUIRES(turn) {
      switch (society_.draw(8)) {
        case 0:
        case 1:
          return self.fail(e, {make_error(errc::failed, "by chance"), {}});
        case 2:
          return self.fail_self({make_error(errc::failed, "all of it"), {}});
        case 3:
          return self.stop_self();
        default:
          return end(society_.pick());
      }
    }

    society& society_;
    std::vector<envelope_ptr> kept_;
    unsigned ticks_ = 0;
  };

  class birth final : public incarnation_source {
  public:
    explicit birth(society& s) : society_{s} {}
    result<incarnation> make() override {
      if (society_.draw(20) == 0) {
        return make_error(errc::failed, "no room at the inn");
      }
      return incarnation{make_ref_counted<citizen>(society_), nullptr};
    }

  private:
    society& society_;
  };

  static void end(const actor_ref& who) {
    // By its id: what is drawn here must not count as a draw of an actor.
    switch (static_cast<std::uint64_t>(who.id()) % 5) {
      case 0:
        return who.stop();
      case 1:
        return who.stop_when_drained();
      case 2:
        return who.cell().parent() != nullptr ? who.cell().halt() : who.kill();
      default:
        return who.kill();
    }
  }

  // A number below `limit`: splitmix64 of how many were drawn before.
  std::uint64_t draw(std::uint64_t limit) {
    std::uint64_t z =
        (terms_.seed * 1'000'003 + ++drawn_) * 0x9e37'79b9'7f4a'7c15;
    z = (z ^ (z >> 30U)) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ (z >> 27U)) * 0x94d0'49bb'1331'11eb;
    return (z ^ (z >> 31U)) % limit;
  }

  actor_ref pick() {
    const std::uint64_t seat = draw(seats_.size());
    const std::lock_guard lock{mutex_};
    return seats_[seat] ? seats_[seat] : seats_[0];
  }

  void pass_on(int hops) {
    for (std::uint64_t n = 1 + (draw(4) == 0); n != 0; --n) {
      if (draw(8) != 0) {
        send(hops - 1);
        continue;
      }
      ++sent_;
      auto e = make_envelope();
      e->content = payload::of(hops - 1);
      e->urgent = true;
      pick().cell().deliver_or_bury(std::move(e));
    }
  }

  ref_ptr<completion> ask(int hops) {
    ++sent_;
    ++asked_;
    auto answer = pick().ask(payload::of(hops));
    answer->on_done([this] { ++answered_; });
    return answer;
  }

  // In the place of one that has ended, if there is one.
  void spawn_one() {
    spawn_options options;
    options.stash_capacity = 3;
    options.concurrency = 1 + draw(3);
    if (terms_.bounded && draw(3) != 0) {
      options.mailbox_capacity = 1 + draw(12);
      options.overflow = static_cast<overflow_policy>(draw(6));
    }
    if (options.overflow == overflow_policy::redirect) {
      options.redirect.reset(&pick().cell());
    }
    if (draw(3) == 0) {
      options.home = homes_[draw(homes_.size())];
    }
    if (draw(2) == 0) {
      options.parent = guardian_;
      options.source = birth_;
    }
    const std::size_t seat = free_seat();
    if (seat == seats_.size()) {
      return;
    }
    auto spawned =
        system_.spawn(make_ref_counted<citizen>(*this), std::move(options));
    if (spawned) {
      ++spawned_;
      sit(seat, *spawned);
    }
  }

  std::size_t free_seat() {
    const std::lock_guard lock{mutex_};
    std::size_t seat = 0;
    while (seat != seats_.size() && seats_[seat] && !seats_[seat].ended()) {
      ++seat;
    }
    return seat;
  }

  // The seat may have been taken meanwhile; then it ends, and who sat there
  // stays.
  void sit(std::size_t seat, actor_ref who) {
    {
      const std::lock_guard lock{mutex_};
      if (!seats_[seat] || seats_[seat].ended()) {
        std::swap(seats_[seat], who);
        if (who) {
          handled_by_the_gone_ += who.cell().handled();
        }
        return;
      }
    }
    who.stop();  // nobody knows it, so it gets no message
  }

  const terms terms_;
  scheduler& clock_;
  actor_system system_;
  std::array<ref_ptr<shared_home>, 2> homes_{};
  const ref_ptr<guardian> guardian_ = make_ref_counted<guardian>(*this);
  const ref_ptr<birth> birth_ = make_ref_counted<birth>(*this);

  std::atomic<std::uint64_t> drawn_{0};
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> spawned_{0};
  std::atomic<std::uint64_t> restarts_{0};
  std::atomic<std::uint64_t> deadlocks_{0};

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<actor_ref> seats_;
  std::uint64_t handled_by_the_gone_ = 0;
};

}  // namespace troupe::testing
