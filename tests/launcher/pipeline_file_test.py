# SPDX-License-Identifier: Apache-2.0
"""Pipelines from the shell: TOML files, `troupe map`, Ctrl-C."""

import contextlib
import json
import subprocess
import unittest

from launching import LauncherTest, interrupt

STAGES = """
    def upper(line):
        return line.upper()

    def words(line):
        return line.split()

    def not_b(line):
        if line == "b":
            raise ValueError("I don't like b")
        return line

    def first(word):
        return word[0]

    def plus(a, b):
        return a + b

    def nothing(line):
        return None
"""


class PipelineFiles(LauncherTest):
    def setUp(self):
        super().setUp()
        self.write("stages.py", STAGES)
        self.write("in.txt", "a bc\nd\n")

    def run_file(self, text):
        self.write("p.toml", text)
        return self.launch("run", "p.toml")

    def test_without_a_sink_results_are_printed(self):
        result = self.run_file(
            """
            [pipeline]
            name = "words"

            [[step]]
            source = "lines"
            args = ["in.txt"]

            [[step]]
            flat_map = "stages:words"
            parallel = 2

            [[step]]
            map = "stages:upper"
            """
        )
        self.assertEqual((result.code, result.out, result.err), (0, "A\nBC\nD\n", ""), result)

    def test_every_kind_of_step(self):
        result = self.run_file(
            """
            [pipeline]
            ordered = false
            delivery = "at_most_once"
            dead_letters = "dead.jsonl"

            [[step]]
            source = "lines"
            args = ["in.txt"]

            [[step]]
            merge = true
            branch = [{ step = [{ source = "lines", args = ["in.txt"] }] }]

            [[step]]
            flat_map = "stages:words"
            on_error = { times = 2, backoff = 0.001, then = "skip" }

            [[step]]
            rate_limit = 1000

            [[step]]
            broadcast = true
            [[step.branch]]
            step = [{ distinct = "", name = "once" }, { sink = "lines", args = ["out.txt"] }]
            [[step.branch]]
            step = [{ batch = 2 }, { flat_map = "builtins:list" }]

            [[step]]
            key_by = "stages:first"

            [[step]]
            reduce = "stages:plus"
            shards = 2

            [[step]]
            take = 10

            [[step]]
            sink = "json_lines"
            args = ["totals.jsonl"]
            """
        )
        self.assertEqual(result.code, 0, result)
        self.assertEqual(sorted((self.folder / "out.txt").read_text().split()), ["a", "bc", "d"])
        lines = (self.folder / "totals.jsonl").read_text().splitlines()
        totals = [json.loads(line) for line in lines]
        self.assertEqual(sorted(totals), [["a", "aa"], ["b", "bcbc"], ["d", "dd"]])

    def test_mistakes_are_told_by_run_and_check(self):
        for text, told in (
            ("[[step]]\nmap = 'stages:upper'\n", "has no source()"),
            ("[[step]]\nmap = 'x:y'\nfilter = 'x:y'\n", "[[step]] 1 needs one of"),
            ("[[step]]\nsource = 'lines'\n", "[[step]] 1 (source): lines() takes at least"),
            (
                "[[step]]\nsource = 'lines'\nargs = ['in.txt']\n"
                "[[step]]\nmap = 'stages:upper'\nparalel = 2\n",
                "[[step]] 2 (map): map() has no option 'paralel'; did you mean 'parallel'?",
            ),
            ("[pipeline]\nnmae = 'x'\n", "unknown key 'nmae' in [pipeline]"),
            (
                "[[step]]\nsource = 'lines'\nargs = ['in.txt']\n"
                "[[step]]\nmap = 'stages:uper'\n",
                "module 'stages' has no 'uper'",
            ),
        ):
            with self.subTest(told):
                self.write("p.toml", text)
                for command in ("run", "check"):
                    result = self.launch(command, "p.toml")
                    self.assertEqual((result.code, result.out), (2, ""), result)
                    self.assertIn(told, result.err)
                    self.assertIn("p.toml", result.err)

    def test_check_runs_nothing(self):
        self.write("p.toml", "[[step]]\nsource = 'lines'\nargs = ['nowhere.txt']\n")
        self.assertEqual(self.launch("check", "p.toml").code, 0)


class Map(LauncherTest):
    def setUp(self):
        super().setUp()
        self.write("stages.py", STAGES)

    def map(self, *words, lines="a\nb\nc\n"):
        process = subprocess.Popen(
            **(self.options(["map", *words]) | {"stdin": subprocess.PIPE})
        )
        out, err = process.communicate(lines, timeout=60)
        return process.returncode, out, err

    def options(self, arguments):
        from launching import LAUNCHER, _environment

        return {
            "args": [LAUNCHER, *arguments],
            "cwd": self.folder,
            "env": _environment(),
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
        }

    def test_each_line_goes_to_the_function(self):
        self.assertEqual(self.map("stages:upper"), (0, "A\nB\nC\n", ""))

    def test_the_order_stays_for_many_lines(self):
        many = "".join(f"{n}\n" for n in range(20_000))
        code, out, _ = self.map("--parallel", "3", "stages:upper", lines=many)
        self.assertEqual((code, out), (0, many))

    def test_a_list_is_several_lines_and_none_is_no_line(self):
        self.assertEqual(self.map("stages:words", lines="a b\n\nc"), (0, "a\nb\nc\n", ""))
        self.assertEqual(self.map("stages:nothing"), (0, "", ""))

    def test_a_failure_is_told_with_its_line(self):
        code, out, err = self.map("stages:not_b")
        self.assertEqual((code, out), (1, "a\n"))
        self.assertIn("troupe: stage 'not_b' failed on 'b': ValueError: I don't like b", err)
        self.assertIn('stages.py", line 9, in not_b', err)

    def test_errors_can_be_skipped(self):
        code, out, err = self.map("--skip-errors", "stages:not_b")
        self.assertEqual((code, out), (1, "a\nc\n"))
        self.assertEqual(err, "troupe: 'b': ValueError: I don't like b\n")

    def test_bad_usage(self):
        for words in ((), ("stages:nope",), ("nothing",), ("nowhere:f",), ("-x", "a:b")):
            with self.subTest(words):
                code, out, err = self.map(*words)
                self.assertEqual((code, out), (2, ""), err)
                self.assertTrue(err)

    def test_a_reader_that_goes_away_ends_it(self):
        many = "".join(f"{n}\n" for n in range(100_000))
        self.write("many.txt", many)
        from launching import LAUNCHER

        done = subprocess.run(
            f"'{LAUNCHER}' map stages:upper < many.txt | head -1",
            shell=True, cwd=self.folder, capture_output=True, text=True, timeout=60,
            env=self.options([])["env"],
        )
        self.assertEqual(done.stdout, "0\n")
        self.assertNotIn("Traceback", done.stderr)


class Interrupts(LauncherTest):
    APP = """
        import itertools
        from troupe import Pipeline

        def ready(n):
            if n == 1000:
                print("ready", flush=True)

        def main(system):
            got = []
            pipeline = Pipeline().source(itertools.count()).map(str).map(int).tap(ready)
            result = pipeline.sink(got.append).run(system)
            print(result.interrupted, got == list(range(len(got))), len(got) > 0)
    """

    def test_ctrl_c_drains(self):
        self.write("app.py", self.APP)
        process = self.start("run", "app.py")
        self.assertEqual(process.stdout.readline(), "ready\n")
        interrupt(process)
        result = self.finish(process)
        self.assertEqual((result.code, result.out), (0, "True True True\n"), result)

    def test_a_second_one_cancels(self):
        self.write(
            "app.py",
            """
            import itertools, threading
            from troupe import Pipeline

            def main(system):
                def stuck(n):
                    print("ready", flush=True)
                    threading.Event().wait()
                Pipeline().source(itertools.count()).map(str).sink(stuck).run(system)
            """,
        )
        process = self.start("run", "app.py")
        self.assertEqual(process.stdout.readline(), "ready\n")
        while process.poll() is None:  # two at once may be seen as one
            interrupt(process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
        self.assertIn(self.finish(process).code, (130, -2))


if __name__ == "__main__":
    unittest.main()
