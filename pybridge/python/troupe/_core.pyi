# SPDX-License-Identifier: Apache-2.0
# What the C++ core offers; users see most of it as `troupe`. The docstrings are
# in the core. tests/python/stubs_test.py checks this file against it.
from _typeshed import FileDescriptorLike, ReadableBuffer, StrOrBytesPath
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from types import GenericAlias, ModuleType, TracebackType
from typing import (
    Any,
    Concatenate,
    Final,
    Generic,
    Literal,
    ParamSpec,
    TypeVar,
    final,
    overload,
)
from typing_extensions import Self

_Actor = TypeVar("_Actor")
_ActorOfRef = TypeVar("_ActorOfRef", covariant=True)
_Result = TypeVar("_Result", covariant=True)
_Answer = TypeVar("_Answer")
_Arguments = ParamSpec("_Arguments")

# What `ref.tell` and `ref.ask` are. Called with a message they send it to
# receive(); with a handler and arguments, they call it: ref.ask(Counter.top, 3)
# is typed by any checker. An attribute is a call too: ref.ask.top(3) is typed
# by mypy with the plugin troupe.mypy_plugin.
@final
class Tell(Generic[_ActorOfRef]):
    @overload
    def __call__(
        self,
        handler: Callable[Concatenate[_ActorOfRef, _Arguments], object],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> None: ...
    @overload
    def __call__(
        self,
        handler: Callable[_Arguments, object],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> None: ...
    @overload
    def __call__(self, message: object, /) -> None: ...
    def __getattr__(self, name: str) -> Callable[..., None]: ...

@final
class Ask(Generic[_ActorOfRef]):
    @overload
    def __call__(
        self,
        handler: Callable[
            Concatenate[_ActorOfRef, _Arguments], Coroutine[Any, Any, _Answer]
        ],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> Future[_Answer]: ...
    @overload
    def __call__(
        self,
        handler: Callable[Concatenate[_ActorOfRef, _Arguments], _Answer],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> Future[_Answer]: ...
    @overload
    def __call__(
        self,
        handler: Callable[_Arguments, Coroutine[Any, Any, _Answer]],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> Future[_Answer]: ...
    @overload
    def __call__(
        self,
        handler: Callable[_Arguments, _Answer],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> Future[_Answer]: ...
    @overload
    def __call__(self, message: object, /) -> Future[Any]: ...
    def __getattr__(self, name: str) -> Callable[..., Future[Any]]: ...

# Ref[Counter]: a ref to an actor whose handlers are those of Counter.
@final
class Ref(Generic[_ActorOfRef]):
    @property
    def tell(self) -> Tell[_ActorOfRef]: ...
    @property
    def ask(self) -> Ask[_ActorOfRef]: ...
    @property
    def name(self) -> str: ...
    @property
    def id(self) -> int: ...
    @property
    def alive(self) -> bool: ...
    @property
    def queued(self) -> int: ...
    def options(self, *, timeout: float | None = ...) -> Self: ...
    def stop(self, *, drain: bool = False) -> None: ...
    def kill(self) -> None: ...
    def join(self, timeout: float | None = None) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...

@final
class Future(Generic[_Result]):
    def result(self, timeout: float | None = None) -> _Result: ...
    def exception(self, timeout: float | None = None) -> BaseException | None: ...
    def done(self) -> bool: ...
    def cancel(self) -> bool: ...
    def cancelled(self) -> bool: ...
    def add_done_callback(self, function: Callable[[Self], object], /) -> None: ...
    def __await__(self) -> Generator[Any, None, _Result]: ...
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...

@final
class System:
    def __new__(
        cls, workers: int | None = None, ask_timeout: float | None = 60.0
    ) -> Self: ...
    @overload
    def spawn(
        self,
        target: type[_Actor],
        /,
        *args: Any,
        name: str | None = None,
        home: str = "own",
        mailbox: int | None = None,
        pinned: bool = False,
        dedicated: bool = False,
        **kwargs: Any,
    ) -> Ref[_Actor]: ...
    @overload
    def spawn(
        self,
        target: str | ModuleType,
        /,
        *args: Any,
        name: str | None = None,
        home: str = "own",
        mailbox: int | None = None,
        pinned: bool = False,
        dedicated: bool = False,
        **kwargs: Any,
    ) -> Ref[Any]: ...
    def shutdown(self, timeout: float | None = 10.0) -> list[str]: ...
    def wait_quiet(self, timeout: float | None = None) -> bool: ...
    def actors(self) -> list[Ref[Any]]: ...
    def lookup(self, name: str, /) -> Ref[Any] | None: ...
    def dead_letters(self) -> dict[str, int]: ...
    def stats(self) -> dict[str, int]: ...
    @property
    def closing(self) -> bool: ...
    @property
    def ask_timeout(self) -> float | None: ...
    @ask_timeout.setter
    def ask_timeout(self, seconds: float | None, /) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> Literal[False]: ...

@final
class Context:
    @property
    def self(self) -> Ref[Any]: ...
    @property
    def sender(self) -> Ref[Any] | None: ...
    @property
    def name(self) -> str: ...
    @property
    def system(self) -> System: ...
    @overload
    def spawn(
        self,
        target: type[_Actor],
        /,
        *args: Any,
        name: str | None = None,
        home: str = "own",
        mailbox: int | None = None,
        pinned: bool = False,
        dedicated: bool = False,
        **kwargs: Any,
    ) -> Ref[_Actor]: ...
    @overload
    def spawn(
        self,
        target: str | ModuleType,
        /,
        *args: Any,
        name: str | None = None,
        home: str = "own",
        mailbox: int | None = None,
        pinned: bool = False,
        dedicated: bool = False,
        **kwargs: Any,
    ) -> Ref[Any]: ...
    def stop(self) -> None: ...

context: Final[Context]

@final
class Blob:
    def __new__(cls, bytes_like: ReadableBuffer | Blob, /) -> Self: ...
    @classmethod
    def open(cls, path: StrOrBytesPath, /) -> Blob: ...
    @overload
    def __getitem__(self, index: int, /) -> int: ...
    @overload
    def __getitem__(self, part: slice, /) -> Blob: ...
    def __iter__(self) -> Iterator[int]: ...
    def __len__(self) -> int: ...
    def __bytes__(self) -> bytes: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

# The rest is for the package itself.

@final
class Port:
    def __new__(cls, of_actor: bool = False, loop: Waker = ...) -> Self: ...
    def watch(self, future: Future[Any], token: int, /) -> None: ...
    def drain(self) -> list[int]: ...
    def fileno(self) -> int: ...
    def wait(self) -> None: ...

@final
class Arrivals:
    def __new__(
        cls, futures: Sequence[Future[Any]], timeout: float | None = None
    ) -> Self: ...
    def wait(self, count: int, or_error: bool = False) -> list[int]: ...
    def close(self) -> None: ...

def current() -> Ref[Any] | None: ...
def in_main_interpreter() -> bool: ...
