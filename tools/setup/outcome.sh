# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the set-up leaves in .setup/: the bazelrc that /.bazelrc imports, and
# the stamp by which ./bazelw knows that there is nothing to do.

# One line for each command that loads packages; the others (shutdown, version)
# don't know these options.
for_each_command() {
  local command
  for command in build query fetch sync; do
    printf '%s %s\n' "$command" "$1"
  done
}

override() { for_each_command "\"--override_repository=$1=$2\""; }

rc_lines() {
  printf '# Written by ./bazelw; changes are lost.\n'
  for_each_command "\"--repo_env=TROUPE_PYTHON=$python\""
  if bazel_needs_rules; then
    override rules_cc "$root/tools/bazel/rules_cc"
    override rules_java "$java_rules"
    override rules_proto "$proto_rules"
    override remote_coverage_tools "$root/tools/bazel/remote_coverage_tools"
  else
    printf 'common --noenable_bzlmod --enable_workspace\n'
  fi
  # An absolute path: a test runs in a folder of its own.
  local options=suppressions=$root/tests/tsan.supp
  options+=:halt_on_error=1:second_deadlock_stack=1
  printf 'build:tsan "--test_env=TSAN_OPTIONS=%s"\n' "$options"
}

# put FILE: stdin becomes its content, at once and whole.
put() {
  { cat >"$1.new" && mv "$1.new" "$1"; } ||
    fail "Can't write $1: is the disk full?" "Make room, then run ./bazelw again."
}

# The stamp comes last: without it all this is done again.
write_outcome() {
  rm -f "$root/.setup/stamp"
  rc_lines | put "$root/.setup/bazelrc"
  printf '%s\n' "$1" "$(command -v bazel)" "$python" "$root/.setup/bazelrc" \
    "${required[@]}" | put "$root/.setup/stamp"
}
