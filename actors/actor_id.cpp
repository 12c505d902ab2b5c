// SPDX-License-Identifier: Apache-2.0
#include "actors/actor_id.hpp"

namespace troupe {

std::string_view to_string(stop_reason reason) noexcept {
  switch (reason) {
    case stop_reason::stopped:
      return "stopped";
    case stop_reason::killed:
      return "killed";
    case stop_reason::failed:
      return "failed";
    case stop_reason::unstarted:
      return "unstarted";
    case stop_reason::shutdown:
      return "shutdown";
    case stop_reason::halted:
      return "halted";
  }
  return "unknown";
}

std::string_view to_string(dead_reason reason) noexcept {
  switch (reason) {
    case dead_reason::stopped:
      return "stopped";
    case dead_reason::mailbox_full:
      return "mailbox_full";
    case dead_reason::dropped:
      return "dropped";
    case dead_reason::failed:
      return "failed";
    case dead_reason::no_handler:
      return "no_handler";
    case dead_reason::undecodable:
      return "undecodable";
    case dead_reason::cancelled:
      return "cancelled";
    case dead_reason::late_reply:
      return "late_reply";
    case dead_reason::no_receiver:
      return "no_receiver";
    case dead_reason::count_:
      break;
  }
  return "unknown";
}

std::string_view to_string(overflow_policy policy) noexcept {
  switch (policy) {
    case overflow_policy::mute:
      return "mute";
    case overflow_policy::block:
      return "block";
    case overflow_policy::fail:
      return "fail";
    case overflow_policy::drop_newest:
      return "drop_newest";
    case overflow_policy::drop_oldest:
      return "drop_oldest";
    case overflow_policy::redirect:
      return "redirect";
  }
  return "unknown";
}

}  // namespace troupe
