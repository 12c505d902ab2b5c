// SPDX-License-Identifier: Apache-2.0
// "This actor has ended": the content of down, exit and linked envelopes.
#pragma once

#include <string>
#include <utility>

#include "actors/actor_id.hpp"
#include "base/ref_counted.hpp"

namespace troupe {

class actor_cell;

class end_notice final : public ref_counted {
public:
  end_notice(ref_ptr<ref_counted> who, actor_id id, std::string name,
             stop_reason reason, std::string words)
      : who_{std::move(who)},
        id_{id},
        name_{std::move(name)},
        reason_{reason},
        words_{std::move(words)} {}

  /// The actor_cell that has ended.
  const ref_ptr<ref_counted>& who() const noexcept { return who_; }
  actor_id id() const noexcept { return id_; }
  const std::string& name() const noexcept { return name_; }
  stop_reason reason() const noexcept { return reason_; }
  /// For people: what it failed of, or empty.
  const std::string& words() const noexcept { return words_; }

private:
  // Constant.
  const ref_ptr<ref_counted> who_;
  const actor_id id_;
  const std::string name_;
  const stop_reason reason_;
  const std::string words_;
};

}  // namespace troupe
