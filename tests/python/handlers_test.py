# SPDX-License-Identifier: Apache-2.0
"""tell and ask with a handler itself, in place of its name."""

import support
from support import TIMEOUT

from actors import echo, shapes


class ByFunction(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.counter = self.spawn("actors.shapes:Counter", 5)
        self.echo = self.spawn("actors.echo")

    def test_a_method_of_a_class_calls_the_handler_of_its_name(self):
        self.assertEqual(self.counter.ask(shapes.Counter.add, 2).result(TIMEOUT), 7)
        self.counter.tell(shapes.Counter.add, times=3)
        self.assertEqual(self.counter.ask(shapes.Counter.add, 0).result(TIMEOUT), 10)

    def test_a_function_of_a_module_does_the_same(self):
        self.assertEqual(self.echo.ask(echo.add, 1, b=2, c=3).result(TIMEOUT), 6)
        self.assertIsNone(self.echo.ask(echo.nothing).result(TIMEOUT))

    def test_static_and_class_methods_are_handlers_too(self):
        sorts = self.spawn(shapes.Sorts)
        self.assertEqual(sorts.ask(shapes.Sorts.of_nothing, 2).result(TIMEOUT), 2)
        self.assertEqual(sorts.ask(shapes.Sorts.of_the_class).result(TIMEOUT), "Sorts")
        self.assertEqual(sorts.ask.of_nothing(3).result(TIMEOUT), 3)
        self.assertEqual(sorts.ask.of_the_class().result(TIMEOUT), "Sorts")

    def test_what_is_not_marked_is_a_message(self):
        asked = self.echo.ask(echo.not_a_handler)
        self.assertIs(asked.result(TIMEOUT), echo.not_a_handler)
        self.assertIs(self.echo.ask(shapes.Counter).result(TIMEOUT), shapes.Counter)

    def test_what_is_not_marked_takes_no_arguments(self):
        with self.assertRaisesRegex(TypeError, "not_a_handler.*@troupe.handler"):
            self.echo.tell(echo.not_a_handler, 1)

    def test_a_method_of_an_object_here_is_refused(self):
        here = shapes.Counter()
        with self.assertRaisesRegex(TypeError, "not that of an object here"):
            self.counter.ask(here.add, 1)

    def test_a_handler_of_another_actor_is_one_that_it_has_not(self):
        with self.assertRaisesRegex(Exception, "has no handler 'divide'"):
            self.counter.ask(echo.divide, 1, 2).result(TIMEOUT)


def main(system):
    support.run(globals())
