// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/parent_process.hpp"

#include <unistd.h>

#include <thread>
#include <utility>

#include "pybridge/engine/engine.hpp"
#include "pybridge/engine/tree.hpp"
#include "pybridge/process/far_behaviour.hpp"
#include "pybridge/process/hosted_behaviour.hpp"

namespace troupe {

// Each dead letter is told to the parent once: of a message of the parent's by
// its receipt, of any other here.
class parent_process::letters final : public dead_letter_listener {
public:
  explicit letters(ref_ptr<parent_process> parent)
      : parent_{std::move(parent)} {}

  void on_dead_letter(const dead_letter& d) noexcept override {
    receipt* const came = receipt_of(d.letter);
    if (came == nullptr || d.reason == dead_reason::late_reply) {
      parent_->tell_dead(d);
    } else {
      const bool waits = came->mark() && !came->mark().is_begun();
      came->fate().set(waits && d.reason == dead_reason::stopped
                           ? outcome::returned
                           : dead_of(d.reason));
    }
  }

private:
  const ref_ptr<parent_process> parent_;
};

parent_process::parent_process(engine& e, descriptor socket)
    : peer{e.actors(), std::move(socket)},
      engine_{e},
      over_{make_ref_counted<completion>()} {
  e.actors().dead().listen(
      make_ref_counted<letters>(ref_ptr<parent_process>{this}));
}

std::string parent_process::describe() const {
  return "process " + std::to_string(::getppid());
}

void parent_process::on_link_ended(const std::string& why) noexcept {
  peer::on_link_ended(why);
  tell_importers({stop_reason::shutdown, "this process is about to end"});
  over_->set_value({});
}

// --- Actors of the parent's ---

result<void> parent_process::on_other_frame(received_frame& f) {
  switch (f.kind) {
    case frame_kind::spawn:
      return on_spawn(f);
    case frame_kind::when_quiet:
      return on_when_quiet(f);
    case frame_kind::look:
      return on_look(f);
    default:
      return unreadable("a frame that is for a parent process");
  }
}

result<void> parent_process::on_spawn(received_frame& f) {
  if (f.descriptors.empty()) {
    return unreadable("an actor without marks");
  }
  auto marks = message_marks::map(std::move(f.descriptors[0]));
  if (!marks) {
    return marks.error();
  }
  f.descriptors.erase(f.descriptors.begin());
  const auto number = f.body.number<std::uint64_t>();
  engine_spawn what;
  what.options.name = f.body.text();
  what.recipe.module = f.body.text();
  what.recipe.class_name = f.body.text();
  what.options.concurrency = f.body.number<std::uint64_t>();
  what.options.stash_capacity = f.body.number<std::uint64_t>();
  what.options.time_limit = clock_duration{f.body.number<std::int64_t>()};
  auto arguments = read_content(f);
  if (!arguments || !f.body.finished()) {
    return unreadable("an actor to start");
  }
  what.recipe.arguments = std::move(*arguments);
  what.home = "main";
  what.options.mailbox_capacity = mailbox::unbounded;  // the parent's is not
  what.options.overflow = overflow_policy::fail;
  what.wrap = [this, number, marks = *marks](ref_ptr<behaviour> code) {
    return make_ref_counted<hosted_behaviour>(
        std::move(code), ref_ptr<parent_process>{this}, number, marks);
  };
  const auto spawned = engine_.spawn(std::move(what));
  if (!spawned) {
    const fault why{spawned.error(), {}};
    tell_started(number, &why);
    return {};
  }
  has_moved_in(number, spawned->cell(), *marks);
  actor_cell& cell = spawned->cell();
  cell.started().on_done([self = ref_ptr<parent_process>{this}, number,
                          started = &cell.started()] {
    self->tell_started(number,
                       started->has_value() ? nullptr : &started->why());
  });
  cell.when_ended().on_done([self = ref_ptr<parent_process>{this}, number,
                             ended = &cell] { self->tell_end(number, *ended); },
                            static_cast<peer*>(this));
  return {};
}

// Twice: its code may be quick, and so may be what the parent sends.
void parent_process::has_moved_in(std::uint64_t number, actor_cell& cell,
                                  ref_ptr<message_marks> marks) {
  {
    const std::lock_guard lock{marks_mutex_};
    marks_.emplace(cell.id(), std::move(marks));
  }
  tables().add_spawned(number, cell);
}

message_mark parent_process::mark_of(const actor_cell& receiver,
                                     std::uint32_t slot) {
  const std::lock_guard lock{marks_mutex_};
  const auto found = marks_.find(receiver.id());
  return found == marks_.end() || slot >= found->second->slots()
             ? message_mark{}
             : message_mark{found->second, slot};
}

void parent_process::tell_started(std::uint64_t number, const fault* why_not) {
  const auto begin = [number, why_not] {
    frame_writer out{frame_kind::started};
    out.number(number);
    out.number(static_cast<std::uint8_t>(why_not == nullptr));
    return out;
  };
  frame_writer out = begin();
  if (why_not != nullptr && !write_fault(out, *why_not)) {
    out = begin();
    static_cast<void>(write_fault(out, {why_not->what, {}}));
  }
  send(std::move(out).finish());
}

void parent_process::tell_stashed(std::uint64_t number, std::size_t stashed) {
  frame_writer out{frame_kind::stashed};
  out.number(number);
  out.number(static_cast<std::uint64_t>(stashed));
  send(std::move(out).finish());
}

// --- What the parent asks, and what it is told and asked ---

result<void> parent_process::on_when_quiet(received_frame& f) {
  const auto number = f.body.number<std::uint64_t>();
  const auto asked = f.body.number<std::uint64_t>();
  engine_.actors().when_quiet()->on_done(
      [self = ref_ptr<parent_process>{this}, number, asked] {
        self->flush_confirmed();
        frame_writer out{frame_kind::quiet};
        out.number(number);
        out.number(asked);
        self->send(std::move(out).finish());
      });
  return {};
}

// On a thread of its own: a look at a busy interpreter takes its time. The text
// is the words of a fault, since no other answer is plain words.
result<void> parent_process::on_look(received_frame& f) {
  const auto number = f.body.number<std::uint64_t>();
  std::thread{[self = ref_ptr<parent_process>{this},
               e = ref_ptr<engine>{&engine_}, number] {
    const auto c = make_ref_counted<completion>();
    c->set_fault({make_error(errc::failed, describe_tree(*e)), {}});
    self->answer(number, *c, link::when::now);
  }}.detach();
  return {};
}

void parent_process::tell_dead(const dead_letter& d) {
  frame_writer out{frame_kind::dead_letter};
  out.number(d.reason);
  out.number(d.letter.kind);
  out.number(d.letter.selector);
  send(std::move(out).finish());
}

ref_ptr<completion> parent_process::ask(name_question what,
                                        const std::string& name,
                                        actor_cell* who) {
  auto answer = make_ref_counted<completion>();
  if (ended()) {
    answer->set_fault(
        {make_error(errc::stopped, "the parent process has ended"), {}});
    return answer;
  }
  const std::uint64_t number = next_number();
  expect(number, nullptr, answer);
  frame_writer out{frame_kind::names};
  out.number(number);
  out.number(what);
  out.text(name);
  if (who != nullptr) {
    write_actor(out, *who);
  }
  send(std::move(out).finish());
  return answer;
}

}  // namespace troupe
