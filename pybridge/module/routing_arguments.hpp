// SPDX-License-Identifier: Apache-2.0
// The arguments of System.router() and System.pool().
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include <memory>
#include <string>
#include <vector>

#include "actors/routing/pool.hpp"
#include "pybridge/engine/engine.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

struct router_arguments {
  std::unique_ptr<routing_policy> policy;
};

struct pool_arguments {
  router_arguments common;
  pool_options options;
  engine_spawn routee;  // its name is the pool's
};

/// False: an exception is set; so for all of these.
bool read_router_arguments(module_state& state, PyObject* args,
                           PyObject* kwargs, router_arguments& out,
                           std::vector<actor_ref>& routees, std::string& name);
bool read_pool_arguments(module_state& state, PyObject* args, PyObject* kwargs,
                         pool_arguments& out);

}  // namespace troupe
