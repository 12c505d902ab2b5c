# SPDX-License-Identifier: Apache-2.0
"""`troupe check`: what `troupe run` would refuse, without running it."""

import unittest

from launching import LauncherTest

FRONT = """
    import troupe

    def started(greeting, times=1):
        print("started")

    @troupe.handler
    def main(args):
        print("main")
"""

STORE = """
    import troupe

    class Store:
        def __init__(self, size: int, *, label: str = ""):
            print("made")

        @troupe.handler
        def count(self):
            return 0

    class Shelf:
        pass
"""


class CheckTest(LauncherTest):
    def setUp(self) -> None:
        super().setUp()
        self.write("front.py", FRONT)
        self.write("store.py", STORE)

    def check(self, text: str) -> object:
        self.write("system.toml", text)
        return self.launch("check", "system.toml")

    def test_a_file_that_is_fine_starts_nothing(self):
        result = self.check(
            """
            [system]
            entry = "front"
            [[actor]]
            module = "front"
            name = "front"
            args = ["hello"]
            [[actor]]
            module = "store"
            class = "Store"
            args = [5]
            kwargs = {label = "a"}
            home = "shared:stores"
            count = 3
            """
        )
        self.assertEqual((result.code, result.err), (0, ""), result)
        self.assertEqual(result.out, "system.toml: nothing is wrong\n")

    def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_file(self):
        self.assertUnusable(
            self.check(
                """
                [system]
                entry = "store"
                wrokers = 2
                [[actor]]
                module = "frond"
                [[actor]]
                name = "store"
                module = "store"
                class = "Store"
                args = ["a", "b"]
                [[actor]]
                module = "store"
                class = "Stor"
                [[actor]]
                module = "store"
                class = "Shelf"
                home = "main"
                [[actor]]
                name = "front"
                module = "front"
                kwargs = {greting = "hello"}
                """
            ),
            """
            troupe: system.toml:2: entry: actor 'store' has no handler main; add: @troupe.handler def main(args): ...
            troupe: system.toml:3:1: unknown key 'wrokers' in [system]; did you mean 'workers'?
            troupe: system.toml:5: actor 'frond': there is no module 'frond'; did you mean 'front'?
            troupe: system.toml:10: actor 'store': the arguments don't fit Store(size: int, *, label: str = ''): too many positional arguments
            troupe: system.toml:13: actor 'store:Stor': module 'store' has no class 'Stor'; did you mean 'Store'?
            troupe: system.toml:15: actor 'store:Shelf': store:Shelf is no actor: mark its handlers with @troupe.handler, or define receive(message)
            troupe: system.toml:21: actor 'front': the arguments don't fit started(greeting, times=1): missing a required argument: 'greeting'
            """,
        )

    def test_a_module_that_refuses_its_home_is_found(self):
        self.write("guard.py", "import faulthandler\ndef receive(m): pass")
        result = self.check(
            """
            [[actor]]
            module = "guard"
            home = "main"
            [[actor]]
            module = "guard"
            """
        )
        self.assertUnusable(
            result,
            "troupe: system.toml:5: actor 'guard': actor module 'guard' imports "
            "'faulthandler' (guard.py line 1), which doesn't support "
            'subinterpreters; run it with home="process"',
        )

    def test_an_import_that_fails_is_shown(self):
        self.write("broken.py", "1 / 0")
        result = self.check('[[actor]]\nmodule = "broken"')
        self.assertEqual(result.code, 2, result)
        self.assertIn("system.toml:2: actor 'broken': ", result.err)
        self.assertIn('broken.py", line 1', result.err)
        self.assertIn("ZeroDivisionError", result.err)

    def test_an_entry_function_that_is_not_there_is_found(self):
        self.assertUnusable(
            self.check('[system]\nentry = "front:begin"\n[[actor]]\nmodule = "store"'
                       '\nclass = "Store"\nargs = [1]'),
            "troupe: system.toml:2: entry: front has no function begin; add: def "
            "begin(system): ...",
        )

    def test_a_file_that_is_no_toml_is_told_once(self):
        result = self.check("[[actor]\n")
        self.assertEqual(result.code, 2, result)
        self.assertEqual(len(result.err.splitlines()), 1, result)

    def test_a_program_is_checked_without_calling_main(self):
        self.write("app.py", "def main(system):\n    print(system.spawn('front', 'hi'))")
        result = self.launch("check", "app.py")
        self.assertEqual((result.code, result.err), (0, ""), result)
        self.assertEqual(result.out, "app.py: nothing is wrong\n")

    def test_the_spawns_that_a_program_spells_out_are_checked(self):
        self.write(
            "app.py",
            """
            def main(system, args, more):
                system.spawn("frond")
                system.spawn("store:Store", 5, label="a", name="store", home="main")
                system.spawn("store:Store", 5, lable="a")
                system.spawn("store:Store", *args)
                system.spawn(args[0], 5)
            """,
        )
        self.assertUnusable(
            self.launch("check", "app.py"),
            """
            troupe: main(system, args, more) in app.py must take (system) or (system, args)
            troupe: app.py:2: spawn('frond'): there is no module 'frond'; did you mean 'front'?
            troupe: app.py:4: spawn('store:Store'): the arguments don't fit Store(size: int, *, label: str = ''): got an unexpected keyword argument 'lable'
            """,
        )

    def test_a_program_that_cant_be_imported_is_told_as_when_it_is_run(self):
        self.write("app.py", "import helper")
        self.write("helper.py", "x = int('one')")
        checked = self.launch("check", "app.py")
        self.assertEqual((checked.code, checked.out), (2, ""))
        self.assertEqual(checked.err, self.launch("run", "app.py").err)


if __name__ == "__main__":
    unittest.main()
