# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# CPython from source: a pinned release, built once into the cache.

readonly cpython_version=3.14.7
readonly cpython_series=${cpython_version%.*}
readonly cpython_sha256=3b48dac8fb59f62eaa67ac83c1eb12bda1b7a08406dd286e252c11a66be27f81
readonly cpython_space=1000000 # KiB: the sources, the build, what is installed

need_build_tools() {
  need "make" "$(path_of make)" make
  need "xz" "$(path_of xz)" xz-utils
  need "pkg-config" "$(path_of pkg-config)" pkg-config
  need "certificates" /etc/ssl/certs/ca-certificates.crt ca-certificates
  command -v curl wget >/dev/null || need "curl" /usr/bin/curl curl
  need "zlib" "$(header zlib.h)" zlib1g-dev
  need "OpenSSL" "$(header openssl/ssl.h)" libssl-dev
  need "libffi" "$(header ffi.h)" libffi-dev
  need "bzip2" "$(header bzlib.h)" libbz2-dev
  need "lzma" "$(header lzma.h)" liblzma-dev
  need "zstd" "$(header zstd.h)" libzstd-dev
  need "SQLite" "$(header sqlite3.h)" libsqlite3-dev
  need "readline" "$(header readline/readline.h)" libreadline-dev
  need "ncurses" "$(header curses.h)" libncurses-dev
  need "uuid" "$(header uuid/uuid.h)" uuid-dev
}

# --- the sources ------------------------------------------------------------

# Where the tarball may be had. What Debian calls orig.tar.xz is the same file.
tarball_urls() {
  local name=python$cpython_series mirror
  printf 'https://www.python.org/ftp/python/%s/Python-%s.tar.xz\n' \
    "$cpython_version" "$cpython_version"
  while IFS= read -r mirror; do
    printf '%s/pool/main/%s/%s/%s_%s.orig.tar.xz\n' "${mirror%/}" \
      p "$name" "$name" "$cpython_version"
  done < <(debian_mirrors)
}

# The mirrors that apt is set up with here.
debian_mirrors() {
  # shellcheck disable=SC2016 # apt's variables, not the shell's
  ! has_apt || apt-get indextargets \
    --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 2>/dev/null |
    sed -n 's/^Debian Debian //p' | sort -u
}

is_intact() {
  printf '%s  %s\n' "$cpython_sha256" "$1" | sha256sum --check --status 2>/dev/null
}

# download URL FILE, with what there is. No network: says so soon.
download() {
  local quiet=()
  if command -v curl >/dev/null; then
    [[ -t 2 ]] && quiet=(--progress-bar) || quiet=(--silent --show-error)
    curl --fail --location "${quiet[@]}" --connect-timeout 10 \
      --speed-limit 1000 --speed-time 30 --output "$2" "$1"
  elif command -v wget >/dev/null; then
    [[ -t 2 ]] && quiet=(--quiet --show-progress) || quiet=(--no-verbose)
    wget "${quiet[@]}" --tries=1 --dns-timeout=10 --connect-timeout=10 \
      --read-timeout=30 --output-document="$2" "$1"
  else
    python3 "$tools/setup/download.py" "$1" "$2"
  fi
}

# fetch_tarball FILE: true if it is there and intact. A bad file doesn't stay.
fetch_tarball() {
  local file=$1 url
  if [[ -e $file ]]; then
    ! is_intact "$file" || return 0
    say "the downloaded $file is damaged; getting it again"
    rm -f "$file"
  fi
  mkdir -p "${file%/*}"
  while IFS= read -r url; do
    say "downloading $url"
    fetch_from "$url" "$file" </dev/null 9>&- && return 0
  done < <(tarball_urls)
  return 1
}

fetch_from() {
  local part=$2.part
  rm -f "$part"
  if ! interruptible download "$1" "$part" >&2; then
    say "not to be had there"
  elif ! is_intact "$part"; then
    say "that file has a wrong SHA-256: it is not CPython $cpython_version"
  else
    mv "$part" "$2"
    return 0
  fi
  rm -f "$part"
  return 1
}

# --- the build --------------------------------------------------------------

check_space() {
  (($(free_space "$cache") > cpython_space)) || full_disk
}

full_disk() {
  fail "The disk is full: building CPython needs $((cpython_space / 1000)) MB \
in $cache, and $(($(free_space "$cache") / 1000)) MB are free." \
    "Make room, or have the cache elsewhere: XDG_CACHE_HOME=/some/folder ./bazelw"
}

check_prefix() {
  [[ $cache != *[[:space:]]* ]] ||
    fail "CPython can't be built below $cache, which has a space in its name." \
      "Have the cache elsewhere: XDG_CACHE_HOME=/some/folder ./bazelw"
}

# Makes $cache/python-VERSION out of the tarball. It appears there whole or not
# at all: everything happens in $work, which goes away on the way out.
build_cpython() {
  local tarball=$1 log=$2 prefix=$cache/python-$cpython_version
  say "building CPython $cpython_version; this takes some minutes, and only once"
  : >"$log"
  compile_cpython "$tarball" "$log" "$prefix" || explain_build_failure "$log"
  keep_log "$log"
  rm -rf "$prefix"
  mv "$work/stage$prefix" "$prefix"
}

# Without debug information (-g), which would make libpython.a 75 MB big.
compile_cpython() {
  local tarball=$1 log=$2 prefix=$3
  step "unpacking" 0 "$log" tar -C "$work" -xf "$tarball" &&
    cd "$work/Python-$cpython_version" &&
    OPT='-DNDEBUG -O3' step "configuring CPython" 830 "$log" ./configure \
      --prefix="$prefix" --without-ensurepip --disable-test-modules &&
    step "compiling CPython" 450 "$log" make -j"$(nproc)" &&
    step "installing CPython" 1950 "$log" \
      make install DESTDIR="$work/stage" &&
    cd "$work" && check_modules "$work/stage$prefix" >>"$log" 2>&1
}

step() { interruptible with_progress "$@"; }

# Modules that CPython leaves out without a word if their library isn't there.
check_modules() {
  PYTHONHOME=$1 "$1/bin/python$cpython_series" -B -c \
    'import bz2, ctypes, lzma, sqlite3, ssl, zlib'
}

explain_build_failure() {
  ! disk_is_full "$1" "$cache" || full_disk
  show_end "$1"
  keep_log "$1"
  fail "CPython $cpython_version could not be built." \
    "The log is $cache/python-$cpython_version.log. To use one that you have:" \
    "TROUPE_PYTHON=/path/to/python3.14 ./bazelw"
}

keep_log() { mv "$1" "$cache/python-$cpython_version.log"; }
