# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For scripts in this folder: a developer's tool, installed when it is needed.

tools=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck disable=SC2034 # for the scripts that source this
root=${tools%/*}

source "$tools/setup/messages.sh"
source "$tools/setup/packages.sh"

# on_demand PROGRAM PACKAGE
on_demand() {
  local log
  ! command -v "$1" >/dev/null || return 0
  need "$1" "/usr/bin/$1" "$2"
  check_apt
  log=$(mktemp)
  apt_update "$log"
  install_packages "$log"
  rm -f "$log"
}
