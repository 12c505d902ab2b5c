#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a sample in the launcher, from Bazel's runfiles, in the user's folder.
# A template: sample.bzl fills in the words between at signs.
set -eu

runfiles=${RUNFILES_DIR:-${TEST_SRCDIR:-}}
if [ ! -e "$runfiles/@WORKSPACE@/@MAIN@" ]; then
  runfiles=$0.runfiles
fi
RUNFILES_DIR=$(cd "$runfiles" && pwd)
export RUNFILES_DIR

libraries="@LIBRARIES@"
for folder in $libraries; do
  PYTHONPATH=$RUNFILES_DIR/$folder${PYTHONPATH:+:$PYTHONPATH}
done
export PYTHONPATH

cd "${BUILD_WORKING_DIRECTORY:-.}"
here=$RUNFILES_DIR/@WORKSPACE@
exec "$here/pybridge/troupe" run "$here/@MAIN@" "$@"
