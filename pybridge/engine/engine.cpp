// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/engine.hpp"

#include <cstdio>
#include <system_error>
#include <thread>
#include <utility>

#include "actors/asking/waiting.hpp"
#include "actors/dead_letter_log.hpp"
#include "base/random_seed.hpp"
#include "pybridge/data/shared_buffer.hpp"
#include "pybridge/engine/dead_letter_feed.hpp"
#include "pybridge/engine/python_isolate.hpp"
#include "pybridge/process/crossing.hpp"
#include "pybridge/process/launch_command.hpp"
#include "pybridge/process/parent_process.hpp"
#include "pybridge/process/process_behaviour.hpp"
#include "scheduler/stepped_scheduler.hpp"
#include "scheduler/thread_scheduler.hpp"

namespace troupe {
namespace {

constexpr std::size_t main_lane = 0;  // of the scheduler's dedicated workers
constexpr std::string_view shared_prefix = "shared:";
constexpr std::string_view process_prefix = "process:";

std::size_t workers_or_cores(std::size_t workers) {
  return workers != 0
             ? workers
             : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

std::unique_ptr<scheduler> make_scheduler(const engine_options& options) {
  if (options.seed) {
    return std::make_unique<stepped_scheduler>(
        stepped_scheduler_options{.seed = *options.seed,
                                  .turn_limit = options.turn_limit,
                                  .looks_for_signals = true});
  }
  return std::make_unique<thread_scheduler>(
      thread_scheduler_options{.workers = workers_or_cores(options.workers)});
}

// A signal (a second Ctrl-C) doesn't make an ordered end a hasty one.
bool wait_uninterrupted(scheduler& s, completion& c, clock_duration timeout) {
  const clock_duration end = s.now() + timeout;
  drive_result result = drive_result::interrupted;
  while (result == drive_result::interrupted) {
    const clock_duration left = end - s.now();
    result = wait_for(s, c, {.timeout = std::max(left, clock_duration{0})});
  }
  return result == drive_result::done;
}

bool is_process(const std::string& home) {
  return home == "process" || (home.starts_with(process_prefix) &&
                               home.size() > process_prefix.size());
}

std::string home_of_far(const ref_ptr<behaviour>& code) {
  if (const auto* spawned =
          dynamic_cast<const process_behaviour*>(code.get())) {
    return spawned->home();
  }
  return "another process";
}

}  // namespace

engine::engine(runtime& r, engine_options options)
    : runtime_{r},
      scheduler_{make_scheduler(options)},
      recycler_{options.recycle ? std::move(options.recycler) : nullptr},
      hooks_{std::move(options.hooks)},
      pool_{[&r] { return r.create(); }, reaper_,
            options.seed ? 0 : options.warm_interpreters},
      actors_{*scheduler_, this},
      main_home_{make_ref_counted<shared_home>(
          *scheduler_,
          make_ref_counted<python_isolate>(ref_ptr<interpreter>{&r.main()},
                                           nullptr),
          main_lane)},
      processes_{std::make_unique<process_homes>(
          actors_, [this] { return how_to_launch(); })},
      ask_timeout_{options.ask_timeout.count()},
      seed_{options.seed} {
  if (scheduler_->steps()) {
    actors_.set_quantum(1);
  }
  // Not in a system that is stepped: the log's timer would be one more step.
  if (options.dead_letter_log.value_or(r.shows_warnings()) && !options.seed) {
    actors_.dead().listen(make_ref_counted<dead_letter_log>(
        *scheduler_,
        [](const std::string& line) {
          std::fprintf(stderr, "troupe: %s\n", line.c_str());
        },
        describe_message));
  }
  actors_.set_end_observer([this](const actor_cell&, stop_reason reason) {
    failures_.fetch_add(reason == stop_reason::failed,
                        std::memory_order_relaxed);
  });
}

engine::~engine() {
  std::optional<detached> no_gil;
  if (PyThreadState_GetUnchecked() != nullptr) {
    no_gil.emplace();
  }
  settle();
}

void engine::settle() {
  pool_.shutdown();
  reaper_.shutdown();
}

result<ref_ptr<interpreter>> engine::take_interpreter() {
  auto taken = recycler_ != nullptr ? recycler_->take() : pool_.take();
  if (!taken) {
    return taken;
  }
  if (const auto renewed = runtime_.renew(**taken); !renewed) {
    reaper_.end(*taken);
    return renewed.error();
  }
  return taken;
}

interpreter_end& engine::interpreters_end() noexcept {
  if (recycler_ != nullptr) {
    return *recycler_;
  }
  return reaper_;
}

ref_ptr<behaviour> engine::make_code(ref_ptr<interpreter> home,
                                     actor_recipe recipe) {
  if (hooks_ == nullptr) {
    return make_ref_counted<python_behaviour>(*this, std::move(home),
                                              std::move(recipe));
  }
  const std::string target = recipe.target();
  return hooks_->wrap(make_ref_counted<python_behaviour>(*this, std::move(home),
                                                         std::move(recipe)),
                      target);
}

result<engine::place> engine::shared_place(const std::string& name) {
  const std::lock_guard lock{mutex_};
  if (const auto known = shared_.find(name); known != shared_.end()) {
    return known->second;
  }
  auto taken = take_interpreter();
  if (!taken) {
    return taken.error();
  }
  place p{*taken, nullptr,
          make_ref_counted<shared_home>(
              *scheduler_, make_ref_counted<python_isolate>(*taken, nullptr))};
  return shared_.emplace(name, std::move(p)).first->second;
}

result<engine::place> engine::find_place(const std::string& home) {
  if (home == "main") {
    return place{ref_ptr<interpreter>{&runtime_.main()}, nullptr, main_home_};
  }
  if (home.starts_with(shared_prefix) && home.size() > shared_prefix.size()) {
    return shared_place(home.substr(shared_prefix.size()));
  }
  if (home != "own") {
    return make_error(errc::invalid_argument,
                      "there is no home '" + home +
                          "'; use \"own\", \"main\", \"shared:NAME\", "
                          "\"process\" or \"process:NAME\"");
  }
  return own_place();
}

result<engine::place> engine::own_place() {
  auto taken = take_interpreter();
  if (!taken) {
    return taken.error();
  }
  return place{*taken,
               make_ref_counted<python_isolate>(*taken, &interpreters_end()),
               nullptr};
}

result<std::optional<lane_choice>> engine::find_lane(const engine_spawn& what) {
  if (what.thread == thread_choice::any) {
    return std::optional<lane_choice>{};
  }
  const bool dedicated = what.thread == thread_choice::dedicated;
  if (what.home != "own") {
    return make_error(errc::invalid_argument,
                      std::string{"spawn("} +
                          (dedicated ? "dedicated" : "pinned") +
                          "=True) is for actors in a home of their own; one in "
                          "home '" +
                          what.home + "' runs where that home runs");
  }
  try {
    return std::optional{dedicated
                             ? lane_choice{scheduler_->acquire_lane(), true}
                             : lane_choice{scheduler_->shared_lane(), false}};
  } catch (const std::system_error& e) {
    return make_error(errc::not_found, e.what());
  }
}

// A restart in a home of its own gets a fresh interpreter; in a shared one the
// actor stays where it is.
class engine::recipe_source final : public incarnation_source {
public:
  recipe_source(engine& e, const actor_recipe& recipe, const place& first)
      : engine_{e},
        recipe_{recipe.clone()},
        shared_{first.shared != nullptr ? first.in : nullptr} {}

  result<incarnation> make() override {
    place where{shared_, nullptr, nullptr};
    if (shared_ == nullptr) {
      auto own = engine_.own_place();
      if (!own) {
        return own.error();
      }
      where = std::move(*own);
    }
    return incarnation{engine_.make_code(where.in, recipe_.clone()),
                       std::move(where.alone)};
  }

private:
  engine& engine_;  // outlives its actors
  const actor_recipe recipe_;
  const ref_ptr<interpreter> shared_;
};

result<actor_ref> engine::spawn(engine_spawn what) {
  const auto lane = find_lane(what);
  if (!lane) {
    return lane.error();
  }
  auto spawned = spawn_on(std::move(what), *lane);
  if (!spawned && *lane && (*lane)->released) {
    scheduler_->release_lane((*lane)->index);
  }
  return spawned;
}

result<actor_ref> engine::spawn_on(engine_spawn what,
                                   std::optional<lane_choice> lane) {
  if (is_process(what.home)) {
    return spawn_far(std::move(what));
  }
  auto found = find_place(what.home);
  if (!found) {
    return found.error();
  }
  what.recipe.private_module = found->shared != nullptr;
  if (what.options.parent != nullptr) {
    what.options.source =
        make_ref_counted<recipe_source>(*this, what.recipe, *found);
  }
  what.options.alone = std::move(found->alone);
  what.options.home = std::move(found->shared);
  what.options.lane = lane;
  if (what.options.name.empty() && scheduler_->steps()) {
    what.options.name = next_name(what.recipe);
  }
  auto code = make_code(found->in, std::move(what.recipe));
  return actors_.spawn(what.wrap ? what.wrap(std::move(code)) : std::move(code),
                       std::move(what.options));
}

// --- Child processes ---

class engine::process_source final : public incarnation_source {
public:
  process_source(process_homes& homes, std::string home, const far_recipe& what)
      : homes_{homes}, home_{std::move(home)}, what_{what.clone()} {}

  result<incarnation> make() override {
    return incarnation{
        make_ref_counted<process_behaviour>(homes_, home_, what_.clone()),
        nullptr};
  }

private:
  process_homes& homes_;  // outlive the actors
  const std::string home_;
  const far_recipe what_;
};

// The cell has the mailbox; the rest is for the actor over there.
result<actor_ref> engine::spawn_far(engine_spawn what) {
  if (scheduler_->steps()) {
    return make_error(errc::invalid_argument,
                      "a TestSystem can't step through what happens in another "
                      "process: test the actor in home \"main\"");
  }
  if (!can_cross(what.recipe.arguments)) {
    return make_error(errc::invalid_argument, cant_cross_words);
  }
  shared_buffer::share_from_now_on();
  std::string name = what.home.size() > process_prefix.size()
                         ? what.home.substr(process_prefix.size())
                         : std::string{};
  far_recipe recipe{
      std::move(what.recipe.module),    std::move(what.recipe.class_name),
      std::move(what.recipe.arguments), what.options.concurrency,
      what.options.stash_capacity,      what.options.time_limit};
  what.options.concurrency =
      process_behaviour::first_window(recipe.concurrency);
  what.options.stash_capacity = 0;
  what.options.time_limit = {};
  what.options.far = true;
  if (what.options.parent != nullptr) {
    what.options.source =
        make_ref_counted<process_source>(*processes_, name, recipe);
  }
  return actors_.spawn(make_ref_counted<process_behaviour>(
                           *processes_, std::move(name), std::move(recipe)),
                       std::move(what.options));
}

// The settings are those of now: a restart has the same as a new actor.
result<process_launch> engine::how_to_launch() {
  {
    const std::lock_guard lock{mutex_};
    if (!launch_command_.empty()) {
      return process_launch{launch_command_, runtime_.settings_text()};
    }
  }
  auto command = find_launch_command(runtime_);
  if (!command) {
    return command.error();
  }
  const std::lock_guard lock{mutex_};
  launch_command_ = std::move(*command);
  return process_launch{launch_command_, runtime_.settings_text()};
}

void engine::set_parent(parent_process& parent) {
  parent_ = &parent;
  keeps_parent_ = ref_ptr<ref_counted>{&parent};
}

std::string engine::home_of(const actor_cell& cell) const {
  if (cell.far()) {
    return home_of_far(const_cast<actor_cell&>(cell).code());
  }
  const shared_home* const home = cell.home();
  if (home == main_home_.get()) {
    return "main";
  }
  if (home == nullptr) {
    return cell.lane()
               ? cell.lane()->released ? "own, dedicated thread" : "own, pinned"
               : "own";
  }
  const std::lock_guard lock{mutex_};
  for (const auto& [name, place] : shared_) {
    if (place.shared.get() == home) {
      return std::string{shared_prefix} + name;
    }
  }
  return "shared";
}

std::uint64_t engine::draw_seed() {
  return seed_ ? *seed_ + ++seeds_drawn_ : random_seed();
}

// The same in each run with the same seed, as ids are not.
std::string engine::next_name(const actor_recipe& recipe) {
  const std::lock_guard lock{mutex_};
  const std::string& what =
      recipe.class_name.empty() ? recipe.module : recipe.class_name;
  const auto dot = what.find_last_of('.');
  const std::string last =
      dot == std::string::npos ? what : what.substr(dot + 1);
  return last + "-" + std::to_string(++named_);
}

bool engine::is_stopped() const {
  const std::lock_guard lock{mutex_};
  return stopped_;
}

std::vector<std::string> engine::names_left() const {
  std::vector<std::string> names;
  for (const actor_ref& ref : actors_.actors()) {
    names.push_back(ref.name());
  }
  return names;
}

bool engine::wait_timed(completion& c, clock_duration limit,
                        clock_duration& took) {
  const clock_duration begin = scheduler_->now();
  const bool in_time = wait_uninterrupted(*scheduler_, c, limit);
  took = scheduler_->now() - begin;
  return in_time;
}

// Whether all actors have ended.
bool engine::run_phases(const shutdown_terms& terms, shutdown_report& report) {
  if (terms.drain && !actors_.closing()) {
    actors_.begin_drain();
    report.drained =
        wait_timed(*actors_.when_quiet(), *terms.drain, report.draining) &&
        !actors_.closing();
  }
  const auto all_ended = actors_.begin_shutdown(terms.timeout);
  if (scheduler_->steps() &&
      static_cast<stepped_scheduler&>(*scheduler_).runs_turn()) {
    // Time doesn't pass while it runs, and it may never end.
    for (const actor_ref& ref : actors_.actors()) {
      ref.kill();
    }
  }
  const clock_duration until_kill = actors_.kills_at() - scheduler_->now();
  const bool in_time = wait_timed(*all_ended, until_kill, report.stopping) ||
                       wait_timed(*all_ended, terms.kill, report.killing);
  report.killed = actors_.killed();
  return in_time;
}

shutdown_report engine::shut_down(const shutdown_terms& terms) {
  shutdown_report report;
  if (is_stopped()) {
    report.left = names_left();  // whoever is left has had its deadline
    return report;
  }
  const bool in_time = run_phases(terms, report);
  report.left = names_left();
  const std::lock_guard lock{mutex_};
  if (std::exchange(stopped_, true)) {
    return report;
  }
  pool_.shutdown();
  if (in_time) {
    processes_->wait_until_gone(child_process::patience);
    scheduler_->stop();
    for (const auto& [name, shared] : shared_) {
      interpreters_end().end(shared.in);
    }
    shared_.clear();
    if (recycler_ != nullptr) {
      recycler_->settle();
    }
    reaper_.shutdown();
  }
  return report;
}

}  // namespace troupe
