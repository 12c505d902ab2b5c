# SPDX-License-Identifier: Apache-2.0
"""An actor that has others answer, or answers later."""

import asyncio
import threading

import troupe

kept = []
seen = []


@troupe.handler
def add(a, b=0, *, c=0):
    """Which actors.echo has too."""
    troupe.context.forward(other)


@troupe.handler
def divide(a, b):
    troupe.context.forward(other)


def receive(message):
    troupe.context.forward(other)
    return "ignored"


other = None


@troupe.handler
def hand_on_to(ref):
    global other
    other = ref


@troupe.handler
def sum_of(numbers):
    troupe.context.forward(other.tell.add, *numbers, c=100)


@troupe.handler
def echo_of(message):
    troupe.context.forward(other.tell, [message])


@troupe.handler
def note_sender():
    troupe.context.forward(other)


@troupe.handler
def forward_badly(what):
    troupe.context.forward(what)


@troupe.handler
def forward_twice():
    troupe.context.forward(other.tell.add, 1)
    troupe.context.forward(other.tell.add, 2)


@troupe.handler
async def forward_at_once(message):
    troupe.context.forward(other.tell.add, message)


@troupe.handler
async def forward_after_waiting(message):
    await asyncio.sleep(0.001 + 0.0001 * message)  # other messages are at hand
    troupe.context.forward(other.tell.add, message)


@troupe.handler
def forward_and_wait(ref):
    """No deadlock: whoever has the request now doesn't wait for this actor."""
    troupe.context.forward(ref.tell.add, 1)
    return ref.ask.add(2).result()


@troupe.handler
def keep():
    kept.append(troupe.context.reply_later())
    return "ignored"


@troupe.handler
def keep_and_fail():
    kept.append(troupe.context.reply_later())
    raise ValueError("after reply_later()")


@troupe.handler
def answer(value):
    kept.pop(0).answer(value)


@troupe.handler
def fail_kept(error):
    kept.pop(0).fail(error)


@troupe.handler
def answer_twice(value):
    reply = kept.pop(0)
    reply.answer(value)
    reply.answer(value)


@troupe.handler
def answer_badly_first(value):
    try:
        kept[0].answer(threading.Lock())
    except TypeError:
        kept.pop(0).answer(value)


@troupe.handler
def let_go():
    kept.clear()


@troupe.handler
def wanted():
    return [reply.wanted for reply in kept]


@troupe.handler
def describe():
    return [repr(reply) for reply in kept]


@troupe.handler
def answer_with(value):
    """Answers in a callback."""
    reply = troupe.context.reply_later()
    other.ask(value).add_done_callback(lambda done: reply.answer(done.result()))


@troupe.handler
def keep_twice():
    first = troupe.context.reply_later()
    try:
        troupe.context.reply_later()
    except RuntimeError as error:
        first.answer(str(error))


@troupe.handler
def keep_and_forward():
    first = troupe.context.reply_later()
    try:
        troupe.context.forward(other)
    except RuntimeError as error:
        first.answer(str(error))


@troupe.handler
def pipe(ref, message, to):
    ref.ask(message).pipe_to(to.tell.note)


@troupe.handler
def note(thing):
    seen.append((thing, troupe.context.sender))


@troupe.handler
def noted():
    return seen
