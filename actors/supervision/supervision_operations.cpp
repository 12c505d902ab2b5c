// SPDX-License-Identifier: Apache-2.0
// supervision: what users ask of it: start, restart, terminate, delete a child.
#include "actors/supervision/supervision.hpp"

namespace troupe {
namespace {

std::string in_quotes(const std::string& name) {
  return "'" + name + "'";
}

}  // namespace

std::optional<error> supervision::refusal() const {
  if (phase_ == phase::starting || phase_ == phase::running) {
    return std::nullopt;
  }
  return make_error(errc::stopped,
                    "the supervisor has stopped, or is about to");
}

result<child_key> supervision::start_child(child_terms terms, time now) {
  if (auto refused = refusal()) {
    return std::move(*refused);
  }
  const auto key = append(std::move(terms), true);
  if (key) {
    child& c = *find_mutable(*key);
    c.start_asked = true;
    proceed_with(c, now);
  }
  return key;
}

result<child_key> supervision::restart_child(const std::string& name,
                                             time now) {
  if (auto refused = refusal()) {
    return std::move(*refused);
  }
  const auto found = find_named(name);
  if (!found) {
    return found.error();
  }
  child& c = **found;
  if (c.state == child_state::running) {
    return make_error(errc::already_exists,
                      "child " + in_quotes(name) + " runs already");
  }
  if (c.state != child_state::stopped || c.wanted) {
    return make_error(errc::refused,
                      "child " + in_quotes(name) + " can't be started: it is " +
                          std::string{to_string(c.state)} + " already");
  }
  const child_key key = c.key;
  c.wanted = true;
  c.held = false;
  c.start_asked = true;
  c.streak = 0;
  proceed_with(c, now);
  return key;
}

result<child_key> supervision::terminate_child(const std::string& name,
                                               time now) {
  const auto found = find_named(name);
  if (!found) {
    return found.error();
  }
  return terminate_child((*found)->key, now);
}

result<child_key> supervision::terminate_child(child_key key, time now) {
  if (auto refused = refusal()) {
    return std::move(*refused);
  }
  child* const c = find_mutable(key);
  if (c == nullptr) {
    return make_error(errc::not_found, "there is no such child");
  }
  if (c->state == child_state::stuck) {
    return make_error(errc::timed_out, "child " + in_quotes(c->terms.name) +
                                           " can't be ended: it is stuck");
  }
  answer_start(*c, false);
  c->end_asked = true;
  c->wanted = false;
  c->held = true;
  c->leaving |= c->terms.restart == restart_policy::temporary ||
                terms_.strategy == restart_strategy::simple_one_for_one;
  if (c->state == child_state::starting || c->state == child_state::running) {
    begin_stop(*c);
  } else if (c->state != child_state::stopping) {
    is_down(*c, now);
  }
  return key;
}

result<child_key> supervision::delete_child(const std::string& name) {
  const auto found = find_named(name);
  if (!found) {
    return found.error();
  }
  child& c = **found;
  if (c.state != child_state::stopped || (c.wanted && !refusal())) {
    return make_error(errc::refused, "child " + in_quotes(name) + " is " +
                                         std::string{to_string(c.state)} +
                                         "; call terminate_child() first");
  }
  const child_key key = c.key;
  remove(c);
  return key;
}

}  // namespace troupe
