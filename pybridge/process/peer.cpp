// SPDX-License-Identifier: Apache-2.0
// peer: what both sides tell each other of actors. Messages and answers are in
// peer_messages.cpp, what is in them in peer_content.cpp.
#include "pybridge/process/peer.hpp"

#include <utility>

#include "actors/cell/end_notice.hpp"
#include "pybridge/process/far_behaviour.hpp"
#include "pybridge/process/remote_behaviour.hpp"

namespace troupe {
namespace {

constexpr auto longest_last_word = std::chrono::seconds{1};

}  // namespace

peer::peer(actor_system& system, descriptor socket)
    : system_{system},
      link_{make_ref_counted<link>(system.get_scheduler(), std::move(socket))} {
}

peer::~peer() = default;

// --- Sending ---

void peer::send(frame&& f, link::when w) {
  told_.tell([this](frame&& names) {
    link_->send(std::move(names), link::when::soon);
  });
  link_->send(std::move(f), w);
}

void peer::order(std::uint64_t target, far_order what) {
  frame_writer out{frame_kind::order};
  out.number(target);
  out.number(what);
  send(std::move(out).finish());
}

void peer::tell_link(std::uint64_t target, actor_cell& by, bool linked) {
  frame_writer out{frame_kind::link};
  out.number(target);
  out.number(static_cast<std::uint8_t>(linked));
  write_actor(out, by);
  send(std::move(out).finish());
}

// --- What comes: the service thread ---

result<void> peer::on_frame(received_frame& f) {
  switch (f.kind) {
    case frame_kind::symbols:
      return symbols_.read(f.body);
    case frame_kind::message:
      return on_message(f);
    case frame_kind::answer:
      return on_answer(f);
    case frame_kind::done:
      return on_done(f);
    case frame_kind::cancel:
      return on_cancel(f);
    case frame_kind::ended:
      return on_ended(f);
    case frame_kind::link:
      return on_link(f);
    case frame_kind::order:
      return on_order(f);
    default:
      return on_other_frame(f);
  }
}

result<void> peer::on_ended(received_frame& f) {
  const auto number = f.body.number<std::uint64_t>();
  const auto reason = f.body.number<stop_reason>();
  const bool has_fault = f.body.number<std::uint8_t>() != 0;
  if (!f.body.good() || reason > stop_reason::halted) {
    return unreadable("the end of an actor");
  }
  std::optional<fault> why;
  if (has_fault) {
    auto read = read_fault(f);
    if (!read) {
      return read.error();
    }
    why = std::move(*read);
  }
  if (const auto who = importer(number)) {
    who->post(actor_ended{reason, std::move(why)});
  } else {
    ended_early_.emplace(number, reason);
  }
  return {};
}

result<void> peer::on_link(received_frame& f) {
  const auto target = exports_.find(f.body.number<std::uint64_t>());
  const bool linked = f.body.number<std::uint8_t>() != 0;
  const auto by = read_actor(f);
  if (!by || target == nullptr) {
    return unreadable("a link between actors");
  }
  const auto code = (*by)->code();
  if (auto* const far = dynamic_cast<far_behaviour*>(code.get())) {
    far->post(link_asked{target, linked});
  }
  return {};
}

result<void> peer::on_order(received_frame& f) {
  const auto target = exports_.find(f.body.number<std::uint64_t>());
  const auto what = f.body.number<far_order>();
  if (!f.body.finished() || target == nullptr) {
    return unreadable("an order to an actor");
  }
  switch (what) {
    case far_order::stop:
      target->stop();
      break;
    case far_order::drain:
      actor_ref{target}.stop_when_drained();
      break;
    case far_order::terminate:
      target->terminate();
      break;
    case far_order::halt:
      target->halt();
      break;
    case far_order::kill:
      target->kill();
      break;
    default:
      return unreadable("an order to an actor");
  }
  return {};
}

// --- Ends ---

// Sent after the last message of an actor, to each cell that may have some of
// them; when all are gone, so are the messages before them.
class peer::last_word final : public ref_counted {
public:
  last_word(ref_ptr<peer> owner, std::uint64_t number, actor_cell& cell)
      : owner_{std::move(owner)}, number_{number}, cell_{&cell} {}

  void say() noexcept {
    if (!said_.exchange(true)) {
      owner_->tell_end_now(number_, *cell_);
    }
  }
  /// What holds it up: it is said when the last of these goes.
  class hold final : public ref_counted {
  public:
    explicit hold(ref_ptr<last_word> word) : word_{std::move(word)} {}

  private:
    ~hold() override { word_->say(); }
    const ref_ptr<last_word> word_;
  };

private:
  const ref_ptr<peer> owner_;
  const std::uint64_t number_;
  const ref_ptr<actor_cell> cell_;
  std::atomic<bool> said_{false};
};

void peer::tell_end(std::uint64_t number, actor_cell& cell) {
  const auto word =
      make_ref_counted<last_word>(ref_ptr<peer>{this}, number, cell);
  const auto held = make_ref_counted<last_word::hold>(word);
  std::vector<ref_ptr<actor_cell>> all;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [import, one] : imports_) {
      all.push_back(one.cell);
    }
  }
  const auto notice = make_ref_counted<end_notice>(
      ref_ptr<ref_counted>{&cell}, cell.id(), cell.name(), cell.end_reason(),
      std::string{});
  bool waits = false;
  for (const auto& one : all) {
    if (one != nullptr && one.get() != &cell && one->mailbox_size() != 0) {
      auto e = make_envelope();
      e->kind = static_cast<std::uint8_t>(envelope_kind::exit);
      e->content.attach(notice);
      e->content.attach(held);
      waits = one->notify(std::move(e)) || waits;
    }
  }
  if (waits) {
    // Whoever doesn't take his messages keeps nobody from hearing of an end.
    system_.get_scheduler().after(longest_last_word, [word] { word->say(); });
  }
}

// --- Actors of the other side ---

ref_ptr<far_behaviour> peer::importer(std::uint64_t number) {
  const std::lock_guard lock{mutex_};
  const auto found = imports_.find(number);
  return found == imports_.end() ? nullptr : found->second.who;
}

void peer::add_importer(std::uint64_t number, ref_ptr<far_behaviour> who,
                        actor_cell* cell) {
  const std::lock_guard lock{mutex_};
  imports_.insert_or_assign(
      number, importing{std::move(who), ref_ptr<actor_cell>{cell}});
}

void peer::remove_importer(std::uint64_t number) noexcept {
  importing last;  // released after the lock
  const std::lock_guard lock{mutex_};
  if (const auto found = imports_.find(number); found != imports_.end()) {
    last = std::move(found->second);
    imports_.erase(found);
  }
}

void peer::tell_importers(const peer_gone& how) noexcept {
  decltype(imports_) all;
  {
    const std::lock_guard lock{mutex_};
    all.swap(imports_);
  }
  for (const auto& [number, one] : all) {
    one.who->post(how);
  }
}

fault peer::gone_fault() const {
  return {make_error(errc::stopped,
                     "whoever should answer has ended with its process: " +
                         describe()),
          {}};
}

void peer::on_link_ended(const std::string&) noexcept {
  decltype(sent_) sent;
  decltype(answering_) answering;
  {
    const std::lock_guard lock{mutex_};
    sent.swap(sent_);
    answering.swap(answering_);
    confirmed_.clear();
    over_ = true;
  }
  for (auto& [number, request] : answering) {
    actor_cell::give_up(system_, *request);
  }
  for (auto& [number, message] : sent) {
    // Of those that are kept the owner answers, who knows what they came to.
    if (message.owner == nullptr && message.asker != nullptr) {
      message.asker->set_fault(gone_fault());
    }
  }
  for (const auto& cell : exports_.clear()) {
    cell->when_ended().forget(this);
  }
  imported_.clear();
}

}  // namespace troupe
