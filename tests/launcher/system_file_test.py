# SPDX-License-Identifier: Apache-2.0
"""`troupe run system.toml`: actors from a list, and where to begin."""

import unittest

from launching import LauncherTest, interrupt

FRONT = """
    import troupe

    def started(*args, **kwargs):
        print("front:", args, kwargs)

    @troupe.handler
    def main(args):
        system = troupe.context.system
        print("main:", args, [actor.name for actor in system.actors()])

    def stopping(reason):
        print("stopping:", reason)
"""

STORE = """
    import troupe

    class Store:
        def __init__(self, *stock):
            self.stock = stock

        @troupe.handler
        def count(self):
            return len(self.stock)
"""


class SystemFileTest(LauncherTest):
    def setUp(self) -> None:
        super().setUp()
        self.write("shop/front.py", FRONT)
        self.write("shop/store.py", STORE)

    def list(self, text: str) -> None:
        self.write("shop/system.toml", text)

    def test_an_actor_may_have_options_of_spawn(self):
        self.list(
            """
            [system]
            entry = "front"

            [[actor]]
            module = "store"
            class = "Store"
            name = "store"
            mailbox = 1
            overflow = "fail"
            stash = 0
            time_limit = 0.5
            concurrency = 2
            pinned = true

            [[actor]]
            module = "front"
            name = "front"
            dedicated = true
            """
        )
        result = self.launch("run", "shop/system.toml")
        self.assertEqual(result.code, 0, result)

    def test_bad_options_are_told_with_their_place(self):
        for line, words in (
            ('overflow = "drop_oldst"', "did you mean 'drop_oldest'"),
            ("overflow = 1", "string"),
            ("mailbox = 0", "mailbox must be at least 1, not 0"),
            ('stash = "many"', "whole number"),
            ("time_limit = 0", "more than 0 seconds"),
            ("time_limit = true", "number"),
            ("pinned = 1", "true or false"),
            ("concurrency = 0", "at least 1"),
            ('home = "main"\npinned = true', "home of its own"),
            ("pinned = true\ndedicated = true", "choose"),
        ):
            with self.subTest(line):
                last = 2 + line.count("\n") + 1
                self.write(
                    "shop/system.toml", f'[[actor]]\nmodule = "front"\n{line}\n'
                )
                result = self.launch("run", "shop/system.toml")
                self.assertEqual(result.code, 2)
                self.assertIn(words, result.err)
                self.assertIn(f"system.toml:{last}:", result.err)

    def test_an_entry_actor_gets_the_programs_arguments(self):
        self.list(
            """
            [system]
            entry = "front"

            [[actor]]
            module = "front"
            name = "front"
            args = [1, "two", [3.5], 2026-11-22]
            kwargs = {open = true}

            [[actor]]
            module = "store"
            class = "Store"
            name = "store"
            count = 2
            home = "shared:stores"
            """
        )
        result = self.launch("run", "shop/system.toml", "a", "--b")
        self.assertEqual(
            result.out,
            "front: (1, 'two', [3.5], datetime.date(2026, 11, 22)) {'open': True}\n"
            "main: ['a', '--b'] ['front', 'store-1', 'store-2']\n"
            "stopping: shutdown\n",
            result,
        )
        self.assertEqual(result.code, 0)

    def test_an_entry_function_is_called_as_main_of_a_script_is(self):
        self.write(
            "shop/app.py",
            """
            def begin(system, args):
                print(args, system.lookup("store").ask.count().result(timeout=60))
            """,
        )
        self.list(
            """
            [system]
            entry = "app:begin"
            [[actor]]
            module = "store"
            class = "Store"
            name = "store"
            args = ["bread", "milk"]
            """
        )
        result = self.launch("run", "shop/system.toml", "x")
        self.assertEqual((result.code, result.out), (0, "['x'] 2\n"), result)

    def test_without_an_entry_it_runs_until_it_is_stopped(self):
        self.write("shop/last.py", "def started(): print('all are there')")
        self.list('[[actor]]\nmodule = "front"\n[[actor]]\nmodule = "last"')
        process = self.start("run", "shop/system.toml")
        self.assertEqual(process.stdout.readline(), "front: () {}\n")
        self.assertEqual(process.stdout.readline(), "all are there\n")
        interrupt(process)
        result = self.finish(process)
        self.assertEqual((result.code, result.out), (130, "stopping: shutdown\n"))

    def test_without_an_entry_it_ends_with_its_last_actor(self):
        self.write(
            "shop/mayfly.py",
            """
            import troupe

            def started():
                troupe.context.self.tell.end()

            @troupe.handler
            def end():
                troupe.context.stop()
            """,
        )
        self.list('[[actor]]\nmodule = "mayfly"\ncount = 3')
        self.assertEqual(self.launch("run", "shop/system.toml").code, 0)

    def test_an_entry_that_fails_gives_1(self):
        self.write("shop/bad.py", FRONT.replace("system =", "system = 1 // 0 #"))
        self.list(
            '[system]\nentry = "b"\n[[actor]]\nmodule = "bad"\nname = "b"'
        )
        result = self.launch("run", "shop/system.toml")
        self.assertEqual(result.code, 1, result)
        self.assertIn("ZeroDivisionError", result.err)
        self.assertIn("bad.py", result.err)

    def test_the_command_lines_options_come_before_the_files(self):
        self.write("shop/app.py", "def main(s): print(s.stats()['workers'])")
        self.list(
            '[system]\nworkers = 3\nentry = "app:main"\n[[actor]]\nmodule = "front"'
        )
        outputs = [
            self.launch("run", *options, "shop/system.toml").out.splitlines()[1]
            for options in ([], ["--workers", "2"])
        ]
        self.assertEqual(outputs, ["3", "2"])

    def test_an_unknown_key_is_refused_with_its_line(self):
        self.list('[[actor]]\nmodul = "front"')
        self.assertUnusable(
            self.launch("run", "shop/system.toml"),
            "troupe: shop/system.toml:2:1: unknown key 'modul' in [[actor]]; did "
            "you mean 'module'?",
        )

    def test_a_wrong_type_is_refused_with_its_line(self):
        self.list('[system]\nworkers = "two"\n[[actor]]\nmodule = "front"')
        self.assertUnusable(
            self.launch("run", "shop/system.toml"),
            "troupe: shop/system.toml:2:11: workers must be a whole number, not a "
            "string",
        )

    def test_a_module_that_is_not_there_is_refused_with_its_line(self):
        self.list('[[actor]]\nname = "f"\nmodule = "frond"')
        self.assertUnusable(
            self.launch("run", "shop/system.toml"),
            "troupe: shop/system.toml:1: actor 'f': there is no module 'frond'; "
            "did you mean 'front'?",
        )

    def test_an_actor_that_cant_start_is_refused_with_its_line(self):
        self.list('[[actor]]\nmodule = "store"\nclass = "Stor"')
        result = self.launch("run", "shop/system.toml")
        self.assertEqual(result.code, 2, result)
        self.assertIn("shop/system.toml:1: actor 'store:Stor': ", result.err)
        self.assertIn("module 'store' has no attribute 'Stor'", result.err)

    def test_an_entry_without_a_handler_main_is_refused_with_its_line(self):
        self.list(
            '[system]\nentry = "s"\n'
            '[[actor]]\nname = "s"\nmodule = "store"\nclass = "Store"'
        )
        self.assertUnusable(
            self.launch("run", "shop/system.toml"),
            "troupe: shop/system.toml:2: entry: actor 's' has no handler main; "
            "add: @troupe.handler def main(args): ...",
        )

    def test_an_entry_function_that_is_not_there_is_refused_with_its_line(self):
        self.list('[system]\nentry = "front:begin"\n[[actor]]\nmodule = "front"')
        self.assertUnusable(
            self.launch("run", "shop/system.toml"),
            "troupe: shop/system.toml:2: entry: front has no function begin; add: "
            "def begin(system): ...",
        )

    def test_pools_and_routers_are_started_after_the_actors(self):
        self.write(
            "shop/front.py",
            """
            import troupe

            @troupe.handler
            def main(args):
                system = troupe.context.system
                print(system.router_of("stores").size, system.router_of("all").size)
                print(system.lookup("all").ask.count().result())
            """,
        )
        self.list(
            """
            [system]
            entry = "front"

            [[router]]
            name = "all"
            routees = ["stores", "single"]
            policy = "scatter_gather_first"

            [[pool]]
            module = "store"
            class = "Store"
            name = "stores"
            size = 2
            args = ["a", "b"]
            max_restarts = "unlimited"
            backoff = { initial = 0.5 }

            [[actor]]
            module = "store"
            class = "Store"
            name = "single"
            args = ["a", "b"]

            [[actor]]
            module = "front"
            name = "front"
            """
        )
        done = self.launch("run", "shop/system.toml")
        self.assertEqual(done.err, "")
        self.assertEqual(done.out.split(), ["2", "2", "2"])

    def test_how_a_pool_restarts_is_checked(self):
        self.list(
            """
            [[pool]]
            module = "store"
            max_restarts = -1
            restart = "permanent"
            """
        )
        done = self.launch("check", "shop/system.toml")
        self.assertEqual(done.code, 2)
        self.assertIn("max_restarts", done.out + done.err)
        self.assertIn("restart", done.out + done.err)

    def test_a_pool_that_cant_start_is_told_with_its_line(self):
        self.list(
            """
            [[pool]]
            module = "stoer"
            size = 2
            """
        )
        done = self.launch("run", "shop/system.toml")
        self.assertEqual(done.code, 2)
        self.assertIn("system.toml:", done.err)
        self.assertIn("stoer", done.err)


if __name__ == "__main__":
    unittest.main()
