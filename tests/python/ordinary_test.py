# SPDX-License-Identifier: Apache-2.0
"""The package in an ordinary Python: a program that the python command runs."""

import threading
import unittest

import troupe

TIMEOUT = 60


class Doubler:
    @troupe.handler
    def double(self, n):
        return 2 * n


class OrdinaryPython(unittest.TestCase):
    def test_a_system_in_a_script(self):
        with troupe.System(workers=2) as system:
            doublers = [system.spawn(Doubler) for _ in range(3)]
            answers = [d.ask.double(i) for i, d in enumerate(doublers)]
        self.assertEqual([a.result(0) for a in answers], [0, 2, 4])

    def test_one_system_after_another(self):
        for _ in range(5):
            with troupe.System(workers=1) as system:
                self.assertEqual(system.spawn(Doubler).ask.double(2).result(TIMEOUT), 4)

    def test_a_system_in_a_thread(self):
        answers = []

        def work():
            with troupe.System(workers=1) as system:
                answers.append(system.spawn(Doubler).ask.double(3).result(TIMEOUT))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        self.assertEqual(answers, [6])

    def test_a_system_that_is_left_to_the_end_of_the_process(self):
        # Nothing to assert: this process must end cleanly with it.
        global left_over
        left_over = troupe.System(workers=1)
        left_over.spawn(Doubler).tell.double(1)


if __name__ == "__main__":
    unittest.main()
