// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/gilstate.hpp"

#include <limits.h>
#include <pthread.h>

#include "base/assert.hpp"

namespace troupe::detail {
namespace {

// Constant once find_gilstate_key() has run: the key belongs to CPython.
pthread_key_t gilstate_key;

// True if `key` is where PyGILState_GetThisThreadState() looks. Keys of others
// may hold the same pointer, so ask CPython.
bool is_gilstate_key(pthread_key_t key, PyThreadState* state) noexcept {
  if (pthread_getspecific(key) != state) {
    return false;
  }
  pthread_setspecific(key, nullptr);
  const bool found = PyGILState_GetThisThreadState() == nullptr;
  pthread_setspecific(key, state);
  return found;
}

}  // namespace

// The C API has no function that clears the key and none that tells it, but
// pthread keys are small numbers.
void find_gilstate_key() noexcept {
  PyThreadState* const state = PyGILState_GetThisThreadState();
  TROUPE_CHECK(state != nullptr);
  pthread_key_t key = 0;
  while (key < PTHREAD_KEYS_MAX && !is_gilstate_key(key, state)) {
    ++key;
  }
  TROUPE_CHECK(key < PTHREAD_KEYS_MAX);
  gilstate_key = key;
}

void forget_gilstate(PyThreadState* state) noexcept {
  // CPython's note that the key refers to `state`; else the next attach would
  // take it for set.
  state->_status.bound_gilstate = 0;
  pthread_setspecific(gilstate_key, nullptr);
}

}  // namespace troupe::detail
