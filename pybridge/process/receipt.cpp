// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/receipt.hpp"

#include "pybridge/process/peer.hpp"

namespace troupe {

receipt::receipt(ref_ptr<peer> from, std::uint64_t number, message_mark mark)
    : from_{std::move(from)},
      number_{number},
      mark_{std::move(mark)},
      fate_{make_ref_counted<message_fate>()} {}

receipt::~receipt() {
  const outcome last = fate_->what();
  // Before it is told: of a process that dies in between, this is the word.
  mark_.set(last == outcome::returned ? message_marks::waiting
                                      : static_cast<message_marks::state>(
                                            message_marks::first_outcome +
                                            static_cast<std::uint8_t>(last)));
  from_->confirm(number_, last);
}

// It is the last of what came; a forward to yet another process adds one more.
receipt* receipt_of(const envelope& e) noexcept {
  const auto all = e.content.attachments();
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    if (auto* const found = dynamic_cast<receipt*>(at->get())) {
      return found;
    }
  }
  return nullptr;
}

}  // namespace troupe
