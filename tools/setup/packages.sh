# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the build needs besides CPython, and how apt gets it.

# Filled by need(): files whose absence calls for a new set-up, and what of it
# is missing now, as words for a person and as packages for apt ("a|b": the
# first of them that the distribution has).
required=()
missing=()
packages=()

# need WHAT FILE PACKAGE
need() {
  required+=("$2")
  [[ ! -e $2 ]] || return 0
  missing+=("$1")
  packages+=("$3")
}

path_of() { command -v "$1" || printf '/usr/bin/%s' "$1"; }

# Where a C header is, or where Debian would put it.
header() {
  local file
  for file in /usr/include/"$1" /usr/include/*-linux-gnu/"$1" \
    /usr/local/include/"$1"; do
    [[ ! -e $file ]] || break
  done
  printf '%s' "$file"
}

need_toolchain() {
  need "a C++ compiler (g++)" "$(path_of g++)" g++
  need "a C compiler (gcc)" "$(path_of gcc)" gcc
  need "Bazel 4 to 7" "$(path_of bazel)" bazel-bootstrap
  if bazel_needs_rules; then
    need "Bazel's Java rules" "$java_rules/WORKSPACE" bazel-rules-java
    need "Bazel's protobuf rules" "$proto_rules/WORKSPACE" bazel-rules-proto
  fi
  need "Boost" "$(boost_header)" "libboost1.81-dev|libboost-dev"
  need "doctest" /usr/include/doctest/doctest.h doctest-dev
  need "CLI11" /usr/include/CLI/CLI.hpp libcli11-dev
  need "toml++" /usr/include/toml++/toml.h libtomlplusplus-dev
  need "Python 3" "$(path_of python3)" python3
  need "tqdm" "$dist_packages/tqdm/__init__.py" python3-tqdm
  need "pypng" "$dist_packages/png.py" python3-png
  need "pip" "$dist_packages/pip/__init__.py" python3-pip
  need "mypy" "$(path_of mypy)" mypy
}

readonly dist_packages=/usr/lib/python3/dist-packages
readonly java_rules=/usr/share/bazel/rules/java
readonly proto_rules=/usr/share/bazel/rules/proto

# The major version of the Bazel on the PATH. Debian's 4.2.3, which is also the
# one that would be installed, calls itself "no_version".
bazel_major() {
  local version
  version=$(bazel --version 2>/dev/null) || version='bazel no_version'
  version=${version#bazel }
  [[ $version == [0-9]* ]] && printf '%s' "${version%%.*}" || printf 4
}

# Bazel 4 can't do without these rules, and would download them.
bazel_needs_rules() { (($(bazel_major) < 5)); }

boost_header() {
  local found=/usr/include/boost/version.hpp version
  version=$(sed -n 's/^#define BOOST_VERSION //p' "$found" 2>/dev/null) || true
  ((${version:-0} >= 108100)) && printf '%s' "$found" ||
    printf '%s' "$found (1.81 or newer)"
}

check_versions() {
  local major
  major=$(bazel_major)
  ((major >= 4 && major <= 7)) ||
    fail "$(path_of bazel) is version $major, but Troupe builds with 4 to 7." \
      "Put another one first on the PATH; Debian's package is bazel-bootstrap."
  major=$(g++ -dumpversion)
  ((${major%%.*} >= 11)) ||
    fail "g++ is version $major, but Troupe is C++20 and needs 11 or newer." \
      "Install a newer g++ (Debian 12 has version 12)."
}

# --- apt --------------------------------------------------------------------

has_apt() { command -v apt-get >/dev/null; }

may_be_root() { ((EUID == 0)) || sudo -n true 2>/dev/null; }

# as_root COMMAND...: with sudo only when it takes one.
as_root() {
  local settings=(DEBIAN_FRONTEND=noninteractive) name
  for name in http_proxy https_proxy no_proxy; do
    [[ -z ${!name-} ]] || settings+=("$name=${!name}")
  done
  if ((EUID == 0)); then
    env "${settings[@]}" "$@"
  else
    sudo -n env "${settings[@]}" "$@"
  fi
}

# True if apt's lists have a version of this package to install.
is_available() {
  local policy
  policy=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null) || return 1
  [[ $policy == *Candidate:* && $policy != *'Candidate: (none)'* ]]
}

# The names for apt of what is in `packages`.
package_names() {
  local alternatives name
  for alternatives in "${packages[@]}"; do
    for name in ${alternatives//|/ }; do
      ! is_available "$name" || break
    done
    is_available "$name" || name=${alternatives%%|*}
    printf '%s\n' "$name"
  done | sort -u
}

# Fails unless apt can be used to get what is missing.
check_apt() {
  has_apt || fail "These are missing: $(join "${missing[@]}")." \
    "There is no apt-get here to install them with. Install them in your" \
    "system's way (Troupe looks for them where Debian has them), then run" \
    "./bazelw again."
  may_be_root || fail "These are missing: $(join "${missing[@]}")." \
    "Installing them takes root, and sudo would ask for a password. Run" "" \
    "  sudo apt-get update && sudo apt-get install $(package_names | xargs)" \
    "" "and then ./bazelw again."
}

join() {
  local text
  printf -v text '%s, ' "$@"
  printf '%s' "${text%, }"
}

# An apt that someone else runs is waited for.
apt_update() {
  local log=$1 tries
  for ((tries = 0; tries < 60; ++tries)); do
    : >"$log"
    ! with_progress "reading the package lists" 0 "$log" \
      as_root apt-get update || return 0
    grep -q 'Could not get lock' "$log" || break
    ((tries > 0)) || say "another program is using apt; waiting for it"
    sleep 5
  done
  say "apt-get update failed; going on with the package lists that are there"
}

# Installs what is in `packages`. No package is ever removed to that end.
install_packages() {
  local log=$1 names
  ((${#packages[@]})) || return 0
  mapfile -t names < <(package_names)
  say "installing from the distribution: ${names[*]}"
  repair_packages "$log"
  with_progress "installing packages" 0 "$log" as_root apt-get install \
    --yes --no-install-recommends --no-remove -o DPkg::Lock::Timeout=600 \
    "${names[@]}" || explain_apt_failure "$log" "${names[@]}"
  packages=()
  missing=()
}

# An installation that was cut off in the middle is brought to its end first.
repair_packages() {
  [[ -n $(dpkg --audit 2>/dev/null) ]] || return 0
  with_progress "finishing an earlier installation" 0 "$1" \
    as_root dpkg --configure -a || true
  with_progress "finishing an earlier installation" 0 "$1" as_root apt-get \
    install --yes --fix-broken --no-remove || explain_apt_failure "$1"
}

explain_apt_failure() {
  local log=$1
  shift
  ! disk_is_full "$log" /usr ||
    fail "The disk is full: the packages could not be installed." \
      "Make room (they need about 1.5 GB), then run ./bazelw again."
  show_end "$log"
  ! grep -q 'Packages need to be removed' "$log" ||
    fail "apt would have to remove packages of yours, so nothing was done." \
      "See what would go, and decide: sudo apt-get install $*"
  fail "apt-get could not install ${*:-the packages}." \
    "What it said is above. Check the network and apt's sources, then run" \
    "./bazelw again; it goes on where it stopped."
}
