# SPDX-License-Identifier: Apache-2.0
"""A small actor, as a module and as a class."""

state = None


def receive(message):
    global state
    state = message


class Tiny:
    def receive(self, message):
        self.state = message
