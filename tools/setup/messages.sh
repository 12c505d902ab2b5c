# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the set-up says. All of it goes to stderr: stdout is Bazel's.

say() { printf 'bazelw: %s\n' "$*" >&2; }

# fail REASON [REMEDY]...: the one message of a set-up that can't go on.
fail() {
  printf '\nbazelw: %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '        %s\n' "$@" >&2
  exit 1
}

# show_progress LABEL TOTAL: copies nothing of stdin, but shows that it moves.
# On a terminal one line is rewritten; elsewhere there is a line now and then.
# With a TOTAL (lines to expect; 0: unknown) there is a percentage.
show_progress() {
  local label=$1 total=$2 count=0 start=$SECONDS shown=-15
  while read -r; do
    ((count += 1))
    if [[ -t 2 ]]; then
      printf '\r\033[K%s' "$(progress_line)" >&2
    elif ((SECONDS - start >= shown + 15)); then
      say "$(progress_line)"
      shown=$((SECONDS - start))
    fi
  done
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
}

# For show_progress, whose variables it reads.
progress_line() {
  local percent=''
  if ((total > 0)); then
    percent=$((count < total ? 100 * count / total : 99))
    percent=" $percent %"
  fi
  printf '%s:%s %d s' "$label" "$percent" $((SECONDS - start))
}

# with_progress LABEL TOTAL LOG COMMAND...: the command's output goes to the
# end of LOG.
with_progress() {
  local label=$1 total=$2 log=$3
  shift 3
  "$@" </dev/null 2>&1 9>&- | tee -a "$log" | show_progress "$label" "$total"
}

# Runs COMMAND... in a process group of its own, so that an interrupt ends all
# of it at once, and without the lock, which is not to outlive the set-up. (apt
# is not run this way: it ends in order by itself.)
running=''
interruptible() {
  local status=0
  set -m
  "$@" 9>&- &
  running=$!
  set +m
  wait "$running" || status=$?
  running=''
  return "$status"
}

interrupted() {
  [[ -z $running ]] || kill -- "-$running" 2>/dev/null || true
  wait
  printf '\nbazelw: Interrupted. The next ./bazelw goes on from here.\n' >&2
  exit 130
}

# show_end LOG: its last lines, for a failure.
show_end() {
  [[ ! -s $1 ]] || tail -n "${2:-15}" "$1" | sed 's/^/  | /' >&2
}

# disk_is_full LOG FOLDER: true if that is why it went wrong.
disk_is_full() {
  grep -qs 'No space left on device' "$1" || (($(free_space "$2") < 10000))
}

# KiB free where FOLDER is.
free_space() { df -Pk "$1" | awk 'NR == 2 { print $4 }'; }
