# SPDX-License-Identifier: Apache-2.0
"""How late timers are: one after the other goes off after 1 to 20 ms. Of a
hundred of them, the one that was the second latest."""

import rounds


def main(system, args):
    options = rounds.Options(args, __doc__)
    contest = rounds.Contest("How late a timer is, 99 of 100", unit="ms", scale=1e3)
    count = options.size(100, least=5)
    alarm = system.spawn("actors:Alarm")
    contest.add("context.after", lambda: alarm.ask.lateness(count).result())
    contest.add("asyncio.sleep in a handler",
                lambda: alarm.ask.lateness_of_sleep(count).result())
    contest.add("asyncio, loop.call_later", rounds.peer("asyncio_timer", count))
    contest.add("threading.Timer", rounds.peer("thread_timer", count))
    contest.run(options.rounds)
