// SPDX-License-Identifier: Apache-2.0
// What follows the options in the launcher's help texts.
#pragma once

namespace troupe::help {

inline constexpr const char* run = R"(
TARGET is one of
  app.py          a file: its main(system), or main(system, args), is called
  package.module  a module that can be imported from here: the same
  system.toml     a list of actors and the one, or the function, to begin with
  pipeline.toml   a pipeline: see docs/pipelines.md

What follows TARGET goes to the program (args and sys.argv).

It ends when main has returned and no actor has anything left to do, or when
main or an actor calls system.shutdown(). Ctrl-C and SIGTERM stop the actors in
order; a second Ctrl-C ends it at once.

Exit codes: 0 done; 1 main or an actor failed; 2 bad usage or input;
130 interrupted; what main gives to sys.exit().

A system file:
  [system]
  entry = "greeter"        # this actor's handler main(args) begins; or
                           # "module:function", called as main of app.py is.
                           # With neither it runs until it is stopped.
  workers = 2              # threads; default: one a core
  log_level = "INFO"       # default: WARNING
  ask_timeout = 5.0        # seconds, or "none"; default: 60

  [[actor]]
  module = "greeter"       # found in the folder of the system file
  class = "Greeter"        # default: the module itself is the actor
  name = "greeter"         # with count = 3: greeter-1, greeter-2, greeter-3
  count = 1
  home = "own"             # or "main", or "shared:NAME"
  args = ["hello"]         # for started(), or for the class
  kwargs = { loud = true }

  [[pool]]                 # as [[actor]], but for count; and
  size = 4                 # default: one a core
  minimum = 2              # with these two its size follows the load
  maximum = 8
  policy = "round_robin"   # or another of System.router()
  key = "user"             # for consistent_hash and sticky: which argument
  max_keys = 1000          # how many keys sticky remembers; default: 100,000

  [[router]]
  name = "front"
  routees = ["greeter"]    # names of actors, pools and routers above
  policy = "broadcast"

Examples:
  troupe run app.py
  troupe run --workers 4 app.py --input data.csv
  troupe run --log-level DEBUG examples/system.toml
)";

inline constexpr const char* map = R"(
Gives each line of stdin to the function, on all cores, and prints what it
returns, in order: nothing for None, a line for each element of a list.

  --parallel N     replicas; default: one a core
  --unordered      print results as they come
  --skip-errors    go on after an exception; it is told, and the exit code is 1
  --progress       show it on stderr (needs tqdm)

Exit codes: 0 done; 1 the function failed; 2 bad usage; 130 interrupted.

Example:
  troupe map json:loads < lines.jsonl
)";

inline constexpr const char* check = R"(
TARGET is what `troupe run` takes: app.py, package.module or system.toml.

Says all that `troupe run` would refuse, at once and each with its line: unknown
keys, wrong types, modules that aren't there, classes and handlers that they
don't have, arguments that don't fit. Modules are imported for that, each in the
home its actor would have, but no actor is started and main isn't called.

Exit codes: 0 nothing is wrong; 2 something is.

Examples:
  troupe check system.toml
  troupe check app.py
)";

inline constexpr const char* doctor = R"(
MODULE is a module's name, or that of an installed package.

Imports each in an interpreter of its own, in a process of its own, and says
whether it loads there, how long that took and how much memory it cost; or which
extension module refuses, and what to do about it.

Exit codes: 0 all of them load; 1 some don't; 2 bad usage.

Examples:
  troupe doctor json decimal
  troupe doctor numpy
)";

inline constexpr const char* tree = R"(
PID is the process of a `troupe run` of yours.

Prints its actors: name, home, what each does, for how long, how many messages
wait, and the Python stack of a handler that runs. The program goes on.
`kill -QUIT PID`, or Ctrl-\ at its terminal, has it print that itself.

Exit codes: 0 printed; 1 no answer; 2 bad usage.

Example:
  troupe tree 4711
)";

inline constexpr const char* top = R"(
Examples:
  troupe run app.py              call main(system) of app.py
  troupe run package.module      the same, of a module
  troupe run system.toml         start the actors that a system file lists
  troupe run pipeline.toml       run the pipeline that a file describes
  troupe map module:f < lines    give each line to a function, print the results
  troupe check system.toml       find what is wrong in it, without running it
  troupe doctor numpy            does it load in an actor's interpreter?
  troupe tree 4711               what the actors of a running program do
  troupe run --help              all about it
)";

}  // namespace troupe::help
