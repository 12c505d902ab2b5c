// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/interpreter_pool.hpp"

#include <utility>

namespace troupe {
namespace {
constexpr std::size_t creator_limit = 2;
}  // namespace

interpreter_pool::interpreter_pool(create_function create, reaper& ended_by,
                                   std::size_t target)
    : create_{std::move(create)},
      reaper_{ended_by},
      target_{target},
      creators_{creator_limit, service_threads::duration::max()} {
  const std::lock_guard lock{m_};
  refill_locked();
}

interpreter_pool::~interpreter_pool() {
  shutdown();
}

void interpreter_pool::refill_locked() {
  while (!closed_ && warm_.size() + creating_ < target_ + takers_) {
    ++creating_;
    creators_.post([this] { create_one(); });
  }
}

void interpreter_pool::create_one() {
  const auto begin = clock::now();
  auto made = create_();
  const auto took = clock::now() - begin;

  const std::lock_guard lock{m_};
  --creating_;
  if (made) {
    stats_.creation_time += took;
    ++stats_.created;
    warm_.push_back(std::move(*made));
  } else {
    // Not tried again by itself: the next take() does.
    ++stats_.failed;
    if (warm_.size() + errors_.size() < takers_) {
      errors_.push_back(made.error());
    }
  }
  changed_.notify_one();
}

result<ref_ptr<interpreter>> interpreter_pool::take(
    std::optional<clock::time_point> deadline) {
  std::unique_lock lock{m_};
  ++takers_;
  refill_locked();
  const auto ready = [this] {
    return closed_ || !warm_.empty() || !errors_.empty();
  };
  if (deadline) {
    changed_.wait_until(lock, *deadline, ready);
  } else {
    changed_.wait(lock, ready);
  }
  --takers_;
  return taken_locked();
}

result<ref_ptr<interpreter>> interpreter_pool::taken_locked() {
  if (closed_) {
    return make_error(errc::stopped, "no new interpreters: shutting down");
  }
  if (!warm_.empty()) {
    auto taken = std::move(warm_.back());
    warm_.pop_back();
    refill_locked();
    return taken;
  }
  if (!errors_.empty()) {
    error cause = std::move(errors_.back());
    errors_.pop_back();
    return cause;
  }
  return make_error(errc::timed_out, "no interpreter was ready in time");
}

void interpreter_pool::shutdown() {
  {
    const std::lock_guard lock{m_};
    closed_ = true;
    changed_.notify_all();
  }
  creators_.shutdown();
  const std::lock_guard lock{m_};
  for (auto& home : std::exchange(warm_, {})) {
    reaper_.end(std::move(home));
  }
}

pool_stats interpreter_pool::stats() const {
  const std::lock_guard lock{m_};
  pool_stats now = stats_;
  now.warm = warm_.size();
  if (now.created != 0) {
    now.creation_time /= now.created;
  }
  return now;
}

}  // namespace troupe
