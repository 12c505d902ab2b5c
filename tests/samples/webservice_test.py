# SPDX-License-Identifier: Apache-2.0
import json
import re
import signal
import subprocess
import unittest
from http.client import HTTPConnection

import sample


class TryOut(unittest.TestCase):
    def test_all_requests_are_answered_well(self):
        done = sample.run("webservice", "--requests", "20")
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        self.assertIn("20 of 20 answered well", done.stdout)


class Service(unittest.TestCase):
    def setUp(self):
        self.process = subprocess.Popen(
            sample.command("webservice", "--port", "0", "--workers", "2"),
            encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.process.communicate)
        self.addCleanup(self.process.kill)
        port = int(re.search(r"localhost:(\d+)", self.process.stdout.readline())[1])
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.addCleanup(self.connection.close)

    def get(self, path, method="GET"):
        self.connection.request(method, path)
        with self.connection.getresponse() as answer:
            return answer.status, json.load(answer)

    def test_it_finds_the_factors(self):
        for n, factors in (1, []), (2, [2]), (360, [2, 2, 2, 3, 3, 5]), (999983, [999983]):
            self.assertEqual(self.get(f"/factors/{n}"), (200, {"n": n, "factors": factors}))

    def test_what_it_does_not_know_it_says(self):
        self.assertEqual(self.get("/")[0], 404)
        self.assertEqual(self.get("/factors/0")[0], 400)
        self.assertEqual(self.get("/factors/" + "9" * 30)[0], 400)
        self.assertEqual(self.get("/factors/x")[0], 400)
        self.assertEqual(self.get("/health", method="POST")[0], 405)
        self.assertEqual(self.get("/health"), (200, {"queued": 0}))

    def test_ctrl_c_ends_it(self):
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(60), 130)
        self.assertNotIn("Traceback", self.process.stderr.read())


if __name__ == "__main__":
    unittest.main()
