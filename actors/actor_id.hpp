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
  stop,     // to end after what is queued

  // Notices: they rank with the messages, and no sender waits for them.
  down,   // an actor that this one watches has ended
  exit,   // one that it is linked to has ended, and it traps that
  timer,  // one of its timers has gone off

  // Signals.
  start,      // begin
  stop_now,   // end after the message at hand
  kill,       // end at once
  ready,      // something the behaviour waits for has come
  halt,       // end this incarnation; the supervisor will say what then
  restart,    // begin a new incarnation
  terminate,  // end for good, by order of the supervisor
  relieved,   // the actor that was too crowded to send to has room again
  linked,     // one that it is linked to has ended
  quiet_for,  // look whether it has been quiet for the receive timeout
};

/// Why an actor, or one incarnation of it, ended.
enum class stop_reason : std::uint8_t {
  stopped,    // it was asked to, or asked itself
  killed,     // by kill()
  failed,     // a handler raised, or an actor that it is linked to ended
  unstarted,  // its start raised
  shutdown,   // the system ended, or its supervisor
  halted,     // its supervisor restarts it together with another
};

/// Whether those linked to the actor end with it.
constexpr bool is_abnormal(stop_reason reason) noexcept {
  return reason == stop_reason::killed || reason == stop_reason::failed ||
         reason == stop_reason::unstarted;
}

/// Why a message was not handled.
enum class dead_reason : std::uint8_t {
  stopped,       // the receiver had ended, or ended before its turn came
  mailbox_full,  // refused by a full mailbox
  dropped,       // made room, or was not let in, as the mailbox's policy says
  failed,        // its own handler raised, and nobody waits for the answer
  no_handler,    // the receiver has no handler of that name
  undecodable,   // the receiver can't make sense of it
  cancelled,     // a request that its asker had given up before it was begun
  late_reply,    // an answer to a request that had ended
  no_receiver,   // for a group without members or a router without routees
  count_,
};

/// What a full mailbox does with a message.
enum class overflow_policy : std::uint8_t {
  mute,         // takes it, and pauses the sending actor until there is room
  block,        // the sender waits
  fail,         // the sender is told
  drop_newest,  // it is a dead letter
  drop_oldest,  // the oldest message is
  redirect,     // another actor gets it
};

std::string_view to_string(stop_reason reason) noexcept;
std::string_view to_string(dead_reason reason) noexcept;
std::string_view to_string(overflow_policy policy) noexcept;

}  // namespace troupe
