# SPDX-License-Identifier: Apache-2.0
"""`troupe doctor`: does a module load in an actor's interpreter?"""

import re
import unittest

from launching import LauncherTest


class DoctorTest(LauncherTest):
    def examine(self, *modules: str, code: int = 1) -> list[str]:
        result = self.launch("doctor", *modules)
        self.assertEqual((result.code, result.err), (code, ""), result)
        return result.out.splitlines()

    def test_what_loads_has_its_price_told(self):
        self.write("small.py", "x = 1")
        lines = self.examine("json", "small", code=0)
        price = r"loads; \d+\.\d ms, (\d+\.\d|less than 0\.1) MB for each interpreter"
        self.assertRegex(lines[0], f"^json: {price}$")
        self.assertRegex(lines[1], f"^small: {price}$")

    def test_what_refuses_is_named_with_what_to_do(self):
        self.write("guard.py", "import faulthandler")
        self.assertEqual(
            self.examine("guard", "faulthandler"),
            [
                "guard: refuses: it imports 'faulthandler' (guard.py line 1), which "
                'doesn\'t support subinterpreters; run it with home="process"',
                "faulthandler: refuses: it doesn't support subinterpreters; run it "
                'with home="process"',
            ],
        )

    def test_what_is_not_there_is_told_with_the_near_name(self):
        self.write("small.py", "x = 1")
        self.assertEqual(
            self.examine("smal"), ["smal: there is no module 'smal'; did you mean 'small'?"]
        )

    def test_an_import_that_fails_is_shown(self):
        self.write("broken.py", "1 / 0")
        lines = self.examine("broken")
        self.assertEqual(lines[0], "broken: its import fails; correct this first:")
        self.assertEqual(lines[-1], "ZeroDivisionError: division by zero")

    def test_a_crash_takes_nothing_else_with_it(self):
        self.write("crash.py", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
        self.write("leave.py", "import os\nos._exit(7)")
        self.write("small.py", "x = 1")
        crash, leave, small = self.examine("crash", "leave", "small")
        self.assertIn("crash: crashes there (SIGSEGV)", crash)
        self.assertIn("leave: ends the process with exit code 7", leave)
        self.assertIn("small: loads", small)

    def test_what_a_module_prints_is_not_mixed_in(self):
        self.write("loud.py", "print('here I am')")
        (line,) = self.examine("loud", code=0)
        self.assertRegex(line, "^loud: loads")

    def test_a_distribution_stands_for_its_modules(self):
        self.write("inner.py", "x = 1")
        self.write("Some_Thing-1.0.dist-info/METADATA", "Name: Some-Thing\nVersion: 1.0")
        self.write("Some_Thing-1.0.dist-info/top_level.txt", "inner\n")
        (line,) = self.examine("some-thing", code=0)
        self.assertTrue(re.match("inner: loads", line), line)

    def test_no_module_at_all_is_bad_usage(self):
        self.assertUnusable(
            self.launch("doctor"),
            """
            troupe: which module? Name some: troupe doctor json decimal
            See 'troupe doctor --help'.
            """,
        )


if __name__ == "__main__":
    unittest.main()
