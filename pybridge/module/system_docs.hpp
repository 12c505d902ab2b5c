// SPDX-License-Identifier: Apache-2.0
// The docstrings of troupe.System.
#pragma once

namespace troupe {

inline constexpr const char* system_doc =
    R"doc(System(workers=None, ask_timeout=60.0, dead_letter_log=None)
--

A system of actors on `workers` threads, 1 to 256 (None: one a core).

ask_timeout: how many seconds a request has, if ref.options(timeout=...) says
nothing else (None: no limit).

dead_letter_log: whether the first messages that nobody handles, of each kind,
are shown on stderr (None: unless the launcher's --log-level is above WARNING).

A context manager: leaving it waits until all messages are handled, and ends the
actors; with an exception it ends them at once. The launcher makes one for
`main(system)`. Only the main interpreter makes systems; an actor has
troupe.context.system.

>>> with troupe.System() as system:
...     counter = system.spawn("counter")
...     counter.tell.add(("to", "be"))
)doc";

inline constexpr const char* spawn_doc =
    R"doc(spawn($self, target, /, *args, name=None, home="own", mailbox=10000, overflow="mute", redirect=None, stash=1000, time_limit=None, concurrency=1, pinned=False, dedicated=False, restart=None, shutdown=5.0, max_restarts=1, within=5.0, backoff=None, **kwargs)
--

Starts an actor, and returns its Ref when it has started.

target: "module", "module:Class", a module, or a class that can be imported. All
    arguments that aren't named here go to the module's started(), or to the
    class.
name: unique in the system while the actor lives (None: one is made up).
home: "own", an interpreter of its own; "shared:NAME", one that several actors
    share, see troupe.shared(); "main", for modules that refuse subinterpreters;
    "process", a process of its own, for the same in parallel and for code that may
    crash; "process:NAME", a process that several actors share.
mailbox: how many messages may wait (None: no limit).
overflow: what becomes of more: "mute" (they are taken, and the actor that sends
    one pauses after its message at hand; other senders wait), "block" (the
    sender waits, in a handler too), "fail" (it gets MailboxFull),
    "drop_newest", "drop_oldest" (dead letters), or "redirect".
redirect: the Ref of the actor that gets what doesn't fit.
stash: how many messages context.stash() may put aside.
time_limit: how many seconds a handler may run; then HandlerTimeout is raised in
    it, also where it waits for an answer (None: no limit).
concurrency: how many async handlers may be under way at the same time.
pinned: all of its turns run on one thread, for code that insists on that; a few
    threads are shared by all pinned actors, so a handler that blocks holds up
    the others there.
dedicated: it has a thread of its own, which ends with it: for handlers that
    block for long, such as a loop that reads a device.

restart: "permanent", "transient" or "temporary": starts it under a supervisor of
    its own, which restarts it when it ends; with max_restarts=, within=, backoff=
    as for supervise(), and shutdown= as for troupe.Child.

Raises SpawnError, with what was raised there as its cause, if the actor can't
start, and SystemStopped. Any thread; while a handler waits here, other actors
go on.

>>> system.spawn("tally:Tally", "apples", name="apples")
<troupe.Ref 'apples'>
)doc";

inline constexpr const char* shutdown_doc =
    R"doc(shutdown($self, timeout=10.0, *, drain=None, kill=2.0)
--

Ends all actors, phase by phase, and waits for it.

drain: how many seconds may be spent on what is queued, before anything stops
    (None: nothing of it is handled). Meanwhile actors go on sending and
    spawning; what others send is a dead letter.
timeout: how many seconds the actors have to stop, one by one, the last started
    first, each after its message at hand. Those that live then are killed.
kill: how many seconds these have to go.

Returns a troupe.ShutdownReport: a list of the names of actors that could not be
ended even so, and more. From now on nothing is spawned. To call it again is
fine: the limits of the first call hold. In a handler it returns at once, and
that actor ends as the others do.)doc";

inline constexpr const char* wait_quiet_doc =
    R"doc(wait_quiet($self, timeout=None)
--

Waits until no message is queued or being handled.

At most `timeout` seconds (None: for ever); returns whether it is so. When the
system shuts down it doesn't wait any longer. Any thread, but not in a handler:
RuntimeError.)doc";

inline constexpr const char* dead_letters_doc = R"doc(dead_letters($self)
--

How many messages nobody handled, so far: {reason: count}.

The reasons: "stopped", "failed", "undecodable", "no_handler", "mailbox_full",
"dropped", "no_receiver", "cancelled", "late_reply".)doc";

inline constexpr const char* stats_doc = R"doc(stats($self)
--

Counters of the system, by name: {name: number}.

actors: that live. failed: that have failed, so far. dead_letters: in all.
workers, spare_workers: threads; spares stand in for those that are busy for
long or wait. turns, steals, parks, hand_overs: what the scheduler did.
interpreters_created, _warm, _ended, _leaked.)doc";

inline constexpr const char* tree_doc = R"doc(tree($self)
--

What all actors do at this moment, as text for people.

Each actor under the one that made it: its home, its state, for how long, how
many messages wait, how many it has handled; the Python stack of a handler that
runs; and what each thread is at. Then the same of each child process. Nothing is
stopped for it. Any thread.

>>> print(system.tree())
1 actor, 0 at work; 2 workers
counter (id 1, own): idle; 5 handled)doc";

}  // namespace troupe
