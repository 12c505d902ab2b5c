// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/child_process.hpp"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <system_error>
#include <utility>

#include "pybridge/process/name_question.hpp"

namespace troupe {
namespace {

// One that has closed its socket and lives on can't be of any use.
constexpr auto grace_without_link = std::chrono::milliseconds{200};

std::string words_of(const siginfo_t& ended) {
  if (ended.si_code == CLD_EXITED) {
    return "it ended with exit code " + std::to_string(ended.si_status);
  }
  const char* const name = ::sigabbrev_np(ended.si_status);
  return "it was killed by " +
         (name != nullptr ? "SIG" + std::string{name}
                          : "signal " + std::to_string(ended.si_status));
}

}  // namespace

child_process::child_process(actor_system& system, launched_process p)
    : peer{system, std::move(p.socket)},
      pid_{p.pid},
      gone_{make_ref_counted<completion>()},
      handle_{std::move(p.handle)} {}

child_process::~child_process() = default;

result<ref_ptr<child_process>> child_process::start(
    actor_system& system, const process_launch& what) {
  auto launched = launch_process(what);
  if (!launched) {
    return launched.error();
  }
  const ref_ptr<child_process> made{
      new child_process(system, std::move(*launched))};
  try {
    made->peer::start();
    made->watch();
  } catch (const std::system_error& e) {
    made->kill();
    siginfo_t ended{};
    ::waitid(P_PID, static_cast<id_t>(made->pid_), &ended, WEXITED);
    return make_error(errc::failed,
                      std::string{"can't watch a process: "} + e.what());
  }
  return made;
}

void child_process::watch() {
  exit_ = system().get_scheduler().watch(
      handle_.get(),
      [self = ref_ptr<child_process>{this}] { self->on_exited(); });
  exit_->arm();
}

// --- Actors in it ---

bool child_process::enter(std::uint64_t number, actor_cell& cell,
                          ref_ptr<far_behaviour> code) {
  {
    const std::lock_guard lock{state_mutex_};
    if (finishing_ || reaped_ || ended()) {
      return false;
    }
    members_.emplace(number, code);
  }
  tables().add_spawned(number, cell);
  add_importer(number, std::move(code), &cell);
  return true;
}

result<void> child_process::spawn(std::uint64_t number, const actor_cell& cell,
                                  const far_recipe& what,
                                  const ref_ptr<message_marks>& marks) {
  frame_writer out{frame_kind::spawn};
  out.attach(marks->native(), marks);
  out.number(number);
  out.text(cell.name());
  out.text(what.module);
  out.text(what.class_name);
  out.number(static_cast<std::uint64_t>(what.concurrency));
  out.number(static_cast<std::uint64_t>(what.stash_capacity));
  out.number(static_cast<std::int64_t>(what.time_limit.count()));
  if (const auto written =
          write_content(out, what.arguments, encoded_form::call);
      !written) {
    return written;
  }
  send(std::move(out).finish());
  return {};
}

void child_process::leave(std::uint64_t number) noexcept {
  remove_importer(number);
  ref_ptr<far_behaviour> last;  // released after the lock
  {
    const std::lock_guard lock{state_mutex_};
    if (const auto found = members_.find(number); found != members_.end()) {
      last = std::move(found->second);
      members_.erase(found);
    }
    if (!members_.empty() || std::exchange(finishing_, true)) {
      return;
    }
  }
  finish();
}

bool child_process::is_ending() const {
  const std::lock_guard lock{state_mutex_};
  return finishing_ || reaped_ || ended();
}

void child_process::ask_when_quiet(std::uint64_t look, std::uint64_t asked) {
  frame_writer out{frame_kind::when_quiet};
  out.number(look);
  out.number(asked);
  send(std::move(out).finish());
}

ref_ptr<completion> child_process::look() {
  auto text = make_ref_counted<completion>();
  const std::uint64_t number = next_number();
  expect(number, nullptr, text);
  frame_writer out{frame_kind::look};
  out.number(number);
  send(std::move(out).finish());
  return text;
}

// --- Its end ---

void child_process::finish() noexcept {
  wire().finish();
  kill_after(patience);
}

void child_process::kill_after(clock_duration delay) noexcept {
  const timer_id timer = system().get_scheduler().after(
      delay, [self = ref_ptr<child_process>{this}] { self->kill(); });
  timer_id before = timer_id::none;
  {
    const std::lock_guard lock{state_mutex_};
    before = std::exchange(deadline_, timer);
  }
  system().get_scheduler().cancel(before);
}

void child_process::kill(const std::string& why) noexcept {
  const std::lock_guard lock{state_mutex_};
  if (!reaped_) {  // else the number may be another's by now
    if (why_.empty()) {
      why_ = why;
    }
    ::kill(pid_, SIGKILL);
  }
}

// The service thread, as what follows.
void child_process::on_exited() noexcept {
  reap();
  wire().read_rest();
  if (link_over_) {
    is_gone();
  }
}

// A SIGCHLD handler of the program's may have been first.
void child_process::reap() noexcept {
  siginfo_t ended{};
  const bool known = ::waitid(P_PID, static_cast<id_t>(pid_), &ended,
                              WEXITED | WNOHANG) == 0 &&
                     ended.si_pid == pid_;
  const std::lock_guard lock{state_mutex_};
  reaped_ = true;
  if (why_.empty()) {
    why_ = known ? words_of(ended) : "somebody else has waited for it";
  }
}

void child_process::on_link_ended(const std::string& why) noexcept {
  peer::on_link_ended(why);
  link_over_ = true;
  bool finishing = false;
  {
    const std::lock_guard lock{state_mutex_};
    finishing = finishing_;
    if (reaped_) {
      return;  // on_exited() goes on
    }
  }
  if (!why.empty()) {
    kill("it sent what can't be read (" + why + "), and was killed for that");
  } else if (!finishing) {
    kill_after(grace_without_link);
  }
}

void child_process::is_gone() noexcept {
  exit_.reset();
  handle_.close();
  decltype(members_) members;
  peer_gone how{stop_reason::failed, {}};
  timer_id deadline = timer_id::none;
  {
    const std::lock_guard lock{state_mutex_};
    members.swap(members_);
    deadline = std::exchange(deadline_, timer_id::none);
    how.why = describe() + ": " + why_;
    if (finishing_) {
      how.reason = stop_reason::shutdown;
    }
  }
  system().get_scheduler().cancel(deadline);
  for (const auto& [number, who] : members) {
    remove_importer(number);
    who->post(how);
  }
  tell_importers(how);
  gone_->set_value({});
}

// --- What it tells ---

result<void> child_process::on_other_frame(received_frame& f) {
  switch (f.kind) {
    case frame_kind::started:
      return on_started(f);
    case frame_kind::stashed: {
      const auto number = f.body.number<std::uint64_t>();
      const auto count = f.body.number<std::uint64_t>();
      if (const auto who = importer(number)) {
        who->post(stash_changed{count});
      }
      return {};
    }
    case frame_kind::quiet: {
      const auto number = f.body.number<std::uint64_t>();
      const auto asked = f.body.number<std::uint64_t>();
      if (const auto who = importer(number)) {
        who->post(was_quiet{asked});
      }
      return {};
    }
    case frame_kind::dead_letter:
      return on_dead_letter(f);
    case frame_kind::names:
      return on_names(f);
    default:
      return unreadable("a frame that is for a child process");
  }
}

result<void> child_process::on_started(received_frame& f) {
  const auto number = f.body.number<std::uint64_t>();
  const bool started = f.body.number<std::uint8_t>() != 0;
  std::optional<fault> why_not;
  if (!started) {
    auto why = read_fault(f);
    if (!why) {
      return why.error();
    }
    why_not = std::move(*why);
  }
  if (const auto who = importer(number)) {
    who->post(actor_started{std::move(why_not)});
  }
  return {};
}

// Of a message between actors there, or to one here that couldn't be sent.
result<void> child_process::on_dead_letter(received_frame& f) {
  const auto reason = f.body.number<dead_reason>();
  const auto letter = make_envelope();
  letter->kind = f.body.number<std::uint8_t>();
  letter->selector = symbol_of(f.body.number<std::uint32_t>());
  if (!f.body.finished() || reason >= dead_reason::count_ ||
      letter->kind > static_cast<std::uint8_t>(envelope_kind::stop)) {
    return unreadable("a dead letter");
  }
  system().dead().note(*letter, actor_id::nobody, reason);
  return {};
}

// --- Names ---

result<void> child_process::on_names(received_frame& f) {
  const auto request = f.body.number<std::uint64_t>();
  const auto what = f.body.number<name_question>();
  const std::string name = f.body.text();
  ref_ptr<actor_cell> cell;
  if (what == name_question::add) {
    auto read = read_actor(f);
    if (!read) {
      return read.error();
    }
    cell = std::move(*read);
  }
  if (!f.body.finished() || what >= name_question::count_) {
    return unreadable("a question about a name");
  }
  registry& names = system().names();
  if (what == name_question::await) {
    answer_later(request, names.when_named(name));
    return {};
  }
  const auto c = make_ref_counted<completion>();
  if (what == name_question::lookup) {
    payload found;
    if (const auto ref = names.lookup(name)) {
      found.attach(ref_ptr<ref_counted>{&ref->cell()});
    }
    c->set_value(std::move(found));
  } else {
    const auto done = what == name_question::add
                          ? names.add(name, actor_ref{cell})
                          : names.remove(name);
    done ? c->set_value({}) : c->set_fault({done.error(), {}});
  }
  answer(request, *c, link::when::now);
  return {};
}

void child_process::answer_later(std::uint64_t request,
                                 const ref_ptr<completion>& c) {
  c->on_done([self = ref_ptr<child_process>{this}, request, c = c.get()] {
    self->answer(request, *c, link::when::now);
  });
}

}  // namespace troupe
