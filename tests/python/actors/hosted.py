# SPDX-License-Identifier: Apache-2.0
"""An actor for a process of its own: it does what an actor in this process must
not do, and tells what becomes of it."""

import ctypes
import os
import signal
import sys
import time

import troupe

watcher = None
count = 0
last = None


def started(ref=None, fail=None):
    global watcher
    watcher = ref
    if fail == "crash":
        crash()
    if fail is not None:
        raise ValueError(fail)
    note("started")


def restarted(failure):
    note(f"restarted after {failure}")


def stopping(reason):
    note(f"stopping {reason}")


def note(text):
    if watcher is not None:
        watcher.tell(text)


def receive(message):
    global last
    last = message
    return message


@troupe.handler
def pid():
    return os.getpid()


@troupe.handler
def add(n=1):
    global count
    count += n
    return count


@troupe.handler
def divide(a, b):
    return a / b


@troupe.handler
def break_down():
    raise RuntimeError("broken on purpose")


@troupe.handler
def leave():
    troupe.context.stop()


@troupe.handler
def exit():
    sys.exit()


@troupe.handler
def crash(how="SIGSEGV"):
    note(f"about to crash by {how}")
    if how == "SIGSEGV":
        ctypes.string_at(0)
    elif how == "abort":
        os.abort()
    elif how == "exit":
        os._exit(3)
    else:
        os.kill(os.getpid(), getattr(signal, how))


@troupe.handler
def crash_unless(path):
    """Counts in a file how often it was begun, and crashes the first time."""
    with open(path, "a") as file:
        file.write(".")
    if os.path.getsize(path) == 1:
        crash("SIGKILL")
    return os.path.getsize(path)


@troupe.handler
def hang():
    """In C, with the GIL: nobody can interrupt it."""
    note("hangs")
    ctypes.pythonapi.pause()


@troupe.handler
def spin():
    note("spins")
    while True:
        pass


@troupe.handler
def hold(path):
    """Stays in this handler until there is such a file."""
    note("holds")
    while not os.path.exists(path):
        time.sleep(0.001)
    return count


@troupe.handler
def sigint():
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN or signal.SIGINT in (
        signal.pthread_sigmask(signal.SIG_BLOCK, ())
    )


@troupe.handler
def descriptors():
    return len(os.listdir("/proc/self/fd"))


@troupe.handler
def me():
    return troupe.context.self, troupe.context.name


@troupe.handler
def who():
    return troupe.context.sender


@troupe.handler
def ask(ref, message):
    return ref.ask(message).result(timeout=60)


@troupe.handler
async def ask_async(ref, message):
    return await ref.ask(message)


@troupe.handler
def tell(ref, *messages):
    for message in messages:
        ref.tell(message)


@troupe.handler
def pass_on(ref):
    troupe.context.forward(ref)


class Local:
    @troupe.handler
    def whose(self):
        return os.getpid(), troupe.context.name

    @troupe.handler
    def tell(self, ref, message):
        ref.tell(message)

    @troupe.handler
    def break_down(self):
        raise RuntimeError("broken on purpose")


@troupe.handler
def spawn_local(name="local"):
    return troupe.context.spawn("actors.hosted:Local", name=name, home="main")


@troupe.handler
def watch(ref):
    troupe.context.watch(ref)


@troupe.handler
def link(ref, trap=False):
    troupe.context.trap_exit = trap
    troupe.context.link(ref)


def down(what):
    note(f"down {what.ref.name} {what.reason}")


def exited(what):
    note(f"exit {what.ref.name} {what.reason}")


@troupe.handler
def lookup(name):
    return troupe.context.system.lookup(name)


@troupe.handler
def wait_for(name):
    return troupe.context.system.wait_for(name, timeout=60)


@troupe.handler
def register(name):
    troupe.context.system.register(name, troupe.context.self)


@troupe.handler
def unregister(name):
    troupe.context.system.unregister(name)


pending = []


@troupe.handler
def later():
    pending.append(troupe.context.reply_later())


@troupe.handler
def answer_all():
    for number, reply in enumerate(pending):
        reply.answer(number)
    pending.clear()


@troupe.handler
def stash_until_opened(value):
    troupe.context.stash()


@troupe.handler
def open_stash():
    troupe.context.become({"stash_until_opened": lambda value: value})
    troupe.context.unstash_all()


@troupe.handler
async def wait_async(path):
    import asyncio

    note("waits")
    while not os.path.exists(path):
        await asyncio.sleep(0.001)
    return count


@troupe.handler
async def wait_for_ever():
    import asyncio

    note("waits for ever")
    try:
        await asyncio.Event().wait()
    finally:
        note("given up")


@troupe.handler
def size_of(blob):
    view = memoryview(blob)
    return view.nbytes, bytes(view[:4]), bytes(view[-4:])


@troupe.handler
def make_blob(size):
    return troupe.Blob(b"made" * (size // 4))


@troupe.handler
def environment(name):
    return os.environ.get(name), sys.path, os.getcwd()


@troupe.handler
def write(text):
    print(text, flush=True)


@troupe.handler
def unsendable():
    return troupe.Queue()


@troupe.handler
def module(name):
    __import__(name)
    return sys.modules[name].__name__


@troupe.handler
def close_link():
    """What no actor does: its process's socket closes."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 3)


@troupe.handler
def write_garbage():
    """What no actor does: it writes to the socket of its process."""
    os.write(3, b"\xff" * 64)
    time.sleep(60)


@troupe.handler
def ask_handler(ref):
    return ref.ask.who().result(timeout=60)


@troupe.handler
def relay(ref):
    troupe.context.forward(ref.tell.who)


def square(n):
    return n * n
