# SPDX-License-Identifier: Apache-2.0
"""--ask-timeout, and ask_timeout in a system file."""

import unittest

from launching import LauncherTest

APP = """
    def main(system):
        print(system.ask_timeout)
"""


class AskTimeout(LauncherTest):
    def setUp(self) -> None:
        super().setUp()
        self.write("app.py", APP)

    def limit(self, *args: str) -> str:
        done = self.launch("run", *args)
        self.assertEqual(done.code, 0, done)
        return done.out.strip()

    def test_the_option_and_the_file_say_how_long_an_ask_waits(self):
        self.assertEqual(self.limit("app.py"), "60.0")
        self.assertEqual(self.limit("--ask-timeout", "2.5", "app.py"), "2.5")
        self.assertEqual(self.limit("--ask-timeout=none", "app.py"), "None")
        for text, limit in (("1.5", "1.5"), ("3", "3.0"), ('"none"', "None")):
            self.write(
                "system.toml",
                f"""
                [system]
                entry = "app:main"
                ask_timeout = {text}
                [[actor]]
                module = "nothing"
                """,
            )
            self.write("nothing.py", "def receive(message): pass")
            self.assertEqual(self.limit("system.toml"), limit)
        self.assertEqual(self.limit("--ask-timeout=9", "system.toml"), "9.0")

    def test_it_takes_seconds(self):
        for text in ("soon", "-1", "0", "nan"):
            result = self.launch("run", f"--ask-timeout={text}", "app.py")
            self.assertEqual(result.code, 2, result)
            self.assertIn(
                f"--ask-timeout '{text}' must be more than 0 seconds, such as 2.5, "
                "or none",
                result.err,
            )


if __name__ == "__main__":
    unittest.main()
