// SPDX-License-Identifier: Apache-2.0
// actor_cell: who is told of its end, and what it does about that of others.
#include <string>
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/cell/cell_extras.hpp"

namespace troupe {
namespace {

fault linked_end(const end_notice& what) {
  std::string words = "actor '" + what.name() +
                      "', to which it is linked, was " +
                      std::string{to_string(what.reason())};
  if (!what.words().empty()) {
    words += ": " + what.words();
  }
  return {make_error(errc::failed, std::move(words)), {}};
}

}  // namespace

void actor_cell::publish_end() noexcept {
  if (state() != life::ended || std::exchange(published_, true)) {
    return;
  }
  const stop_reason reason = *finishing_;
  end_reason_.store(reason);
  setting_.alone.reset();
  if (setting_.lane && setting_.lane->released) {
    system_.get_scheduler().release_lane(setting_.lane->index);
  }
  system_.forget(*this, reason);
  tell_all(reason);
  system_.waits().relieve(*this, true);
  answer_those_who_wait(reason);
  system_.has_ended();
}

bonds::end actor_cell::how_it_ends(stop_reason reason) const {
  return {reason, why_ ? why_->what.detail : std::string{}};
}

ref_ptr<end_notice> actor_cell::notice_of(const bonds::end& how) {
  return make_ref_counted<end_notice>(ref_ptr<ref_counted>{this}, id(), name(),
                                      how.reason, how.words);
}

void actor_cell::notify_end(actor_cell& other, envelope_kind kind,
                            const ref_ptr<end_notice>& what) noexcept {
  auto e = make_envelope();
  e->kind = static_cast<std::uint8_t>(kind);
  e->sender = static_cast<std::uint64_t>(id());
  e->content.attach(what);
  if (kind != envelope_kind::linked) {
    other.notify(std::move(e));
  } else if (other.mailbox_.push_signal(std::move(e)) ==
             push_result::woke_reader) {
    other.wake();
  }
}

void actor_cell::tell(const bonds::cells& others, envelope_kind kind,
                      stop_reason reason) noexcept {
  if (others.empty()) {
    return;
  }
  const auto what = notice_of(how_it_ends(reason));
  for (const auto& other : others) {
    notify_end(*other, kind, what);
  }
}

// Those that linked themselves to it since the incarnation ended are told too.
void actor_cell::tell_all(stop_reason reason) noexcept {
  const bonds::all last = bonds_.close(how_it_ends(reason));
  tell(last.watchers, envelope_kind::down, reason);
  tell(last.links, envelope_kind::linked, reason);
}

// Unless it was unlinked in the meantime.
void actor_cell::on_linked(const end_notice& what) noexcept {
  auto& other = static_cast<actor_cell&>(*what.who());
  if (!bonds_.remove_link(other) || !lives()) {
    return;
  }
  if (traps_exit()) {
    notify_end(*this, envelope_kind::exit,
               ref_ptr<end_notice>{const_cast<end_notice*>(&what)});
  } else if (is_abnormal(what.reason())) {
    fail_self(linked_end(what));
  }
}

}  // namespace troupe
