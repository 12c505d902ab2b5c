# SPDX-License-Identifier: Apache-2.0
"""What stands behind routers, and who makes them."""

import troupe


class Worker:
    """Answers with its name; ends when told to."""

    def __init__(self, fails=False):
        if fails:
            raise ValueError("no worker today")

    @troupe.handler
    def who(self, *args, **kwargs):
        return troupe.context.name

    @troupe.handler
    def asker(self):
        return troupe.context.sender

    @troupe.handler
    def end(self):
        troupe.context.stop()

    @troupe.handler
    def fail(self):
        raise ValueError("a bad job")


class Maker:
    @troupe.handler
    def make(self, routees):
        return troupe.context.system.router(routees)

    @troupe.handler
    def pool(self):
        pool = troupe.context.system.pool(Worker, size=2, name="made")
        return pool.size
