// SPDX-License-Identifier: Apache-2.0
// Thread roles: who may call what, checked by Clang's -Wthread-safety.
//
// A role is a capability without a lock. `turn` is held by the thread that
// runs an actor's turn; `gil` by a thread attached to an interpreter. GCC
// compiles all of this to nothing.
#pragma once

#if defined(__clang__)
#define TROUPE_ROLE_ATTRIBUTE(x) __attribute__((x))
#else
#define TROUPE_ROLE_ATTRIBUTE(x)
#endif

#define TROUPE_CAPABILITY(name) TROUPE_ROLE_ATTRIBUTE(capability(name))
#define TROUPE_SCOPED_CAPABILITY TROUPE_ROLE_ATTRIBUTE(scoped_lockable)
#define TROUPE_REQUIRES(...) \
  TROUPE_ROLE_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define TROUPE_EXCLUDES(...) TROUPE_ROLE_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define TROUPE_ACQUIRE(...) \
  TROUPE_ROLE_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define TROUPE_RELEASE(...) \
  TROUPE_ROLE_ATTRIBUTE(release_capability(__VA_ARGS__))
#define TROUPE_NO_ROLE_CHECK TROUPE_ROLE_ATTRIBUTE(no_thread_safety_analysis)

namespace troupe {

class TROUPE_CAPABILITY("role") role {};

inline constexpr role turn;
inline constexpr role gil;

/// States that this thread runs the turn of the actor at hand.
class TROUPE_SCOPED_CAPABILITY turn_scope {
public:
  turn_scope() TROUPE_ACQUIRE(turn) {}
  ~turn_scope() TROUPE_RELEASE() {}
  turn_scope(const turn_scope&) = delete;
  turn_scope& operator=(const turn_scope&) = delete;
};

}  // namespace troupe
