// SPDX-License-Identifier: Apache-2.0
// Words that every part of actors/ uses: ids, kinds of envelope, reasons.
#pragma once

#include <cstdint>
#include <string_view>

namespace troupe {

/// Never used twice in a process; `nobody` is no actor.
enum class actor_id : std::uint64_t { nobody = 0 };

/// What envelope::kind says here.
enum class envelope_kind : std::uint8_t {
  message,  // one value
  call,     // a named handler and its arguments
  start,    // signal: begin
  stop,     // signal or, to end after what is queued, message
  kill,     // signal: end at once
  ready,    // signal: something the behaviour waits for has come
};

/// Why an actor ended.
enum class stop_reason : std::uint8_t {
  stopped,    // it was asked to, or asked itself
  killed,     // by kill()
  failed,     // a handler raised
  unstarted,  // its start raised
  shutdown,   // the system ended
};

/// Why a message was not handled.
enum class dead_reason : std::uint8_t {
  stopped,       // the receiver had ended, or ended before its turn came
  mailbox_full,  // refused by a bounded mailbox
  failed,        // its own handler raised, and nobody waits for the answer
  no_handler,    // the receiver has no handler of that name
  undecodable,   // the receiver can't make sense of it
  late_reply,    // an answer to a request that had ended
  no_receiver,   // for a group without members or a router without routees
  count_,
};

std::string_view to_string(stop_reason reason) noexcept;
std::string_view to_string(dead_reason reason) noexcept;

}  // namespace troupe
