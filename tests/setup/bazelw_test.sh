#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# ./bazelw: when it runs the set-up, and how it runs Bazel. In a checkout that
# has a set-up and a Bazel of pretence.
# shellcheck disable=SC2016,SC2317 # the scripts' variables; the tests are called
set -euo pipefail
source tests/setup/check.sh
bazelw=$PWD/bazelw

make_checkout() {
  unset TROUPE_PYTHON
  mkdir -p "$1"/{tools/setup,tools/python,sub,.setup}
  cp "$bazelw" "$1/"
  touch "$1/tools/python/probe.py" "$1/found"
  script "$1/bazel" <<<'printf "bazel in %s: %s\n" "$PWD" "$*"'
  script "$1/tools/setup/setup" <<'END'
cd "$(dirname "$0")/../.."
echo "set-up"
printf '%s\n' "$1" "$PWD/bazel" "$PWD/found" >.setup/stamp
END
}

it_sets_up_once() {
  make_checkout here
  expect "set-up"$'\n'"bazel in $PWD/here: test //..." \
    "$(cd here && ./bazelw test //...)"
  expect "bazel in $PWD/here: version" "$(cd here && ./bazelw version)"
}

it_sets_up_again_for_another_python() {
  make_checkout here
  here/bazelw >/dev/null
  expect_part "set-up" "$(TROUPE_PYTHON=/some/python here/bazelw)"
  expect_part "set-up" "$(here/bazelw)"
}

it_sets_up_again_when_something_found_is_gone() {
  make_checkout here
  here/bazelw >/dev/null
  rm here/found
  expect_part "set-up" "$(here/bazelw || true)"
}

it_sets_up_again_when_the_set_up_has_changed() {
  make_checkout here
  here/bazelw >/dev/null
  echo '# more' >>here/tools/setup/setup
  expect_part "set-up" "$(here/bazelw)"
}

it_sets_up_again_in_a_copy_of_the_checkout() {
  make_checkout here
  here/bazelw >/dev/null
  cp -r here there
  expect_part "set-up" "$(there/bazelw)"
}

it_does_not_run_bazel_after_a_set_up_that_failed() {
  make_checkout here
  script here/tools/setup/setup <<<'exit 1'
  expect "" "$(here/bazelw || true)"
  expect_failure here/bazelw
}

it_stays_in_a_folder_of_the_checkout_and_leaves_any_other() {
  make_checkout here
  here/bazelw >/dev/null
  local here=$PWD/here
  expect "bazel in $here/sub: build" "$(cd here/sub && ../bazelw build)"
  expect "bazel in $here: build" "$(cd / && "$here/bazelw" build)"
  mkdir here-too
  expect "bazel in $here: build" "$(cd here-too && ../here/bazelw build)"
}

it_hands_arguments_on_as_they_are() {
  make_checkout here
  script here/bazel <<<'printf "<%s>" "$@"'
  here/bazelw >/dev/null
  expect "<run><a b><*><>" "$(here/bazelw run "a b" '*' '')"
}

it_works_in_a_checkout_with_a_space_in_its_name() {
  make_checkout "over here"
  expect_part "bazel in $PWD/over here:" "$("over here/bazelw")"
  expect "bazel in $PWD/over here: " "$("over here/bazelw")"
}

run_tests
