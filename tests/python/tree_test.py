# SPDX-License-Identifier: Apache-2.0
"""System.tree(): what all actors do at this moment."""

import asyncio
import os
import re

import support
import troupe
from support import TIMEOUT


class Nested:
    @troupe.handler
    async def outer(self):
        await self.inner()

    async def inner(self):
        await asyncio.get_running_loop().create_future()

    @troupe.handler
    async def ask(self, other):
        await other.ask.outer()


class Tree(support.SystemTestCase):
    def line_of(self, name):
        """(its line, the lines under it) in the tree as it is now."""
        lines = self.system.tree().splitlines()
        (number,) = (
            i for i, line in enumerate(lines) if line.lstrip().startswith(f"{name} (")
        )
        below = []
        for line in lines[number + 1 :]:
            if not line.startswith("    "):
                break
            below.append(line.strip())
        return lines[number], below

    def hold(self, name, **options):
        """An actor that is in a handler until the test ends."""
        reader, writer = self.gate()
        inside, tell = self.gate()
        actor = self.spawn("actors.held", name=name, **options)
        actor.tell.hold(tell, reader)
        os.read(inside, 1)
        self.addCleanup(self.open_gate, writer)
        return actor

    def test_an_actor_that_does_nothing_is_idle(self):
        echo = self.spawn("actors.echo", name="echo")
        echo.ask.add(1).result(TIMEOUT)
        self.assert_quiet()
        line, below = self.line_of("echo")
        self.assertRegex(line, r"^echo \(actors.echo, id \d+, own\): idle; 1 handled$")
        self.assertEqual(below, [])

    def test_the_handler_that_runs_is_shown_with_its_stack(self):
        self.hold("busy")
        line, below = self.line_of("busy")
        while len(below) < 4:  # it is about to call inner()
            line, below = self.line_of("busy")
        self.assertRegex(line, r"in handler 'hold' for (at most )?(\d+\.\d s|\d+ ms|less than 1 ms); 0 handled")
        self.assertEqual(len(below), 4, below)
        self.assertRegex(below[0], r'^File ".*held.py", line \d+, in hold$')
        self.assertEqual(below[1], "inner(go_on)")
        self.assertRegex(below[2], r"in inner$")
        self.assertEqual(below[3], "os.read(go_on, 1)")

    def test_what_waits_is_counted(self):
        busy = self.hold("busy")
        for _ in range(3):
            busy.tell.nothing()
        self.assertIn("; 3 messages waiting; 0 handled", self.line_of("busy")[0])

    def test_homes_are_named(self):
        self.spawn("actors.echo", name="shares", home=troupe.shared("nest"))
        self.spawn("actors.echo", name="on main", home="main")
        self.spawn("actors.shapes:Counter", name="by class")
        self.assertIn("(actors.echo, id ", self.line_of("shares")[0])
        self.assertIn(", shared:nest): ", self.line_of("shares")[0])
        self.assertIn(", main): ", self.line_of("on main")[0])
        self.assertIn("(actors.shapes:Counter, id ", self.line_of("by class")[0])

    def test_an_actor_is_under_the_one_that_spawned_it(self):
        inner = self.spawn("actors.inner", name="maker")
        inner.ask.spawn_echo("made").result(TIMEOUT)
        self.assertTrue(self.line_of("maker")[0].startswith("maker"))
        self.assertTrue(self.line_of("made")[0].startswith("  made"))

    def test_who_waits_for_an_answer_is_shown_with_whose(self):
        busy = self.hold("busy")
        asker = self.spawn("actors.inner", name="asker")
        asker.tell.wait_for_nothing(busy)
        line = ""
        while "waits for" not in line:  # it is about to
            line = self.line_of("asker")[0]
        self.assertIn("in handler 'wait_for_nothing'", line)
        self.assertIn(", waits for an answer of 'busy'", line)

    def test_suspended_handlers_are_shown_with_where_they_wait(self):
        for home in "own", troupe.shared("x"):
            actor = self.spawn(Nested, home=home, name=str(home))
            future = actor.ask.outer()
            line, below = self.line_of(actor.name)
            # The one may be seen a moment before the other.
            while below[:1] != ["suspended:"] or ": awaits; " not in line:
                line, below = self.line_of(actor.name)
            self.assertRegex(line, "awaits; 1 handler suspended; 0 handled$")
            self.assertEqual(len(below), 5, below)
            self.assertRegex(below[1], r'^File ".*tree_test.py", line \d+, in Nested.outer$')
            self.assertEqual(below[2], "await self.inner()")
            self.assertRegex(below[3], r"in Nested.inner$")
            self.assertEqual(below[4], "await asyncio.get_running_loop().create_future()")
            future.cancel()

    def test_who_is_awaited_is_shown(self):
        nested = self.spawn(Nested, name="awaited")
        asker = self.spawn(Nested, name="asker")
        asker.tell.ask(nested)
        line = ""
        while "awaits, waits for" not in line:
            line, below = self.line_of("asker")
        self.assertIn("awaits, waits for an answer of 'awaited'; 1 handler", line)
        asker.stop()
        nested.stop()

    def test_of_many_suspended_handlers_some_are_shown(self):
        many = self.spawn(Nested, name="many", concurrency=50)
        for _ in range(37):
            many.tell.outer()
        below = []
        while below[-1:] != ["... and 27 coroutines more"]:
            line, below = self.line_of("many")
        self.assertEqual(below.count("suspended:"), 10)
        many.stop()

    def test_code_in_c_that_keeps_its_interpreter_is_told_as_that(self):
        inside, tell = self.gate()
        self.spawn("actors.held", name="in c").tell.count_in_c(tell, 100_000_000)
        os.read(inside, 1)
        below = []
        while below != ["no stack: code in C keeps its interpreter busy"]:
            line, below = self.line_of("in c")  # it may be on its way there
            self.assertIn("in handler 'count_in_c'", line)

    def test_threads_are_shown_with_what_they_run(self):
        self.hold("busy")
        threads = re.findall(r"^thread (\S+): 'busy', for ", self.system.tree(), re.M)
        self.assertEqual(len(threads), 1)

    def test_an_actor_can_look_at_the_tree_it_is_in(self):
        self.spawn("actors.held", name="looker")
        text = self.system.lookup("looker").ask.look().result(TIMEOUT)
        self.assertIn("in handler 'look'", text)
        self.assertIn("troupe.context.system.tree()", text)


def main(system):
    support.run(globals())
