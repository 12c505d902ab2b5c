// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/routing.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/routing/pool.hpp"
#include "pybridge/module/naming.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/router_object.hpp"
#include "pybridge/module/routing_arguments.hpp"
#include "pybridge/module/spawning.hpp"
#include "pybridge/module/system_object.hpp"

namespace troupe {
namespace {

void say(const std::string& words) {
  std::fprintf(stderr, "troupe: %s\n", words.c_str());
}

// A router's own mailbox is as any actor's.
result<actor_ref> spawn_router(engine& e, ref_ptr<router> what,
                               std::string name) {
  spawn_options options = engine_spawn{}.options;
  options.name = std::move(name);
  auto spawned = e.actors().spawn(what, std::move(options));
  if (spawned) {
    e.actors().names().set_facet(spawned->id(), std::move(what));
  }
  return spawned;
}

// Makes routees by one recipe, each under the pool's name and its number.
// Called on the pool's turn only.
class routee_source {
public:
  routee_source(engine& e, engine_spawn what)
      : engine_{e}, what_{std::make_shared<engine_spawn>(std::move(what))} {}

  result<actor_ref> operator()(std::size_t number,
                               ref_ptr<child_observer> parent) const {
    engine_spawn one = what_->clone();
    one.options.parent = std::move(parent);
    one.options.name =
        actor_cell::current()->name() + "-" + std::to_string(number);
    return engine_.spawn(std::move(one));
  }

private:
  engine& engine_;  // kept by the pool's cell
  std::shared_ptr<engine_spawn> what_;
};

PyObject* wait_until_ready(module_state& state, const pool& p,
                           const actor_ref& ref) {
  completion& ready = p.ready();
  if (wait_detached(ready, std::nullopt, ref.cell().system().get_scheduler()) !=
      wait_result::done) {
    ref.kill();
    return nullptr;
  }
  if (ready.has_value()) {
    return make_router(state, ref_ptr<router>{const_cast<pool*>(&p)}, ref);
  }
  // Its own end is near; once it is over, the name is free again.
  if (wait_detached(ref.cell().when_ended(), std::nullopt,
                    ref.cell().system().get_scheduler()) != wait_result::done) {
    return nullptr;
  }
  return raise_spawn_error(state, ready.why());
}

PyObject* start_pool(module_state& state, engine& e, pool_arguments given) {
  const bool waits = !runs_where_this_turn_runs(given.routee);
  std::string name = std::exchange(given.routee.options.name, {});
  given.options.seed = e.draw_seed();
  const auto what =
      make_ref_counted<pool>(std::move(given.common.policy), given.options,
                             routee_source{e, std::move(given.routee)}, say);
  if (!waits) {
    what->ready().on_done([p = what.get()] {
      if (!p->ready().has_value()) {
        say(p->ready().why().what.detail);
      }
    });
  }
  const auto spawned = spawn_router(e, what, std::move(name));
  if (!spawned) {
    return raise_refused_spawn(spawned.error());
  }
  return waits ? wait_until_ready(state, *what, *spawned)
               : make_router(state, what, *spawned);
}

}  // namespace

PyObject* system_router(PyObject* self, PyObject* args, PyObject* kwargs) {
  module_state& state = state_of(self);
  router_arguments given;
  std::vector<actor_ref> routees;
  std::string name;
  if (!read_router_arguments(state, args, kwargs, given, routees, name)) {
    return nullptr;
  }
  const auto what = make_ref_counted<router>(std::move(given.policy));
  for (const actor_ref& routee : routees) {
    what->add(routee);
  }
  const auto spawned =
      spawn_router(engine_of_system(self), what, std::move(name));
  return spawned ? make_router(state, what, *spawned)
                 : raise_refused_spawn(spawned.error());
}

PyObject* system_pool(PyObject* self, PyObject* args, PyObject* kwargs) {
  module_state& state = state_of(self);
  engine& e = engine_of_system(self);
  pool_arguments given;
  if (!read_pool_arguments(state, args, kwargs, given) || !may_spawn(e)) {
    return nullptr;
  }
  return start_pool(state, e, std::move(given));
}

PyObject* system_router_of(PyObject* self, PyObject* which) {
  module_state& state = state_of(self);
  engine& e = engine_of_system(self);
  actor_ref ref;
  if (const actor_ref* given = actor_of(state, which)) {
    ref = *given;
  } else {
    std::string name;
    if (!read_name(which, "a router", name)) {
      return nullptr;
    }
    const auto found = e.actors().lookup(name);
    if (!found) {
      return raise_named("UnknownName", ("no actor has the name '" + name +
                                         "'" + near_names(e, name))
                                            .c_str());
    }
    ref = *found;
  }
  const auto facet = e.actors().names().facet(ref.id());
  auto* const what = dynamic_cast<router*>(facet.get());
  if (what == nullptr) {
    PyErr_Format(PyExc_ValueError, "actor '%s' %s", ref.name().c_str(),
                 ref.ended() ? "has ended" : "is no router");
    return nullptr;
  }
  return make_router(state, ref_ptr<router>{what}, ref);
}

const char* const router_doc =
    R"doc(router($self, routees, /, *, policy="round_robin", key=0, seed=None, max_keys=100000, name=None)
--

Starts a router, an actor that hands each message on to one of these Refs.

policy: "round_robin"; "random" (the same for the same `seed`); "least_loaded",
    the smallest mailbox; "consistent_hash", the same routee for the same key,
    and few keys move when routees come and go; "sticky", a key stays with its
    routee until that ends; "broadcast", all of them; "scatter_gather_first",
    all of them, and of their answers the first counts.
key: for consistent_hash and sticky, which argument of the call is the key: its
    position, or its keyword. Of a message for receive(), 0 is the message.
max_keys: how many keys sticky remembers; of more, it forgets the one that came
    least recently, which may then go to another routee.

The routee sees the sender, and its answer goes straight to the asker. Without
routees a message is a dead letter ("no_receiver"), and an ask raises
ActorStopped. Any thread.

>>> router = system.router(workers, policy="consistent_hash", key="user")
>>> router.tell.login(user="ann")
)doc";

const char* const pool_doc =
    R"doc(pool($self, target, /, *args, size=None, policy="round_robin", key=0, seed=None, max_keys=100000, minimum=None, maximum=None, max_restarts=10, within=10.0, backoff=None, name=None, home="own", **kwargs)
--

Starts `size` actors (None: one a core) with a router before them: an ActorPool.

target, args and the other keywords are those of spawn(), and so are the errors; routees
are named NAME-1, NAME-2, .... policy, key, seed and max_keys are those of router().

A routee that fails, is killed, or stops itself is restarted: the same Ref, and what
waits in its mailbox is handled by its next incarnation. One that somebody stops for
good is replaced under its name. With more than max_restarts of both within `within`
seconds the pool gives up: it says so on stderr, stops its routees, and fails. None:
no limit. backoff: a troupe.Backoff, how long to wait before a restart (by default the
first ten in a row don't).

With minimum or maximum the size follows the load: a routee more when 4 messages
a routee wait for 0.2 s, one less when less than half had work for 5 s.

>>> pool = system.pool("resizer", size=4, name="resizers")
>>> pool.ask.resize(image).result()
)doc";

const char* const router_of_doc = R"doc(router_of($self, ref_or_name, /)
--

The Router, or ActorPool, that a Ref or a name means.

ValueError if that actor is no router, UnknownName if there is none.)doc";

}  // namespace troupe
