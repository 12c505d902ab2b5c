# SPDX-License-Identifier: Apache-2.0
"""The actors of the benchmarks."""

import troupe


class Player:
    """One of two: returns each ball that has hits left."""

    @troupe.handler
    def meet(self, other):
        self.other = other

    def receive(self, hits):
        if hits:
            self.other.tell(hits - 1)


class Counter:
    """Counts what it gets."""

    def started(self):
        self.count = 0

    def receive(self, _):
        self.count += 1

    @troupe.handler
    def counted(self):
        return self.count


class Sender:
    """Sends numbers, one message each."""

    @troupe.handler
    def send(self, receiver, count):
        tell = receiver.tell
        for n in range(count):
            tell(n)


class Echo:
    """Answers with what it gets."""

    def receive(self, message):
        return message


class Reader:
    """Looks at each page of what it gets."""

    @troupe.handler
    def read(self, content):
        return sum(memoryview(content)[::4096])


class Asker:
    """Asks another actor, and waits, one request at a time."""

    @troupe.handler
    def seconds_each(self, other, count):
        import time

        start = time.perf_counter()
        for n in range(count):
            other.ask(n).result()
        return (time.perf_counter() - start) / count

    @troupe.handler
    def gathered(self, other, count):
        import ask

        return ask.gathered(other.ask, count)


class QueueEcho:
    @troupe.handler
    def serve(self, requests, answers):
        for item in requests:
            answers.put(item)


class Alarm:
    """Says how late its timers are."""

    @troupe.handler
    def lateness(self, count):
        import lateness

        answer = troupe.context.reply_later().answer
        lateness.Rounds(count, troupe.context.after, answer).next()

    @troupe.handler
    async def lateness_of_sleep(self, count):
        import lateness

        return await lateness.asleep(count)
