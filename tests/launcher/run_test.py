# SPDX-License-Identifier: Apache-2.0
"""`troupe run app.py` and `troupe run package.module`: from begin to end."""

import unittest

from launching import LauncherTest

ECHO = """
    import troupe

    @troupe.handler
    def echo(text):
        return text
"""

COUNTER = """
    import troupe

    total = 0

    def started(goal):
        globals()["goal"] = goal

    @troupe.handler
    def add(n):
        global total
        total += n
        if total == goal:
            print("total", total)
"""


class RunTest(LauncherTest):
    def test_main_gets_a_system_and_the_exit_code_is_0(self):
        result = self.run_app(
            """
            def main(system):
                echo = system.spawn("echo")
                print(echo.ask.echo("hello").result(timeout=60))
            """,
            echo=ECHO,
        )
        self.assertEqual((result.code, result.out, result.err), (0, "hello\n", ""))

    def test_what_follows_the_target_is_args_and_sys_argv(self):
        result = self.run_app(
            """
            import sys

            def main(system, args):
                print(args, sys.argv)
            """,
            "--",
            "--help",
            "-x",
            "ü",
            "",
        )
        args = ["--help", "-x", "ü", ""]
        self.assertEqual(result.out, f"{args} {['app.py', *args]}\n", result)

    def test_a_second_parameter_with_a_default_is_the_programs_own(self):
        result = self.run_app("def main(system, limit=3): print(limit)", "x")
        self.assertEqual(result.out, "3\n", result)

    def test_a_second_parameter_called_args_may_have_a_default(self):
        result = self.run_app("def main(system, args=()): print(args)", "x")
        self.assertEqual(result.out, "['x']\n", result)

    def test_main_may_be_async(self):
        result = self.run_app(
            """
            async def main(system):
                print(await system.spawn("echo").ask.echo("hello"))
            """,
            echo=ECHO,
        )
        self.assertEqual((result.code, result.out), (0, "hello\n"), result)

    def test_what_was_told_is_handled_before_the_end(self):
        result = self.run_app(
            """
            def main(system):
                counter = system.spawn("counter", 10_000)
                for _ in range(10_000):
                    counter.tell.add(1)
            """,
            counter=COUNTER,
        )
        self.assertEqual((result.code, result.out), (0, "total 10000\n"), result)

    def test_the_system_stops_its_actors_at_the_end(self):
        result = self.run_app(
            """
            def main(system):
                system.spawn("mayfly")
                print("main is done")
            """,
            mayfly="""
            def started():
                print("started")

            def stopping(reason):
                print("stopping:", reason)
            """,
        )
        self.assertEqual(
            (result.code, result.out),
            (0, "started\nmain is done\nstopping: shutdown\n"),
            result,
        )

    def test_main_may_shut_the_system_down(self):
        result = self.run_app(
            """
            def main(system):
                system.spawn("echo")
                system.shutdown()
                print("done")
            """,
            echo=ECHO,
        )
        self.assertEqual((result.code, result.out), (0, "done\n"), result)

    def test_an_actor_may_shut_the_system_down(self):
        result = self.run_app(
            """
            def main(system):
                system.spawn("endless").tell.run()
            """,
            endless="""
            import troupe

            @troupe.handler
            def run(n=0):
                if n == 1000:
                    troupe.context.system.shutdown()
                troupe.context.self.tell.run(n + 1)
            """,
        )
        self.assertEqual(result.code, 0, result)

    def test_the_script_is_a_module_that_actors_can_import(self):
        result = self.run_app(
            """
            import sys
            from dataclasses import dataclass

            @dataclass
            class Point:
                x: int

            def main(system):
                assert sys.modules["__main__"] is sys.modules["app"]
                assert __name__ == "app"
                print(system.spawn("echo").ask.echo(Point(3)).result(timeout=60))

            if __name__ == "__main__":
                print("guarded")
            """,
            echo=ECHO,
        )
        self.assertEqual(result.out, "Point(x=3)\n", result)

    def test_a_class_in_the_script_can_be_an_actor(self):
        result = self.run_app(
            """
            import troupe

            class Doubler:
                @troupe.handler
                def double(self, n):
                    return 2 * n

            def main(system):
                print(system.spawn(Doubler).ask.double(21).result(timeout=60))
            """
        )
        self.assertEqual((result.code, result.out), (0, "42\n"), result)

    def test_the_scripts_folder_is_searched_first(self):
        self.write("deep/app.py", "import echo\ndef main(s): print(echo.__name__)")
        self.write("deep/echo.py", ECHO)
        self.assertEqual(self.launch("run", "deep/app.py").out, "echo\n")

    def test_a_module_is_found_from_the_current_folder(self):
        self.write("shop/__init__.py", "")
        self.write("shop/app.py", "def main(s, args): print(__name__, args)")
        result = self.launch("run", "shop.app", "-v")
        self.assertEqual((result.code, result.out), (0, "shop.app ['-v']\n"), result)

    def test_workers_are_as_many_as_told(self):
        self.write("app.py", "def main(s): print(s.stats()['workers'])")
        result = self.launch("run", "--workers", "3", "app.py")
        self.assertEqual((result.code, result.out), (0, "3\n"), result)

    def test_log_level_holds_in_main_and_in_actors(self):
        self.write(
            "speaker.py",
            """
            import logging
            import troupe

            @troupe.handler
            def speak():
                logging.getLogger("x").info("from an actor")
                logging.getLogger("x").debug("unheard")
            """,
        )
        self.write(
            "app.py",
            """
            import logging

            def main(system):
                logging.getLogger("y").info("from main")
                system.spawn("speaker", name="loud").tell.speak()
            """,
        )
        result = self.launch("run", "--log-level", "info", "app.py")
        lines = result.err.splitlines()
        self.assertEqual(len(lines), 2, result)
        for line, words in zip(lines, (["from main"], ["loud", "from an actor"])):
            for word in words:
                self.assertIn(word, line)
        self.assertEqual(self.launch("run", "app.py").err, "")

    def test_help_and_version_go_to_stdout(self):
        self.assertIn("Exit codes", self.launch("run", "--help").out)
        self.assertRegex(self.launch("--version").out, r"^Troupe \S+, Python 3\.\d+")


if __name__ == "__main__":
    unittest.main()
