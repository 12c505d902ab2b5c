# SPDX-License-Identifier: Apache-2.0
"""The installed package in a Jupyter kernel, in IPython and under pytest. Run by
tools/try_notebooks, in an environment that has these."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from jupyter_client.manager import start_new_kernel

ACTORS = """
import troupe

class Doubler:
    @troupe.handler
    def double(self, n):
        return 2 * n
"""

SYSTEM = """
import troupe
system = troupe.System()
doubler = system.spawn("actors:Doubler")
"""

PYTEST = """
import pytest
import troupe

@pytest.fixture
def system():
    with troupe.System() as system:
        yield system

@pytest.mark.parametrize("n", range(3))
def test_it(system, n):
    assert system.spawn("actors:Doubler").ask.double(n).result() == 2 * n
"""

DEADLINE = 60


class Notebook(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "actors.py").write_text(ACTORS)

    def start_kernel(self):
        self.manager, self.client = start_new_kernel(cwd=str(self.folder))
        self.addCleanup(self.manager.shutdown_kernel, now=True)
        self.addCleanup(self.client.stop_channels)

    def cell(self, code):
        """What a cell prints or shows; its error if it raises."""
        said = []

        def hear(message):
            content = message["content"]
            said.append(
                content.get("text")
                or content.get("data", {}).get("text/plain")
                or "\n".join(content.get("traceback", []))
                or ""
            )

        self.client.execute_interactive(code, timeout=DEADLINE, output_hook=hear)
        return "".join(said).strip()

    def test_a_cell_makes_a_system_and_others_use_it(self):
        self.start_kernel()
        self.assertEqual(self.cell(SYSTEM), "")
        self.assertEqual(self.cell("doubler.ask.double(21).result()"), "42")
        self.assertEqual(self.cell("await doubler.ask.double(4)"), "8")

    def test_a_kernel_that_is_restarted_begins_anew(self):
        self.start_kernel()
        for _ in range(3):
            self.cell(SYSTEM)
            self.assertEqual(self.cell("doubler.ask.double(21).result()"), "42")
            self.manager.restart_kernel(now=False)
            self.client.wait_for_ready(timeout=DEADLINE)
            self.assertIn("NameError", self.cell("doubler"))

    def test_a_kernel_is_interrupted_where_an_answer_is_waited_for(self):
        self.start_kernel()
        (self.folder / "slow.py").write_text(
            "import time, troupe\n@troupe.handler\ndef sleep(n): time.sleep(n)\n"
        )
        self.cell(SYSTEM + "slow = system.spawn('slow')")
        asked = self.client.execute("print('begun'); slow.ask.sleep(2).result()")
        while True:
            message = self.client.get_iopub_msg(timeout=DEADLINE)
            if message["content"].get("text", "").startswith("begun"):
                break
        self.manager.interrupt_kernel()
        while message["msg_type"] != "error":
            message = self.client.get_iopub_msg(timeout=DEADLINE)
        self.assertEqual(message["content"]["ename"], "KeyboardInterrupt")
        self.wait_until_over(asked)
        self.assertEqual(self.cell("doubler.ask.double(2).result()"), "4")

    def wait_until_over(self, asked):
        """After an error, a kernel leaves out what it has been sent meanwhile."""
        while True:
            message = self.client.get_iopub_msg(timeout=DEADLINE)
            of_it = message["parent_header"].get("msg_id") == asked
            if of_it and message["content"].get("execution_state") == "idle":
                return

    def test_a_class_of_a_cell_is_refused_with_what_to_do(self):
        self.start_kernel()
        self.cell(SYSTEM + "class Here: pass")
        self.assertIn("put it in a module", self.cell("system.spawn(Here)"))

    def run_here(self, *command, **options):
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder, capture_output=True, text=True, timeout=DEADLINE, **options,
        )

    def test_ipython(self):
        typed = SYSTEM + "print('answer', doubler.ask.double(21).result())\nexit\n"
        done = self.run_here("IPython", "--simple-prompt", input=typed)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("answer 42", done.stdout)

    def test_pytest(self):
        (self.folder / "test_it.py").write_text(PYTEST)
        done = self.run_here("pytest", "-q", "-p", "no:cacheprovider")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("3 passed", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
