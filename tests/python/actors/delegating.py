# SPDX-License-Identifier: Apache-2.0
"""An actor that has an executor do its work."""

import asyncio

import troupe

executor = None


@troupe.handler
def squares(count):
    with troupe.ActorPoolExecutor(2) as executor:
        return list(executor.map(lambda n: n * n, range(count)))


@troupe.handler
async def awaited(count):
    loop = asyncio.get_running_loop()
    with troupe.ActorPoolExecutor(2) as executor:
        asked = [loop.run_in_executor(executor, pow, n, 2) for n in range(count)]
        return await asyncio.gather(*asked)


@troupe.handler
def keep_one():
    """An executor that is there when the actor ends."""
    global executor
    executor = troupe.ActorPoolExecutor(1)
    return executor.submit(pow, 2, 5).result()
