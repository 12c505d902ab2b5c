# SPDX-License-Identifier: Apache-2.0
"""What can happen to a message: it is handled, at once or after a while, passed
on, put aside, or it breaks the actor, or never ends by itself."""

import asyncio

import troupe


class Chaotic:
    @troupe.handler
    def work(self, n):
        return sum(range(n))

    @troupe.handler
    async def nap(self, seconds):
        await asyncio.sleep(seconds)
        return seconds

    @troupe.handler
    def pass_on(self, to):
        if to != troupe.context.self:
            troupe.context.forward(to)

    @troupe.handler
    def crash(self):
        raise RuntimeError("broken on purpose")

    @troupe.handler
    async def crash_later(self):
        await asyncio.sleep(0)
        raise RuntimeError("broken on purpose, later")

    @troupe.handler
    def spin(self):
        while True:
            pass

    @troupe.handler
    def put_aside(self):
        troupe.context.stash()

    @troupe.handler
    def take_back(self):
        troupe.context.unstash_all()
