// SPDX-License-Identifier: Apache-2.0
// A value that was encoded once, to be decoded where and as often as it is
// asked for.
#pragma once

#include <utility>

#include "base/ref_counted.hpp"
#include "mailbox/payload.hpp"

namespace troupe {

/// Constant after construction; any thread.
class sealed final : public ref_counted {
public:
  explicit sealed(payload&& content) : content_{std::move(content)} {}
  const payload& content() const noexcept { return content_; }

private:
  ~sealed() override = default;
  const payload content_;
};

}  // namespace troupe
