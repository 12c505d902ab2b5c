# SPDX-License-Identifier: Apache-2.0
"""Who hears of messages that nobody handles."""

import os
import queue
import subprocess
import tempfile
import textwrap

import support
import troupe
from support import TIMEOUT

LAUNCHER = os.path.realpath("/proc/self/exe")


class Subscriptions(support.SystemTestCase):
    def gone(self, name):
        ref = self.spawn("actors.social", name=name)
        ref.stop()
        ref.join(TIMEOUT)
        return ref

    def test_a_function_gets_each_dead_letter(self):
        got = queue.SimpleQueue()
        self.system.subscribe_dead_letters(got.put)
        self.gone("dead").tell.note(1, "zwei", key=[3])
        letter = got.get(timeout=TIMEOUT)
        self.assertEqual(
            letter,
            troupe.DeadLetter(
                "stopped", None, "dead", "note", "(1, 'zwei', key=[3])"
            ),
        )
        match letter:
            case troupe.DeadLetter(reason="stopped", receiver=receiver):
                self.assertEqual(receiver, "dead")
            case _:
                self.fail(letter)
        self.system.group("none").tell("hello")
        self.assertEqual(
            got.get(timeout=TIMEOUT),
            troupe.DeadLetter("no_receiver", None, "group 'none'", None, "'hello'"),
        )
        self.assertTrue(self.system.unsubscribe_dead_letters(got.put))
        self.assertFalse(self.system.unsubscribe_dead_letters(got.put))

    def test_an_actor_gets_each_dead_letter_until_it_ends(self):
        listener = self.spawn("actors.social", name="listener")
        self.system.subscribe_dead_letters(listener)
        self.system.subscribe_dead_letters(listener)  # once is enough
        dead = self.gone("dé€")
        dead.tell("x" * 500)
        self.assert_quiet()
        (letter,) = listener.ask.history().result(TIMEOUT)
        self.assertEqual((letter.receiver, letter.handler), ("dé€", None))
        self.assertLess(len(letter.preview), 120)
        listener.stop()
        listener.join(TIMEOUT)
        dead.tell(1)
        self.assertEqual(self.system.dead_letters(), {"stopped": 2})

    def test_a_sender_is_named(self):
        listener = self.spawn("actors.social")
        self.system.subscribe_dead_letters(listener)
        sender = self.spawn("actors.teller", self.gone("dead"), name="sender")
        sender.ask.say("hi").result(TIMEOUT)
        self.assert_quiet()
        (letter,) = listener.ask.history().result(TIMEOUT)
        self.assertEqual((letter.sender, letter.receiver), ("sender", "dead"))

    def test_a_listener_that_makes_dead_letters_makes_no_loop(self):
        listener = self.spawn("actors.teller", self.gone("dead"), name="talker")
        self.system.subscribe_dead_letters(listener)  # says all that it gets
        self.gone("other").tell(1)
        self.assert_quiet()
        self.assertEqual(self.system.dead_letters(), {"stopped": 2})

    def test_a_listener_without_receive_makes_no_loop(self):
        deaf = self.spawn("actors.state")
        self.system.subscribe_dead_letters(deaf)
        self.gone("dead").tell(1)
        self.assert_quiet()
        self.assertEqual(self.system.dead_letters(), {"no_handler": 1, "stopped": 1})

    def test_what_a_slow_listener_misses_is_told(self):
        hold, release = self.gate()
        listener = self.spawn("actors.slow_social", hold)
        held = listener.ask.note("held")
        self.system.subscribe_dead_letters(listener)
        dead = self.gone("dead")
        for i in range(1500):
            dead.tell(i)
        self.open_gate(release)
        held.result(TIMEOUT)
        self.assert_quiet()
        dead.tell("last")
        self.assert_quiet()
        letters = listener.ask.history().result(TIMEOUT)[1:]
        self.assertLess(len(letters), 1010)
        self.assertEqual(sum(x.missed for x in letters) + len(letters), 1501)
        self.assertEqual(letters[-1].preview, "'last'")

    def test_an_exception_in_the_function_is_shown_and_it_goes_on(self):
        got = queue.SimpleQueue()

        def fail_first(letter):
            got.put(letter)
            raise ValueError("not this one")

        self.system.subscribe_dead_letters(fail_first)
        dead = self.gone("dead")
        dead.tell(1)
        dead.tell(2)
        self.assertEqual(got.get(timeout=TIMEOUT).preview, "1")
        self.assertEqual(got.get(timeout=TIMEOUT).preview, "2")

    def test_what_cant_subscribe_is_refused(self):
        for who in (7, "x", None):
            with self.assertRaisesRegex(TypeError, "Ref or a function"):
                self.system.subscribe_dead_letters(who)
        inner = self.spawn("actors.teller", None)
        with self.assertRaisesRegex(TypeError, "context.self"):
            inner.ask.subscribe_a_function().result(TIMEOUT)
        inner.ask.subscribe_itself().result(TIMEOUT)


PROGRAM = '''
import troupe

def receive(message): pass

def main(system):
    echo = system.spawn("app", name="echo")
    echo.stop()
    echo.join()
    for i in range(5):
        echo.tell(i)
    try:
        echo.ask(1).result()
    except troupe.ActorStopped:
        pass
'''


class TheLog(support.SystemTestCase):
    def errors_of(self, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "app.py")
            with open(path, "w") as file:
                file.write(textwrap.dedent(PROGRAM))
            done = subprocess.run(
                [LAUNCHER, "run", *options, path],
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
            )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr.splitlines()

    def test_the_first_are_shown_and_the_others_counted(self):
        self.assertEqual(
            self.errors_of(),
            [
                "troupe: dead letter (stopped): 0 to 'echo'",
                "troupe: dead letter (stopped): 1 to 'echo'",
                "troupe: dead letter (stopped): 2 to 'echo'",
                "troupe: dead letter (stopped): 2 more in the last 10 s, to 'echo'",
            ],
        )

    def test_a_higher_log_level_silences_it(self):
        self.assertEqual(self.errors_of("--log-level", "ERROR"), [])


def main(system):
    support.run(globals())
