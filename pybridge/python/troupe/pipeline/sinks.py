# SPDX-License-Identifier: Apache-2.0
"""Where items go to, besides lists, functions, queues and actors.

A sink has write(items), and may have open() and close(); all three are called
on one thread of the pipeline's own. close() is called however it ends.
"""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import IO, Any

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
