# SPDX-License-Identifier: Apache-2.0
"""Tells another actor what it gets."""

import troupe


def started(ref):
    global other
    other = ref


def receive(message):
    other.tell(message)


@troupe.handler
def say(message):
    other.tell(message)


@troupe.handler
def subscribe_a_function():
    troupe.context.system.subscribe_dead_letters(print)


@troupe.handler
def subscribe_itself():
    troupe.context.system.subscribe_dead_letters(troupe.context.self)
