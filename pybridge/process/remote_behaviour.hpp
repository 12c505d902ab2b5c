// SPDX-License-Identifier: Apache-2.0
// Stands for an actor that the other side has told of, and ends with it.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "pybridge/process/far_behaviour.hpp"

namespace troupe {

class remote_behaviour final : public far_behaviour {
public:
  remote_behaviour(ref_ptr<peer> other, std::uint64_t number)
      : peer_{std::move(other)}, their_number_{number} {}

  std::optional<fault> on_start(actor_cell& self) override {
    begin(self, peer_, their_number_);
    return std::nullopt;
  }
  bool delays_end(actor_cell& self, stop_reason reason) override;
  void interrupt(actor_cell& self, interrupt_kind kind,
                 std::uint64_t message) noexcept override;
  void on_stop(actor_cell& self, stop_reason reason) noexcept override;
  std::string describe() const override { return "in " + peer_->describe(); }

protected:
  void on_event(actor_cell& self, far_event& what) override;

private:
  // Constant.
  const ref_ptr<peer> peer_;
  const std::uint64_t their_number_;
};

}  // namespace troupe
