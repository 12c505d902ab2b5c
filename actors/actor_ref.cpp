// SPDX-License-Identifier: Apache-2.0
#include "actors/actor_ref.hpp"

namespace troupe {

void actor_ref::send(payload&& content, ref_ptr<completion> answer,
                     actor_id sender) const {
  auto e = make_envelope();
  e->content = std::move(content);
  e->reply_to = std::move(answer);
  e->sender = static_cast<std::uint64_t>(sender);
  e->kind = static_cast<std::uint8_t>(envelope_kind::message);
  cell_->deliver_or_bury(std::move(e));
}

void actor_ref::stop_when_drained() const {
  auto e = make_envelope();
  e->kind = static_cast<std::uint8_t>(envelope_kind::stop);
  cell_->notify(std::move(e));
}

}  // namespace troupe
