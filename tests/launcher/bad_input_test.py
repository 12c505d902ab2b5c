# SPDX-License-Identifier: Apache-2.0
"""Bad input gets one message with its remedy, and exit code 2."""

import unittest

from launching import LauncherTest


class BadInputTest(LauncherTest):
    def test_an_unknown_option(self):
        self.assertUnusable(
            self.launch("run", "--wrokers", "2", "app.py"),
            """
            troupe: unknown option '--wrokers'; did you mean '--workers'?
            See 'troupe run --help'.
            """,
        )

    def test_a_file_that_is_not_there(self):
        self.write("app.py", "")
        self.assertUnusable(
            self.launch("run", "ap.py"),
            "troupe: there is no file 'ap.py'; did you mean 'app.py'?",
        )

    def test_a_module_that_is_not_there(self):
        self.write("shop/__init__.py", "")
        self.write("shop/front.py", "")
        self.assertUnusable(
            self.launch("run", "shop.frond"),
            "troupe: there is no module 'shop.frond'; did you mean 'shop.front'?",
        )
        self.assertUnusable(
            self.launch("run", "unlike"),
            "troupe: there is no module 'unlike' in FOLDER, on PYTHONPATH or "
            "among what is installed",
        )

    def test_a_syntax_error(self):
        self.assertUnusable(
            self.run_app("def main(system:\n    pass\n"),
            """
            troupe: app.py has a syntax error; correct it:
              File "FOLDER/app.py", line 1
                def main(system:
                        ^
            SyntaxError: '(' was never closed
            """,
        )

    def test_a_file_that_is_no_text(self):
        (self.folder / "app.py").write_bytes(b"x = '\xff'\n")
        result = self.launch("run", "app.py")
        self.assertEqual(result.code, 2, result)
        self.assertIn("app.py has a syntax error", result.err)

    def test_an_exception_at_import(self):
        self.assertUnusable(
            self.run_app("import helper", helper="x = int('one')"),
            """
            troupe: app.py can't be imported; correct this first:
            Traceback (most recent call last):
              File "FOLDER/app.py", line 1, in <module>
                import helper
              File "FOLDER/helper.py", line 1, in <module>
                x = int('one')
            ValueError: invalid literal for int() with base 10: 'one'
            """,
        )

    def test_an_import_that_is_missing(self):
        result = self.run_app("import not_installed")
        self.assertEqual(result.code, 2, result)
        self.assertIn(
            "troupe: app.py can't be imported; put 'not_installed' beside it, or "
            "install it for ",
            result.err,
        )

    def test_no_main(self):
        self.assertUnusable(
            self.run_app("def mian(system): pass"),
            "troupe: app.py has no function main; add: def main(system): ...",
        )

    def test_a_main_that_takes_nothing_or_too_much(self):
        self.assertUnusable(
            self.run_app("def main(): pass"),
            "troupe: main() in app.py must take (system) or (system, args)",
        )
        self.assertUnusable(
            self.run_app("def main(a, b, c): pass"),
            "troupe: main(a, b, c) in app.py must take (system) or (system, args)",
        )

    def test_a_name_that_python_has_taken(self):
        self.write("queue.py", "def main(system): pass")
        self.assertUnusable(
            self.launch("run", "queue.py"),
            "troupe: queue.py hides the module 'queue' that comes with Python; "
            "rename it",
        )

    def test_a_name_that_cant_be_imported(self):
        self.write("app.v2.py", "def main(system): pass")
        self.assertUnusable(
            self.launch("run", "app.v2.py"),
            "troupe: app.v2.py: actors can't import 'app.v2'; rename it",
        )

    def test_an_actor_module_that_is_not_there(self):
        self.assertUnusable(
            self.run_app('def main(s):\n    s.spawn("statz")', stats="x = 1"),
            "troupe: FOLDER/app.py:2: there is no module 'statz'; did you mean "
            "'stats'?",
        )

    def test_an_actor_module_with_a_syntax_error(self):
        self.assertUnusable(
            self.run_app('def main(s):\n    s.spawn("stats")', stats="def f(:"),
            """
            troupe: FOLDER/app.py:2: its module has a syntax error; correct it:
              File "FOLDER/stats.py", line 1
                def f(:
                      ^
            SyntaxError: invalid syntax
            """,
        )

    def test_an_actor_module_that_lacks_an_import(self):
        result = self.run_app(
            'def main(s):\n    s.spawn("stats")', stats="import not_installed"
        )
        self.assertEqual(result.code, 2, result)
        self.assertIn("its module can't be imported; put 'not_installed'", result.err)
        self.assertIn('stats.py", line 1, in <module>', result.err)


if __name__ == "__main__":
    unittest.main()
