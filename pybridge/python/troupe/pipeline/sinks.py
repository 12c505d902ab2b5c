# SPDX-License-Identifier: Apache-2.0
"""Where items go to, besides lists, functions, queues and actors.

A sink has write(items), and may have open() and close(); all three are called
on one thread of the pipeline's own. close() is called however it ends.
"""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

    import troupe

Path = str | PathLike[str]


class Sink:
    """The base of sinks; one of your own needs no base, only write()."""

    name = "sink"

    def open(self) -> None:
        """Before the first item."""

    def write(self, items: Sequence[Any]) -> None:
        """Some items, in order; when it returns they are delivered."""
        raise NotImplementedError

    def close(self) -> None:
        """After the last item."""


class _File(Sink):
    def __init__(self, path: Path, text_of: Callable[[Any], str], encoding: str) -> None:
        self._path, self._text_of, self._encoding = path, text_of, encoding
        self._file: IO[str] | None = None
        self.name = str(path)

    def open(self) -> None:
        self._file = open(self._path, "w", encoding=self._encoding)

    def write(self, items: Sequence[Any]) -> None:
        assert self._file is not None
        text_of = self._text_of
        self._file.write("".join([text_of(item) + "\n" for item in items]))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def lines(path: Path, *, encoding: str = "utf-8") -> Sink:
    """A text file with str(item) in each line; what was in it is overwritten."""
    return _File(path, str, encoding)


def json_lines(path: Path, *, encoding: str = "utf-8") -> Sink:
    """A file with an item as JSON in each line."""
    from json import dumps

    return _File(path, dumps, encoding)


class _Csv(Sink):
    def __init__(self, path: Path, fields: Sequence[str] | None, encoding: str) -> None:
        self._path, self._fields, self._encoding = path, fields, encoding
        self._file: IO[str] | None = None
        self._write_rows: Callable[[Sequence[Any]], object] | None = None
        self.name = str(path)

    def open(self) -> None:
        self._file = open(self._path, "w", encoding=self._encoding, newline="")
        self._write_rows = None

    def write(self, items: Sequence[Any]) -> None:
        if self._write_rows is None:
            self._begin(items[0])
        assert self._write_rows is not None
        self._write_rows(items)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _begin(self, first: Any) -> None:
        import csv

        assert self._file is not None
        if isinstance(first, dict):
            by_name = csv.DictWriter(self._file, self._fields or list(first))
            by_name.writeheader()
            self._write_rows = by_name.writerows
            return
        writer = csv.writer(self._file)
        if self._fields:
            writer.writerow(self._fields)
        self._write_rows = writer.writerows


def csv_rows(
    path: Path, fields: Sequence[str] | None = None, *, encoding: str = "utf-8"
) -> Sink:
    """A CSV file of dicts (with a header, of `fields` or the first one's keys) or
    of sequences."""
    return _Csv(path, fields, encoding)


class _Files(Sink):
    def __init__(self, folder: Path, encoding: str) -> None:
        self._folder, self._encoding = folder, encoding
        self.name = str(folder)

    def write(self, items: Sequence[Any]) -> None:
        for name, content in items:
            self._write_one(name, content)

    def _write_one(self, name: Path, content: str | bytes) -> None:
        import os

        folder = os.path.abspath(self._folder)
        path = os.path.abspath(os.path.join(folder, name))
        if os.path.commonpath([folder, path]) != folder or path == folder:
            raise ValueError(f"{os.fspath(name)!r} names no file in {folder}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        data = content.encode(self._encoding) if isinstance(content, str) else content
        with open(path, "wb") as file:
            file.write(data)


def files(folder: Path, *, encoding: str = "utf-8") -> Sink:
    """A folder with a file for each item, which is (name, content); the content is
    text or bytes. Folders are made as they are wanted, what was in a file is
    overwritten, and a name that leads out of the folder is refused."""
    return _Files(folder, encoding)


class _TcpLines(Sink):
    def __init__(self, host: str, port: int, encoding: str) -> None:
        self._address, self._encoding = (host, port), encoding
        self._connection: socket.socket | None = None
        self.name = f"tcp {host}:{port}"

    def open(self) -> None:
        import socket

        self._connection = socket.create_connection(self._address)

    def write(self, items: Sequence[Any]) -> None:
        assert self._connection is not None
        text = "".join([f"{item}\n" for item in items])
        self._connection.sendall(text.encode(self._encoding))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def tcp_lines(host: str, port: int, *, encoding: str = "utf-8") -> Sink:
    """Sends str(item) as a line over TCP, to whoever listens there. Lines that are
    sent count as delivered; a lost connection ends the pipeline."""
    return _TcpLines(host, port, encoding)


class _Actor(Sink):
    def __init__(self, ref: "troupe.Ref[Any]", handler: str, args: tuple[Any, ...]) -> None:
        self._ask = getattr(ref.options(timeout=None).ask, handler)
        self._args = args
        self.name = ref.name

    def write(self, items: Sequence[Any]) -> None:
        self._ask(list(items), *self._args).result()


def actor(ref: "troupe.Ref[Any]", handler: str = "take_items", *args: Any) -> Sink:
    """Asks an actor: its handler gets lists of items, in order, one at a time, and
    they are delivered when it has returned. What it raises ends the pipeline.

    With a ref alone as the sink, its actor is told each item, which counts as
    delivered then; its mailbox's limit slows the pipeline down.
    """
    return _Actor(ref, handler, args)


class _Each(Sink):
    def __init__(self, name: str, function: Callable[[Any], object]) -> None:
        self.name, self._function = name, function

    def write(self, items: Sequence[Any]) -> None:
        function = self._function
        for item in items:
            function(item)


class _List(Sink):
    name = "list"

    def __init__(self, into: list[Any]) -> None:
        self._into = into

    def write(self, items: Sequence[Any]) -> None:
        self._into += items


def call(function: Callable[[Any], object]) -> Sink:
    """Calls a function with each item."""
    return _Each(getattr(function, "__name__", "call"), function)


def of(what: Any) -> Any:
    """The sink that is meant by a list, a function, a queue, or an actor's ref."""
    import troupe

    if hasattr(what, "write"):
        return what
    if isinstance(what, list):
        return _List(what)
    if isinstance(what, troupe.Ref):
        return _Each(what.name, what.tell)
    if isinstance(what, (troupe.ActorPool, troupe.Router, troupe.Group)):
        return _Each(what.name, what.tell)
    if hasattr(what, "put"):
        return _Each("queue", what.put)
    if callable(what):
        return call(what)
    raise TypeError(
        "a sink is a list, a function, a queue, a ref, something with write(items), "
        f"or one of troupe.pipeline.sinks; not {what!r}"
    )
