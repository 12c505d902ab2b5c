# SPDX-License-Identifier: Apache-2.0
"""An actor that asks whoever spawns it while it starts."""

import troupe


def started(parent):
    parent.ask.gather((), None).result()


@troupe.handler
def nothing():
    pass
