# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A small test harness. Each function whose name starts with it_ is a test; it
# runs in a subshell and in an empty folder.

# expect WANTED GOT
expect() {
  [[ $1 == "$2" ]] || {
    printf 'wanted: %s\n   got: %s\n' "$1" "$2"
    exit 1
  }
}

# expect_part PART TEXT
expect_part() {
  [[ $2 == *"$1"* ]] || expect "... $1 ..." "$2"
}

# expect_failure COMMAND...
expect_failure() {
  ! "$@" || expect "a failure of $1" "success"
}

# A program in the current folder: script NAME, and its lines from stdin.
script() {
  { printf '#!/bin/bash\n' && cat; } >"$1"
  chmod +x "$1"
}

run_tests() {
  local name failed=0 folder status
  for name in $(compgen -A function it_); do
    folder=$(mktemp -d -p "${TEST_TMPDIR:-/tmp}")
    set +e # as a condition it would run without errexit
    (
      set -e
      cd "$folder"
      "$name"
    ) >"$folder.log" 2>&1
    status=$?
    set -e
    if ((status == 0)); then
      printf 'passed: %s\n' "${name//_/ }"
    else
      printf 'FAILED: %s\n' "${name//_/ }"
      sed 's/^/  /' "$folder.log"
      failed=1
    fi
  done
  exit $failed
}
