# SPDX-License-Identifier: Apache-2.0
"""An actor that uses everything in troupe.context."""

import troupe

answers = []


@troupe.handler
def about_me():
    context = troupe.context
    return context.name, context.self, context.sender, context.system.closing


@troupe.handler
def forward(other, message):
    """Asks another actor and waits for the answer."""
    return other.ask(message).result(timeout=60)


@troupe.handler
def wait_for_work(other):
    other.ask.work(1).result()


@troupe.handler
def tell_me(other):
    other.tell.note_sender()


@troupe.handler
def ask_myself():
    return troupe.context.self.ask.about_me().result(timeout=60)


@troupe.handler
def ask_with_callback(other, message):
    future = other.ask(message)
    future.add_done_callback(lambda done: answers.append(done.result()))


@troupe.handler
def collected():
    return answers


@troupe.handler
async def forward_in_loop(other, messages):
    """Asks for all of them at once, and awaits the answers."""
    import asyncio

    return await asyncio.gather(*(other.ask(message) for message in messages))


@troupe.handler
def spawn_echo(name, home="own"):
    return troupe.context.spawn("actors.echo", name=name, home=home)


@troupe.handler
def spawn_module(module, home):
    return troupe.context.spawn(module, home=home)


@troupe.handler
def stop_me():
    troupe.context.stop()
    return "stopping"


@troupe.handler
def make_system():
    troupe.System()


last_sender = None


@troupe.handler
def note_sender():
    global last_sender
    last_sender = troupe.context.sender


@troupe.handler
def who_told():
    return last_sender


@troupe.handler
def wait_for_nothing(other):
    other.ask.nothing().result()
