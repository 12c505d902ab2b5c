// SPDX-License-Identifier: Apache-2.0
#include "actors/actor_system.hpp"

#include <utility>

#include "actors/shared_home.hpp"

namespace troupe {
namespace {

// Process-wide, so that an id never means two actors, whatever the system.
actor_id next_id() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return static_cast<actor_id>(last.fetch_add(1, std::memory_order_relaxed) +
                               1);
}

}  // namespace

actor_system::actor_system(scheduler& s, ref_counted* owner)
    : scheduler_{s}, owner_{owner} {
  scheduler_.set_on_quiet([this] { check_quiet(); });
}

actor_system::~actor_system() {
  scheduler_.set_on_quiet({});
}

result<actor_ref> actor_system::spawn(ref_ptr<behaviour> what,
                                      spawn_options options) {
  const actor_id id = next_id();
  if (options.name.empty()) {
    options.name = "actor-" + std::to_string(static_cast<std::uint64_t>(id));
  }
  const actor_cell* const here = actor_cell::current();
  const actor_id spawner = here == nullptr ? actor_id::nobody : here->id();
  actor_ref ref;
  {
    const std::lock_guard lock{mutex_};
    if (closing()) {
      return make_error(errc::stopped, "can't spawn '" + options.name +
                                           "': the system is shutting down");
    }
    ref = actor_ref{make_ref_counted<actor_cell>(
        *this,
        actor_cell::setting{.id = id,
                            .name = options.name,
                            .spawner = spawner,
                            .mailbox_capacity = options.mailbox_capacity,
                            .overflow = options.overflow,
                            .redirect = std::move(options.redirect),
                            .concurrency = options.concurrency,
                            .stash_capacity = options.stash_capacity,
                            .time_limit = options.time_limit,
                            .alone = std::move(options.alone),
                            .home = std::move(options.home),
                            .lane = options.lane,
                            .parent = std::move(options.parent),
                            .source = std::move(options.source),
                            .far = options.far},
        std::move(what))};
    if (!names_.admit(ref, options.listed)) {
      return make_error(errc::already_exists,
                        "can't spawn '" + ref.name() +
                            "': an actor of this name runs already");
    }
    actors_.emplace(id, ref);
  }
  if (options.listed) {
    names_.announce(ref.name());
  }
  ref.cell().signal(envelope_kind::start);
  return ref;
}

std::optional<actor_ref> actor_system::find(actor_id id) const {
  const std::lock_guard lock{mutex_};
  const auto found = actors_.find(id);
  return found == actors_.end() ? std::nullopt : std::optional{found->second};
}

ref_ptr<actor_cell> actor_system::find_cell(actor_id id) const {
  const auto found = find(id);
  return ref_ptr<actor_cell>{found ? &found->cell() : nullptr};
}

std::string actor_system::name_of(actor_id id) const {
  const ref_ptr<actor_cell> cell = find_cell(id);
  return cell == nullptr ? std::string{} : cell->name();
}

std::vector<actor_ref> actor_system::actors() const {
  const std::lock_guard lock{mutex_};
  std::vector<actor_ref> all;
  all.reserve(actors_.size());
  for (const auto& [id, ref] : actors_) {
    all.push_back(ref);
  }
  return all;
}

void actor_system::forget(const actor_cell& cell, stop_reason reason) noexcept {
  if (end_observer_) {
    end_observer_(cell, reason);
  }
  actor_ref last;  // released after the lock
  {
    const std::lock_guard lock{mutex_};
    const auto found = actors_.find(cell.id());
    last = std::move(found->second);
    actors_.erase(found);
    ++ending_;
  }
  names_.release(cell.id());
}

// The last that an actor does here: the system may be gone when it returns.
void actor_system::has_ended() noexcept {
  {
    const std::lock_guard lock{mutex_};
    --ending_;
  }
  if (closing()) {
    stop_next();
  }
}

ref_ptr<completion> actor_system::begin_shutdown(
    std::chrono::nanoseconds deadline) {
  ref_ptr<completion> waiting;  // for a quiet that may never come now
  // Set before the lock is taken: schedulers have locks of their own.
  const timer_id timer = scheduler_.after(deadline, [this] { kill_all(); });
  {
    std::unique_lock lock{mutex_};
    if (all_ended_ != nullptr) {
      lock.unlock();
      scheduler_.cancel(timer);
      return all_ended_;
    }
    all_ended_ = make_ref_counted<completion>();
    closing_.store(true, std::memory_order_relaxed);
    kills_at_ = scheduler_.now() + deadline;
    deadline_ = timer;
    waiting = std::exchange(quiet_, nullptr);
  }
  if (waiting != nullptr) {
    waiting->set_value({});
  }
  names_.close();
  dead_.close();
  stop_next();
  return all_ended_;
}

// Whichever comes first begins it.
void actor_system::begin_drained_shutdown(std::chrono::nanoseconds drain,
                                          std::chrono::nanoseconds deadline) {
  begin_drain();
  const auto begin = [this, deadline] { begin_shutdown(deadline); };
  scheduler_.after(drain, begin);
  when_quiet()->on_done([this, begin] { scheduler_.after({}, begin); });
}

clock_duration actor_system::kills_at() const {
  const std::lock_guard lock{mutex_};
  return kills_at_;
}

std::vector<std::string> actor_system::killed() const {
  const std::lock_guard lock{mutex_};
  return killed_;
}

// Each end calls it again, so the next actor stops when this one is gone.
void actor_system::stop_next() {
  actor_ref newest;
  timer_id deadline = timer_id::none;
  {
    const std::lock_guard lock{mutex_};
    if (actors_.empty() && ending_ != 0) {
      return;  // the last of those calls it again
    }
    if (actors_.empty()) {
      deadline = std::exchange(deadline_, timer_id::none);
    } else {
      newest = next_to_stop_locked();
    }
  }
  if (newest) {
    newest.stop();
    return;
  }
  if (deadline != timer_id::none) {
    scheduler_.cancel(deadline);
  }
  all_ended_->set_value({});
}

// A supervisor ends its children; those that are left have none any more. While
// they end nobody else has his turn, and they may be many.
actor_ref actor_system::next_to_stop_locked() {
  if (const auto last = actors_.find(stopping_); last != actors_.end()) {
    return last->second;
  }
  for (auto at = actors_.rbegin(); at != actors_.rend(); ++at) {
    if (at->second.cell().parent() == nullptr) {
      stopping_ = at->first;
      return at->second;
    }
  }
  return actors_.rbegin()->second;
}

void actor_system::kill_all() noexcept {
  const auto left = actors();
  {
    const std::lock_guard lock{mutex_};
    for (const actor_ref& ref : left) {
      killed_.push_back(ref.name());
    }
  }
  for (const actor_ref& ref : left) {
    ref.kill();
    ref.cell().terminate();  // one that is down has nothing to kill
  }
}

ref_ptr<completion> actor_system::when_quiet() {
  ref_ptr<completion> next;
  {
    const std::lock_guard lock{mutex_};
    if (quiet_ == nullptr) {
      quiet_ = make_ref_counted<completion>();
    }
    next = quiet_;
    ++quiet_asked_;
  }
  check_quiet();  // the scheduler tells only of changes
  return next;
}

// Who asked comes first, and only then whether it is quiet: else the quiet of
// an instant before could be taken for an answer to somebody who has just sent.
void actor_system::check_quiet() {
  ref_ptr<completion> reached;
  std::uint64_t asked = 0;
  const auto take_if_asked = [&](std::uint64_t so_often) {
    const std::lock_guard lock{mutex_};
    if (asked = quiet_asked_; asked == so_often) {
      reached = std::exchange(quiet_, nullptr);
    }
    return quiet_ != nullptr;  // somebody has asked in the meantime
  };
  while (take_if_asked(asked) && is_quiet()) {
  }
  if (reached != nullptr) {
    reached->set_value({});
  }
}

// What has ended is read before, what was begun after the instant at which
// nothing ran: if they are the same, nothing was under way at that instant.
bool actor_system::is_quiet() const {
  const std::uint64_t ended = work_ended_.load();
  return scheduler_.quiet() && work_begun_.load() == ended;
}

}  // namespace troupe
