# SPDX-License-Identifier: Apache-2.0
"""What the exit code is, and what is shown with it."""

import unittest

from launching import LauncherTest

ECHO = """
    import troupe

    @troupe.handler
    def echo(text):
        return text
"""


class ExitCodeTest(LauncherTest):
    def test_an_exception_in_main_shows_its_traceback_and_gives_1(self):
        result = self.run_app(
            """
            def main(system):
                raise LookupError("no luck")
            """
        )
        self.assertEqual(result.code, 1)
        self.assertEqual(
            result.err.replace(str(self.folder), "FOLDER"),
            "Traceback (most recent call last):\n"
            '  File "FOLDER/app.py", line 2, in main\n'
            '    raise LookupError("no luck")\n'
            "LookupError: no luck\n",
        )

    def test_an_actor_that_failed_gives_1_and_shows_its_traceback(self):
        result = self.run_app(
            """
            def main(system):
                system.spawn("failing", name="unlucky").tell.work()
                print("main is done")
            """,
            failing="""
            import troupe

            @troupe.handler
            def work():
                raise LookupError("no luck")
            """,
        )
        self.assertEqual((result.code, result.out), (1, "main is done\n"), result)
        self.assertIn("unlucky", result.err)
        self.assertIn("failing.py", result.err)
        self.assertIn("LookupError: no luck", result.err)

    def test_a_failed_ask_that_main_handles_is_no_failure(self):
        result = self.run_app(
            """
            def main(system):
                ask = system.spawn("failing").ask.work()
                print(type(ask.exception(timeout=60)).__name__)
            """,
            failing="""
            import troupe

            @troupe.handler
            def work():
                raise LookupError("no luck")
            """,
        )
        self.assertEqual((result.code, result.out), (0, "LookupError\n"), result)

    def test_sys_exit_sets_the_exit_code(self):
        for argument, code, err in (("", 0, ""), ("7", 7, ""), ("'no'", 1, "no\n")):
            with self.subTest(argument):
                result = self.run_app(
                    f"""
                    import sys
                    def main(system):
                        system.spawn("echo")
                        sys.exit({argument})
                    """,
                    echo=ECHO,
                )
                self.assertEqual((result.code, result.err), (code, err), result)

    def test_sys_exit_while_the_script_is_imported_counts_too(self):
        self.assertEqual(self.run_app("raise SystemExit(5)").code, 5)

    def test_a_reader_that_goes_away_ends_it_without_a_traceback(self):
        self.write("app.py", "def main(s):\n while True: print('line')")
        process = self.start("run", "app.py")
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        result = self.finish(process)
        self.assertEqual((result.code, result.err), (1, ""), result)

    def test_a_reader_that_goes_away_ends_actors_without_tracebacks(self):
        self.write(
            "printer.py",
            """
            import troupe

            @troupe.handler
            def work():
                while True:
                    print("line")
            """,
        )
        self.write(
            "app.py",
            """
            def main(system):
                for _ in range(4):
                    system.spawn("printer").tell.work()
            """,
        )
        process = self.start("run", "app.py")
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        result = self.finish(process)
        self.assertEqual((result.code, result.err), (1, ""), result)


if __name__ == "__main__":
    unittest.main()
