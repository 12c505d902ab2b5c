// SPDX-License-Identifier: Apache-2.0
// system.toml: actors, options and where to begin, read and checked into plain
// data. Knows nothing of Python; what a file may hold is in `troupe run --help`
// and below.
//
// The text of an error or fault is one message for people, "FILE:LINE:COLUMN:
// what; remedy".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "pybridge/launcher/toml_value.hpp"

namespace troupe {

/// One [[actor]], or one [[pool]].
struct actor_entry {
  std::string module;
  std::string class_name;  // empty: the module is the actor
  std::string name;        // empty: none
  unsigned count = 0;      // 0: not given, one actor with the plain name
  std::string home = "own";
  toml_list args;
  toml_table kwargs;
  toml_table options;      // of spawn(): mailbox, overflow, ...
  std::string supervisor;  // empty: none
  toml_table restarts;     // "restart", "shutdown", ... as far as given
  bool pool = false;       // it is a [[pool]] of them
  toml_table routing;      // of a pool: more arguments of System.pool()
  unsigned line = 0;
  std::map<std::string, unsigned> key_lines;  // where what is given is

  /// `name`, or `name-1` to `name-count` where count is given.
  std::vector<std::string> names() const;
};

/// One [[supervisor]].
struct supervisor_entry {
  std::string name;
  std::string supervisor;  // of its own; empty: none
  std::string strategy;    // empty: not given
  toml_table restarts;     // "max_restarts", "within", ... as far as given
  unsigned line = 0;
};

/// One [[router]].
struct router_entry {
  std::string name;  // empty: none
  std::vector<std::string> routees;
  toml_table options;  // more arguments of System.router()
  unsigned line = 0;
};

/// Where the program begins; at most one of the two is set. With neither the
/// system runs until it is stopped.
struct entry_point {
  std::string actor;     // this actor is asked main(args)
  std::string module;    // this module's
  std::string function;  // function is called as main(system) of app.py is
  unsigned line = 0;
};

struct system_file {
  std::string path;
  std::optional<unsigned> workers;
  std::optional<std::string> log_level;  // as --log-level
  std::optional<double> ask_timeout;     // as --ask-timeout
  entry_point entry;
  std::vector<actor_entry> actors;            // in file order, at least one
  std::vector<supervisor_entry> supervisors;  // in file order
  std::vector<router_entry> routers;          // in file order
};

/// A file with all that is wrong in it; without faults the file is whole.
struct checked_system_file {
  system_file file;
  std::vector<std::string> faults;  // in file order
};

/// `path` is for messages only.
checked_system_file check_system_file(std::string_view text,
                                      const std::string& path);
/// Fails if the file can't be read.
result<checked_system_file> check_system_file(const std::string& path);

/// As check_system_file(), but the first fault is an error.
result<system_file> parse_system_file(std::string_view text,
                                      const std::string& path);
result<system_file> read_system_file(const std::string& path);

}  // namespace troupe
