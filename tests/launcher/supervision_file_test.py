# SPDX-License-Identifier: Apache-2.0
"""[[supervisor]] and restarts in a system file, and exit codes."""

import unittest

from launching import LauncherTest

FRONT = """
    import troupe

    @troupe.handler
    def main(args):
        system = troupe.context.system
        if args == ["tree"]:
            for name in "top", "inner":
                for child in troupe.Supervisor(system.lookup(name)).which_children():
                    print(name, child)
            return
        fragile = system.lookup("fragile")
        for arg in args:
            fragile.tell.take(arg)
        print("taken:", fragile.ask.count().result(timeout=60))
"""

FRAGILE = """
    import troupe

    taken = 0

    @troupe.handler
    def take(word):
        global taken
        taken += len(word) if word != "x" else 1 // 0

    @troupe.handler
    def count():
        return taken
"""

TREE = """
    [system]
    entry = "front"

    [[supervisor]]
    name = "top"
    strategy = "rest_for_one"
    max_restarts = "unlimited"
    backoff = {at_once = 5}

    [[actor]]
    module = "front"
    name = "front"

    [[supervisor]]
    name = "inner"
    supervisor = "top"

    [[actor]]
    module = "fragile"
    name = "fragile"
    supervisor = "inner"
    restart = "transient"
    shutdown = "kill"

    [[actor]]
    module = "fragile"
    supervisor = "top"
    count = 2
"""


class SupervisionFileTest(LauncherTest):
    def setUp(self) -> None:
        super().setUp()
        self.write("front.py", FRONT)
        self.write("fragile.py", FRAGILE)

    def run_file(self, text, *args):
        self.write("s.toml", text)
        return self.launch("run", "s.toml", *args)

    def alone(self, lines):
        return f"""
            [system]
            entry = "front"
            [[actor]]
            module = "fragile"
            name = "fragile"
            {lines}
            [[actor]]
            module = "front"
            name = "front"
            """

    def test_a_tree_is_started_as_written(self):
        result = self.run_file(TREE, "tree")
        self.assertEqual((result.code, result.err), (0, ""), result)
        lines = result.out.splitlines()
        self.assertEqual(
            lines[0], "top <troupe.ChildInfo supervisor 'inner': running>")
        self.assertEqual(lines[1:3], ["top <troupe.ChildInfo worker None: running>"] * 2)
        self.assertEqual(lines[3], "inner <troupe.ChildInfo worker 'fragile': running>")

    def test_a_failure_that_was_restarted_is_shown_and_gives_0(self):
        result = self.run_file(TREE, "ab", "x", "cde")
        self.assertEqual((result.code, result.out), (0, "taken: 3\n"), result)
        self.assertIn("ZeroDivisionError", result.err)

    def test_one_actor_with_restarts_of_its_own(self):
        result = self.run_file(
            self.alone('restart = "permanent"\nmax_restarts = 2'), "x", "x", "four")
        self.assertEqual((result.code, result.out), (0, "taken: 4\n"), result)

    def test_giving_up_gives_1_and_is_told(self):
        result = self.run_file(self.alone('restart = "permanent"'), "x", "x", "four")
        self.assertEqual((result.code, result.out), (1, ""), result)
        self.assertIn(
            "troupe: supervisor 'supervisor of fragile' gives up: more than 1 restart "
            "within 5 s; the last to end was 'fragile': actor 'fragile' failed in "
            "handler 'take': ZeroDivisionError: ",
            result.err,
        )

    def test_a_child_that_isnt_there_is_refused_with_the_line_of_its_supervisor(self):
        self.assertUnusable(
            self.run_file(TREE.replace('module = "fragile"', 'module = "fragil"')),
            "troupe: s.toml:4: supervisor 'top': there is no module 'fragil'; "
            "did you mean 'fragile'?",
        )

    def test_a_mistake_is_told_with_its_place(self):
        self.assertUnusable(
            self.run_file(self.alone('restart = "permanet"')),
            "troupe: s.toml:6:11: restart 'permanet' must be one of \"permanent\", "
            "\"transient\", \"temporary\"; did you mean 'permanent'?",
        )


if __name__ == "__main__":
    unittest.main()
