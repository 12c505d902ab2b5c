// SPDX-License-Identifier: Apache-2.0
// What a test puts around the code of actors. An engine without hooks, as they
// all are but in tests, pays nothing for it.
#pragma once

#include <string>

#include "actors/cell/behaviour.hpp"

namespace troupe {

class actor_hooks : public ref_counted {
public:
  /// Any thread: the code of each new incarnation of what `target` ("module" or
  /// "module:Class") names; answers what takes its place.
  virtual ref_ptr<behaviour> wrap(ref_ptr<behaviour> code,
                                  const std::string& target) = 0;
};

}  // namespace troupe
