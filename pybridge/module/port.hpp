// SPDX-License-Identifier: Apache-2.0
// Where the completions of one waiting place (an event loop, an actor, a
// thread) are announced, in batches and without polling.
//
// Python objects never enter: a completion is known by a token. The place is
// told once, and told again only after it has drained.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "actors/actor_ref.hpp"
#include "actors/asking/completion.hpp"
#include "base/ref_counted.hpp"
#include "pybridge/module/waker.hpp"

namespace troupe {

class port final : public ref_counted {
public:
  /// Announces by an eventfd; throws std::system_error without descriptors.
  port();
  /// Announces by a `ready` signal to an actor.
  explicit port(actor_ref receiver);
  /// Announces by waking an actor's event loop.
  explicit port(ref_ptr<waker> loop);

  /// Any thread. `token` comes out of a drain() once `c` is done.
  void watch(completion& c, std::uint64_t token);
  /// The waiting place: the tokens that have come since the last call.
  std::vector<std::uint64_t> drain();
  /// The eventfd, readable while there is something to drain; -1 for an actor
  /// and its loop.
  int descriptor() const noexcept { return descriptor_; }
  /// Detached: blocks until there is something to drain. False: a signal
  /// handler ran.
  bool wait() noexcept;

private:
  ~port() override;
  void announce(std::uint64_t token);

  // Constant after construction.
  const int descriptor_ = -1;
  const actor_ref receiver_;
  const ref_ptr<waker> loop_;

  std::mutex mutex_;
  std::vector<std::uint64_t> tokens_;  // guarded by mutex_
};

}  // namespace troupe
