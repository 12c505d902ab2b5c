// SPDX-License-Identifier: Apache-2.0
// A message on its way: content and routing, in one pooled block.
//
// An envelope has one owner at a time (envelope_ptr); the mailbox is one.
// make_envelope() and the end of an envelope_ptr take from and give to a pool
// of this thread; threads that send more than they receive, and the reverse,
// trade whole magazines through a lock-free depot.
#pragma once

#include <cstdint>
#include <memory>

#include "base/ref_counted.hpp"
#include "base/symbol.hpp"
#include "mailbox/payload.hpp"

namespace troupe {

struct envelope {
  envelope* next = nullptr;  // the list that the owner keeps it in

  std::uint64_t sender = 0;        // who sent it: an id, 0 for nobody
  ref_ptr<ref_counted> reply_to;   // where an answer goes; null for a tell
  symbol selector = symbol::none;  // the handler it is for, if named
  std::uint8_t kind = 0;           // the meaning is the layer above's
  // The mailbox's:
  bool urgent : 1 = false;    // overtakes messages that aren't
  bool reserved : 1 = false;  // takes up room where there is a hard limit
  // The layer above's:
  bool refused : 1 = false;   // a dead letter already
  bool outcome : 1 = false;   // the content is what a request came to
  bool deferred : 1 = false;  // who handles it answers later
  payload content;
};

static_assert(sizeof(envelope) <= 3 * 64);

struct recycle_envelope {
  void operator()(envelope* e) const noexcept;
};

using envelope_ptr = std::unique_ptr<envelope, recycle_envelope>;

/// Any thread. Throws std::bad_alloc.
envelope_ptr make_envelope();

}  // namespace troupe
