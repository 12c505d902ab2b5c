# SPDX-License-Identifier: Apache-2.0
"""Where the tests find a sample, and how they run it."""

import os
import subprocess
import sys

_SAMPLES = os.path.join(
    os.environ["TEST_SRCDIR"], os.environ["TEST_WORKSPACE"], "samples")


def import_from(name):
    """Makes the modules of a sample importable."""
    sys.path.insert(0, os.path.join(_SAMPLES, name))


def command(name, *args):
    return [os.path.join(_SAMPLES, name, name), *args]


def run(name, *args, folder="."):
    """Runs a sample as a user would who stands in `folder`."""
    return subprocess.run(
        command(name, *args), capture_output=True, encoding="utf-8",
        env=os.environ | {"BUILD_WORKING_DIRECTORY": os.path.abspath(folder)})
