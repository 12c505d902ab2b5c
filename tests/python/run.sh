#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh LAUNCHER PROGRAM: a test that is a program for the launcher.
exec "$1" run "$2"
