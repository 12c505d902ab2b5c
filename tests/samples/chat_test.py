# SPDX-License-Identifier: Apache-2.0
import re
import signal
import socket
import subprocess
import unittest

import sample

ANN = """\
--- Ann
* your name?
* /join ROOM, /rooms, /quit
* Ann came into garden
* Ben came into garden
Ann: Are the pears ripe?
* Cay came into garden
Cay: They are on the ground.
* Ben went out of garden
* garden: 2, kitchen: 1
--- Ben
"""


class Guest:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rw", encoding="utf-8", newline="\n")

    def type(self, *lines):
        for line in lines:
            print(line, file=self.file, flush=True)

    def sees(self):
        return self.file.readline().rstrip("\n")

    def leave(self):
        self.file.close()
        self.socket.close()


class Conversation(unittest.TestCase):
    def test_each_guest_sees_it_in_order(self):
        done = sample.run("chat")
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.startswith(ANN), done.stdout)


class Server(unittest.TestCase):
    def setUp(self):
        self.process = subprocess.Popen(
            sample.command("chat", "--port", "0"), encoding="utf-8",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.process.communicate)
        self.addCleanup(self.process.kill)
        words = self.process.stdout.readline()
        self.port = int(re.search(r"localhost (\d+)", words)[1])

    def guest(self, name):
        guest = Guest(self.port)
        self.addCleanup(guest.leave)
        guest.type(name, "/join hall")
        while guest.sees() != f"* {name} came into hall":
            pass
        return guest

    def test_many_guests_hear_each_other(self):
        guests = [self.guest(f"g{n}") for n in range(50)]
        guests[7].type("hello")
        for n, guest in enumerate(guests):
            for later in range(n + 1, len(guests)):
                self.assertEqual(guest.sees(), f"* g{later} came into hall")
            self.assertEqual(guest.sees(), "g7: hello")

    def test_a_guest_that_is_gone_has_left(self):
        first, second = self.guest("first"), self.guest("second")
        self.assertEqual(first.sees(), "* second came into hall")
        second.leave()
        self.assertEqual(first.sees(), "* second went out of hall")

    def test_ctrl_c_closes_in_order(self):
        guest = self.guest("late")
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(guest.sees(), "* closed")
        self.assertEqual(guest.sees(), "")
        self.assertEqual(self.process.wait(60), 130)


if __name__ == "__main__":
    unittest.main()
