# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Which CPython: the one that TROUPE_PYTHON names, or the best one found.

declare -A facts=() # what tools/python/probe.py said of the last one probed

# probe INTERPRETER: true if it is a Python, whatever its verdict is.
probe() {
  local key value
  facts=()
  while IFS='=' read -r key value; do
    facts[$key]=$value
  done < <(timeout 20 "$1" -E -s -B "$tools/python/probe.py" \
    </dev/null 2>/dev/null 9>&-)
  [[ -n ${facts[verdict]-} ]]
}

refuse() {
  fail "TROUPE_PYTHON=$TROUPE_PYTHON can't be used: $1." "Remedy: $2."
}

# Sets `python` to the interpreter that TROUPE_PYTHON names, or refuses it.
take_named_python() {
  local path=$TROUPE_PYTHON newer="name a CPython 3.14, or unset it"
  [[ $path == */* ]] || path=$(command -v "$path") ||
    refuse "no such program is on the PATH" "$newer"
  [[ -e $path ]] || refuse "there is no such file" "$newer"
  [[ ! -d $path ]] || refuse "it is a folder" "name the python in its bin/"
  [[ -x $path ]] || refuse "it is not executable" "$newer"
  probe "$path" || refuse "it does not run as a Python" "$newer"
  [[ ${facts[verdict]} != refused ]] ||
    refuse "${facts[reason]}" "${facts[remedy]}"
  python=${facts[executable]}
  warn_of_second_rate
}

warn_of_second_rate() {
  [[ ${facts[verdict]} == usable ]] || return 0
  say "warning: $python works, but ${facts[reason]}; ${facts[remedy]}"
}

# Where a Python of the given minor version (a pattern) may be. PATH first.
candidates() {
  local folder folders
  IFS=: read -r -a folders <<<"$PATH"
  folders+=("${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin
    "$HOME"/.local/share/uv/python/*/bin "$HOME"/.local/bin
    /usr/local/bin /opt/*/bin /usr/bin "$cache"/python-*/bin)
  for folder in "${folders[@]}"; do
    # shellcheck disable=SC2086 # the pattern is to be expanded
    printf '%s\n' "$folder"/python3.$1
  done | awk '!seen[$0]++' | while IFS= read -r file; do
    [[ ! -x $file ]] || printf '%s\n' "$file"
  done
}

# find_python PATTERN VERDICT: sets `python` to the first one so judged.
find_python() {
  local candidate
  while IFS= read -r candidate; do
    if probe "$candidate" && [[ ${facts[verdict]} == "$2" ]]; then
      python=${facts[base_executable]}
      return 0
    fi
  done < <(candidates "$1")
  return 1
}

find_good_python() { find_python '1[4-9]' good; }
find_second_rate_python() { find_python '1[3-9]' usable; }

# need_distribution_python VERSION: false if apt does not have it.
need_distribution_python() {
  is_available "python$1-dev" || return 1
  need "CPython $1" "/usr/include/python$1/Python.h" "python$1-dev"
  need "CPython $1" "/usr/bin/python$1" "python$1"
}
