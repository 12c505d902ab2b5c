# SPDX-License-Identifier: Apache-2.0
import os
import re
import tempfile
import unittest
from xml.etree import ElementTree

import sample

sample.import_from("weblog")
import log


class Weblog(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def run_it(self, *args):
        done = sample.run("weblog", *args, folder=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        return done.stdout

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def test_what_is_printed_is_what_one_plain_look_finds(self):
        content = log.made_up(1, 30_000)  # more than two pieces
        logs = [self.write("a.log", content), self.write("b.log", content[:-1])]
        printed = self.run_it(*logs, "--workers", "3", "--top", "2")
        _, pages, classes, sent, unread = log.summary_of(content)
        (page, times), (_, others) = pages.most_common(2)
        self.assertIn(f"{2 * times:,}  {page.decode()}\n", printed)
        self.assertIn(f"{2 * others:,}  ", printed)
        self.assertIn(f"60,000 requests: {2 * classes[b'2']:,} 2xx", printed)
        self.assertIn(f"{2 * sent:,} bytes sent", printed)
        self.assertEqual((sum(classes.values()), unread), (30_000, 0))

    def test_lines_that_are_no_requests_are_counted(self):
        path = self.write("odd.log", log.made_up(2, 10) + b"hello\n\xff\xfe\n")
        printed = self.run_it(path)
        self.assertIn("10 requests", printed)
        self.assertIn("2 lines are no requests", printed)

    def test_an_empty_log_has_no_requests(self):
        self.assertIn("0 requests", self.run_it(self.write("empty.log", b"")))

    def test_the_chart_has_a_bar_for_each_hour_and_class(self):
        self.run_it("--megabytes", "1", "--chart", "chart.svg")
        root = ElementTree.parse(os.path.join(self.folder, "chart.svg")).getroot()
        bars = [float(bar.get("height")) for bar in root if bar.tag.endswith("rect")]
        self.assertEqual(len(bars), 24 * 4 + 4)
        self.assertGreater(min(bars[: 24 * 4 : 4]), 0)

    def test_a_log_of_the_size_asked_for_is_made_up(self):
        size = re.search(r"(\d+) MB in", self.run_it("--megabytes", "3"))
        self.assertEqual(size[1], "3")

    def test_bad_options_are_refused(self):
        done = sample.run("weblog", "no-such.log")
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no file 'no-such.log'", done.stderr)


if __name__ == "__main__":
    unittest.main()
