// SPDX-License-Identifier: Apache-2.0
// How a pool's routees see it, their supervisor: it hears of each incarnation
// that ends, on a turn of its own. When it is gone, they end for good.
#pragma once

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "actors/routing/router.hpp"

namespace troupe {

class routee_watch final : public child_observer {
public:
  struct down {
    actor_ref whom;
    stop_reason reason;
    std::optional<fault> why;
  };

  explicit routee_watch(ref_ptr<router_link> link) : link_{std::move(link)} {}

  void on_child_down(actor_cell& child, stop_reason reason,
                     const fault* why) noexcept override {
    {
      const std::lock_guard lock{mutex_};
      if (closed_) {
        child.terminate();
        return;
      }
      downs_.push_back({actor_ref{ref_ptr<actor_cell>{&child}}, reason, {}});
      if (why != nullptr) {
        downs_.back().why = fault{why->what, why->raised.clone()};
      }
    }
    link_->wake();
  }
  // What a first start comes to is seen by actor_cell::started(), the end by
  // when_ended().
  void on_child_started(actor_cell&, const fault*) noexcept override {}
  void on_child_ended(actor_cell&, stop_reason) noexcept override {}

  // Any thread.
  std::vector<down> take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(downs_, {});
  }
  /// From now on nobody restarts them.
  void close() noexcept {
    std::vector<down> left;  // released after the lock
    const std::lock_guard lock{mutex_};
    closed_ = true;
    left.swap(downs_);
  }

private:
  const ref_ptr<router_link> link_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<down> downs_;
  bool closed_ = false;
};

}  // namespace troupe
