# SPDX-License-Identifier: Apache-2.0
"""For the tests of troupe.testing: an account, and clerks that race for it."""

import atexit
import asyncio
import os
import signal

import troupe

loaded = 0
loaded += 1  # stays 1: the module is new for each actor


class Account:
    def __init__(self):
        self.balance = 0

    @troupe.handler
    def get(self):
        return self.balance

    @troupe.handler
    def set(self, balance):
        self.balance = balance

    @troupe.handler
    def add(self, n):
        self.balance += n
        return self.balance


class Clerk:
    @troupe.handler
    def deposit(self, account, n):
        # The planted race: another clerk may come between the two.
        balance = account.ask.get().result()
        account.tell.set(balance + n)

    @troupe.handler
    def relay(self, question, *refs):
        """Asks the first, which asks the next, ...; the last answers."""
        first, *others = refs
        if others:
            return first.ask.relay(question, *others).result()
        return first.options(timeout=None).ask(question).result()

    @troupe.handler
    def tell(self, ref, message):
        ref.tell(message)

    @troupe.handler
    def call(self, ref, handler, *args):
        getattr(ref.tell, handler)(*args)

    @troupe.handler
    async def nap(self, seconds):
        await asyncio.sleep(seconds)
        return seconds

    @troupe.handler
    def hire(self, name):
        return troupe.context.spawn(Clerk, name=name)

    @troupe.handler
    def once_loaded(self):
        global loaded
        loaded += 1
        return loaded

    @troupe.handler
    def write_at_exit(self, descriptor):
        atexit.register(os.write, descriptor, b"done")

    @troupe.handler
    def interrupt_and_loop(self):
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            pass

    @troupe.handler
    def spin(self):
        troupe.context.self.tell.spin()
