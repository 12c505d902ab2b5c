# SPDX-License-Identifier: Apache-2.0
"""Uses a module that refuses interpreters with their own GIL."""

import faulthandler

import troupe


@troupe.handler
def uses_faulthandler():
    return callable(faulthandler.dump_traceback)
