#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Parts of tools/setup: the choice of a Python, the download, the packages. The
# Pythons, apt and the network are of pretence.
# shellcheck disable=SC2034,SC2154,SC2317 # what the sourced files use and define
set -euo pipefail
shopt -s nullglob
source tests/setup/check.sh

tools=$PWD/tools
source tools/setup/messages.sh
source tools/setup/packages.sh
source tools/setup/python.sh
source tools/setup/cpython.sh
source tools/setup/outcome.sh

# python_that NAME VERDICT: an interpreter of which the probe says this.
python_that() {
  mkdir -p "$(dirname "$1")"
  script "$1" <<END
echo "verdict=$2"
echo "reason=it is of no use"
echo "remedy=take another"
echo "executable=$PWD/$1"
echo "base_executable=$PWD/$1"
END
}

# --- the Python that TROUPE_PYTHON names --------------------------------------

named() { (TROUPE_PYTHON=$1 && take_named_python && echo "took $python") 2>&1; }

it_takes_a_good_python() {
  python_that p good
  expect "took $PWD/p" "$(named "$PWD/p")"
  expect "took $PWD/p" "$(named ./p)"
}

it_takes_a_python_from_the_path() {
  python_that bin/p good
  expect "took $PWD/bin/p" "$(PATH=$PWD/bin:$PATH && named p)"
}

it_takes_a_usable_python_with_a_warning() {
  python_that p usable
  expect_part "warning: $PWD/p works, but it is of no use; take another" \
    "$(named ./p)"
  expect_part "took $PWD/p" "$(named ./p)"
}

it_refuses_a_python_with_reason_and_remedy() {
  python_that p refused
  expect_part "can't be used: it is of no use." "$(named ./p || true)"
  expect_part "Remedy: take another." "$(named ./p || true)"
  expect_failure named ./p
}

it_refuses_what_is_no_python() {
  script not_a_python <<<'exit 3'
  touch plain
  expect_part "there is no such file" "$(named ./nothing || true)"
  expect_part "it is a folder" "$(named . || named "$PWD" || true)"
  expect_part "it is not executable" "$(named ./plain || true)"
  expect_part "does not run as a Python" "$(named ./not_a_python || true)"
  expect_part "no such program is on the PATH" "$(named no_such_python || true)"
}

# --- the Pythons that are found -----------------------------------------------

found() {
  python=''
  HOME=$PWD/home
  cache=$PWD/cache
  unset PYENV_ROOT
  PATH=$PWD/bin:/usr/bin:/bin
  "$@" && echo "${python#"$PWD/"}"
}

it_finds_a_good_python_behind_worse_ones() {
  python_that bin/python3.13 usable
  python_that bin/python3.14 refused
  python_that home/.pyenv/versions/3.14.1/bin/python3.14 good
  expect home/.pyenv/versions/3.14.1/bin/python3.14 "$(found find_good_python)"
}

it_prefers_the_path_to_its_own_build() {
  python_that cache/python-3.14.7/bin/python3.14 good
  expect cache/python-3.14.7/bin/python3.14 "$(found find_good_python)"
  python_that bin/python3.15 good
  expect bin/python3.15 "$(found find_good_python)"
}

it_settles_for_a_second_rate_python_when_asked() {
  python_that bin/python3.13 usable
  expect bin/python3.13 "$(found find_second_rate_python)"
}

# --- the download -------------------------------------------------------------

is_intact() { [[ $(<"$1") == good ]]; }
tarball_urls() { printf '%s\n' first second; }

it_keeps_a_download_that_is_intact() {
  download() { exit 1; }
  echo good >file
  fetch_tarball "$PWD/file"
}

it_gets_a_damaged_download_again() {
  download() { echo good >"$2"; }
  echo bad >file
  expect_part "is damaged" "$(fetch_tarball "$PWD/file" 2>&1)"
  expect good "$(<file)"
}

it_goes_on_to_the_next_place_after_a_wrong_checksum() {
  download() { if [[ $1 == second ]]; then echo good; else echo bad; fi >"$2"; }
  expect_part "wrong SHA-256" "$(fetch_tarball "$PWD/new/file" 2>&1)"
  expect good "$(<new/file)"
}

it_leaves_nothing_of_a_download_that_fails() {
  download() { echo half >"$2" && return 1; }
  expect_failure fetch_tarball "$PWD/new/file"
  expect "" "$(ls new)"
}

it_refuses_to_build_on_a_full_disk() {
  cache=$PWD
  free_space() { echo 614000; }
  expect_part "needs 1000 MB in $PWD, and 614 MB are free" \
    "$(check_space 2>&1 || true)"
}

# --- packages -----------------------------------------------------------------

it_takes_the_first_package_that_the_distribution_has() {
  is_available() { [[ $1 == libboost-dev || $1 == g++ ]]; }
  packages=("libboost1.81-dev|libboost-dev" g++)
  expect "g++ libboost-dev" "$(package_names | xargs)"
}

it_needs_only_what_is_not_there() {
  touch there
  need "one thing" "$PWD/there" one
  need "another" "$PWD/not_there" two
  expect "another: two" "${missing[*]}: ${packages[*]}"
  expect "$PWD/there $PWD/not_there" "${required[*]}"
}

it_names_the_command_when_it_may_not_install() {
  has_apt() { true; }
  may_be_root() { false; }
  is_available() { true; }
  need "a thing" "$PWD/not_there" thing-dev
  need "another" "$PWD/not_there" another-dev
  expect_part \
    "sudo apt-get update && sudo apt-get install another-dev thing-dev" \
    "$(check_apt 2>&1 || true)"
}

it_lists_what_is_missing_where_there_is_no_apt() {
  has_apt() { false; }
  need "a thing" "$PWD/not_there" thing-dev
  need "another" "$PWD/not_there" another-dev
  expect_part "These are missing: a thing, another." \
    "$(check_apt 2>&1 || true)"
}

it_knows_debians_bazel_and_others() {
  bazel() { echo "bazel no_version"; }
  expect 4 "$(bazel_major)"
  bazel() { echo "bazel 7.4.1"; }
  expect 7 "$(bazel_major)"
}

# --- progress -----------------------------------------------------------------

it_shows_how_far_a_build_is() {
  expect "bazelw: compiling: 50 % 0 s" \
    "$(echo line | show_progress compiling 2 2>&1)"
}

it_fails_when_what_it_shows_fails() {
  expect_failure with_progress trying 0 log bash -c 'echo "went wrong"; exit 3'
  expect "went wrong" "$(<log)"
}

run_tests
