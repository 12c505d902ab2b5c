# SPDX-License-Identifier: Apache-2.0
"""Where items come from, besides lists, generators and other iterables.

Each of these is an iterable that can be begun anew; a pipeline iterates over
it on a thread of its own, and only as far as there is demand.

>>> from troupe.pipeline import sources
>>> list(sources.ticks(0.001, count=3))
[0, 1, 2]
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import troupe

Path = str | PathLike[str]


class Source:
    """An iterable made by calling `begin`; `length` if that is known before."""

    def __init__(
        self,
        name: str,
        begin: Callable[[], Iterator[Any]],
        length: int | None = None,
        wake: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self.length = length
        self._begin = begin
        self._wake = wake

    def __iter__(self) -> Iterator[Any]:
        return self._begin()

    def __length_hint__(self) -> int:
        return self.length or 0

    def stop(self) -> None:
        """Ends an iteration that waits, from another thread."""
        if self._wake is not None:
            self._wake()


def lines(*paths: Path, encoding: str = "utf-8", errors: str = "strict") -> Source:
    """The lines of text files, one file after the other, without their ends."""
    if not paths:
        raise TypeError("lines() takes at least one path")

    def begin() -> Iterator[str]:
        for path in paths:
            with open(path, encoding=encoding, errors=errors) as file:
                for line in file:
                    yield line.removesuffix("\n")

    return Source(_named("lines", paths), begin)


def csv_rows(path: Path, *, encoding: str = "utf-8", **options: Any) -> Source:
    """The rows of a CSV file, as dicts by its first row; options as csv.DictReader."""

    def begin() -> Iterator[dict[str, str]]:
        import csv

        with open(path, encoding=encoding, newline="") as file:
            yield from csv.DictReader(file, **options)

    return Source(_named("csv", (path,)), begin)


def json_lines(*paths: Path, encoding: str = "utf-8") -> Source:
    """The values in files that have one JSON value a line; empty lines are skipped."""

    def begin() -> Iterator[Any]:
        from json import loads

        for path in paths:
            with open(path, encoding=encoding) as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        try:
                            yield loads(line)
                        except ValueError as error:
                            raise ValueError(f"{path}:{number}: {error}") from error

    return Source(_named("json", paths), begin)


def files(folder: Path, pattern: str = "**/*") -> Source:
    """The paths of the files below a folder whose names fit, as str, sorted."""

    def begin() -> Iterator[str]:
        from pathlib import Path as Folder

        if not Folder(folder).is_dir():
            raise NotADirectoryError(f"there is no folder {fspath(folder)!r}")
        for path in sorted(Folder(folder).glob(pattern)):
            if path.is_file():
                yield str(path)

    return Source(_named("files", (folder,)), begin)


def ticks(seconds: float, count: int | None = None) -> Source:
    """0, 1, 2, ... one every `seconds`; `count` of them, or without an end.

    Drift-free: number n comes n * seconds after the first. Ticks that nobody
    has room for come late, but none is left out.
    """
    from threading import Event

    stopped = Event()

    def begin() -> Iterator[int]:
        from time import monotonic

        stopped.clear()
        start, number = monotonic(), 0
        while count is None or number < count:
            if stopped.wait(max(0.0, start + number * seconds - monotonic())):
                return
            yield number
            number += 1

    return Source(f"every {seconds} s", begin, count, stopped.set)


def queue(waiting: Any, end: Any = None) -> Source:
    """What a queue.Queue, a troupe.Queue, or anything with get() gives, until it
    gives `end` or is shut down."""

    def begin() -> Iterator[Any]:
        import queue

        try:
            while (item := waiting.get()) is not end:
                yield item
        except getattr(queue, "ShutDown"):  # noqa: B009 (no type yet)
            return

    def wake() -> None:
        # A full queue has something to get, so nobody waits there; to wait for
        # room in it would hold up the pipeline, maybe for ever.
        with suppress(Exception):
            getattr(waiting, "put_nowait", waiting.put)(end)

    return Source("queue", begin, None, wake)


def actor(ref: "troupe.Ref[Any]", handler: str = "next_items", *args: Any) -> Source:
    """What an actor gives: each answer of its handler is a list of items, until
    one is None. It is asked for the next while the last is worked on."""

    def begin() -> Iterator[Any]:
        ask = getattr(ref.options(timeout=None).ask, handler)
        asked = ask(*args)
        while (items := asked.result()) is not None:
            asked = ask(*args)
            yield from items

    return Source(ref.name, begin)


def tcp_lines(host: str = "127.0.0.1", port: int = 0, *, encoding: str = "utf-8") -> "TcpLines":
    """The lines that come over TCP, from any number of connections at once.

    It listens at once: `.address` is (host, port), with the real port if that
    was 0. It has no end of its own: drain() the pipeline.
    """
    return TcpLines(host, port, encoding)


class TcpLines(Source):
    def __init__(self, host: str, port: int, encoding: str) -> None:
        import socket
        from selectors import EVENT_READ, DefaultSelector

        self._server = socket.create_server((host, port))
        self._server.setblocking(False)
        self.address: tuple[str, int] = self._server.getsockname()[:2]
        self._encoding = encoding
        self._bell, self._ringer = socket.socketpair()
        self._selector = DefaultSelector()
        self._selector.register(self._server, EVENT_READ)
        self._selector.register(self._bell, EVENT_READ)
        super().__init__(f"tcp {self.address[1]}", self._lines, None, self._ring)

    def _ring(self) -> None:
        with suppress(OSError):
            self._ringer.send(b".")

    def _lines(self) -> Iterator[str]:
        rests: dict[Any, bytes] = {}
        try:
            while True:
                for key, _ in self._selector.select():
                    if key.fileobj is self._bell:
                        return
                    if key.fileobj is self._server:
                        self._accept(rests)
                    else:
                        yield from self._read(key.fileobj, rests)
        finally:
            for each in (*rests, self._server, self._bell, self._ringer):
                each.close()
            self._selector.close()

    def _accept(self, rests: dict[Any, bytes]) -> None:
        from selectors import EVENT_READ

        with suppress(OSError):
            connection, _ = self._server.accept()
            connection.setblocking(False)
            rests[connection] = b""
            self._selector.register(connection, EVENT_READ)

    def _read(self, connection: Any, rests: dict[Any, bytes]) -> Iterator[str]:
        try:
            data = connection.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        *whole, rests[connection] = (rests[connection] + data).split(b"\n")
        if not data:
            whole += [rest] if (rest := rests.pop(connection)) else []
            self._selector.unregister(connection)
            connection.close()
        for line in whole:
            yield line.removesuffix(b"\r").decode(self._encoding, "replace")


def _named(kind: str, paths: tuple[Path, ...]) -> str:
    import os

    return f"{kind} {os.path.basename(fspath(paths[0]))}"
