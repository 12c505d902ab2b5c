# SPDX-License-Identifier: Apache-2.0
"""Modules that refuse an interpreter of their own: what led to them is told.

faulthandler and readline of the standard library refuse; of other kinds of
refusal the words are imitated.
"""

import unittest

from launching import LauncherTest

SPAWN = 'def main(system):\n    system.spawn("stats")'
PROCESS_HOME = 'run it with home="process"'


class RefusalTest(LauncherTest):
    def assertRefused(self, words: str, **files: str) -> None:
        self.assertUnusable(
            self.run_app(SPAWN, **files),
            f"troupe: FOLDER/app.py:2: actor module 'stats' {words}; {PROCESS_HOME}",
        )

    def test_imported_by_the_actors_module(self):
        self.assertRefused(
            "imports 'faulthandler' (stats.py line 2), which doesn't support "
            "subinterpreters",
            stats="import sys\nimport faulthandler",
        )

    def test_imported_by_way_of_others(self):
        self.write("lib/__init__.py", "from lib import parts")
        self.write("lib/parts/__init__.py", "import readline")
        self.assertRefused(
            "imports 'helper' (stats.py line 1), which imports 'lib' (helper.py "
            "line 3), which imports 'readline' (parts/__init__.py line 1), which "
            "doesn't support subinterpreters",
            stats="import helper",
            helper="def load():\n    global lib\n    import lib\nload()",
        )

    def test_a_packages_own_extension(self):
        self.write(
            "lib/__init__.py",
            """
            try:
                raise ImportError(
                    "module lib._fast does not support loading in subinterpreters",
                    name="lib._fast",
                )
            except ImportError as error:
                raise ImportError("lib can't find its C part") from error
            """,
        )
        self.assertRefused(
            "imports 'lib' (stats.py line 1), whose extension 'lib._fast' doesn't "
            "support subinterpreters",
            stats="import lib",
        )

    def test_a_refusal_that_names_nothing(self):
        self.write(
            "lib.py",
            'raise ImportError("PyO3 modules do not yet support subinterpreters")',
        )
        self.assertRefused(
            "imports 'lib' (stats.py line 1), which doesn't support subinterpreters",
            stats="import lib",
        )

    def test_the_remedy_helps(self):
        result = self.run_app(
            """
            def main(system):
                stats = system.spawn("stats", home="main")
                print(stats.ask.names().result(timeout=60))
            """,
            stats="""
            import faulthandler
            import troupe

            @troupe.handler
            def names():
                return faulthandler.__name__
            """,
        )
        self.assertEqual((result.code, result.out), (0, "faulthandler\n"), result)

    def test_a_program_may_handle_it(self):
        result = self.run_app(
            """
            import troupe

            def main(system):
                try:
                    system.spawn("stats")
                except troupe.SpawnError as error:
                    print('home="process"' in str(error))
            """,
            stats="import faulthandler",
        )
        self.assertEqual((result.code, result.out), (0, "True\n"), result)

    def test_in_a_system_file(self):
        self.write("stats.py", "import faulthandler")
        self.write("system.toml", '\n[[actor]]\nname = "s"\nmodule = "stats"')
        self.assertUnusable(
            self.launch("run", "system.toml"),
            "troupe: system.toml:1: actor 's': actor module 'stats' imports "
            "'faulthandler' (stats.py line 1), which doesn't support "
            f"subinterpreters; {PROCESS_HOME}",
        )


if __name__ == "__main__":
    unittest.main()
