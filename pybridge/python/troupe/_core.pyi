# SPDX-License-Identifier: Apache-2.0
# What the C++ core offers; users see most of it as `troupe`. The docstrings are
# in the core. tests/python/stubs_test.py checks this file against it.
from _typeshed import FileDescriptorLike, ReadableBuffer, StrOrBytesPath
from collections.abc import (
    Callable,
    Coroutine,
    Generator,
    Hashable,
    Iterable,
    Iterator,
    Sequence,
)
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

from troupe._reports import ShutdownReport
from troupe._supervision import Backoff, Child, Supervisor, SupervisorSpec

RestartPolicy = Literal["permanent", "transient", "temporary"]
Strategy = Literal[
    "one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one"
]

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
    @property
    def reason(self) -> str | None: ...
    @property
    def restarts(self) -> int: ...
    def options(
        self, *, timeout: float | None = ..., priority: bool = ...
    ) -> Self: ...
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
    def pipe_to(
        self,
        to: Callable[[_Result], None],
        /,
        on_error: Callable[[BaseException], None] | None = None,
    ) -> None: ...
    def __await__(self) -> Generator[Any, None, _Result]: ...
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...

@final
class Group:
    @property
    def tell(self) -> Tell[Any]: ...
    @property
    def name(self) -> str: ...
    def join(self, ref: Ref[Any] | None = None, /) -> bool: ...
    def leave(self, ref: Ref[Any] | None = None, /) -> bool: ...
    def members(self) -> list[Ref[Any]]: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> Literal[True]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

_Policy = Literal[
    "round_robin",
    "random",
    "least_loaded",
    "consistent_hash",
    "sticky",
    "broadcast",
    "scatter_gather_first",
]

class Router(Generic[_ActorOfRef]):
    @property
    def ref(self) -> Ref[_ActorOfRef]: ...
    @property
    def tell(self) -> Tell[_ActorOfRef]: ...
    @property
    def ask(self) -> Ask[_ActorOfRef]: ...
    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    def routees(self) -> list[Ref[_ActorOfRef]]: ...
    def add(self, ref: Ref[Any], /) -> bool: ...
    def remove(self, ref: Ref[Any], /) -> bool: ...
    def stop(self, *, drain: bool = False) -> None: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> Literal[True]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...

@final
class Pool(Router[_ActorOfRef]):
    def resize(self, size: int, /) -> None: ...
    def stop(self, *, drain: bool = False) -> None: ...

@final
class Reply:
    def answer(self, value: object, /) -> None: ...
    def fail(self, exception: BaseException, /) -> None: ...
    @property
    def wanted(self) -> bool: ...

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
        mailbox: int | None = 10000,
        overflow: Literal[
            "mute", "block", "fail", "drop_newest", "drop_oldest", "redirect"
        ] = "mute",
        redirect: Ref[Any] | None = None,
        stash: int = 1000,
        time_limit: float | None = None,
        concurrency: int = 1,
        pinned: bool = False,
        dedicated: bool = False,
        restart: RestartPolicy | None = None,
        shutdown: float | Literal["kill", "infinity"] = 5.0,
        max_restarts: int | None = 1,
        within: float = 5.0,
        backoff: Backoff | None = None,
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
        mailbox: int | None = 10000,
        overflow: Literal[
            "mute", "block", "fail", "drop_newest", "drop_oldest", "redirect"
        ] = "mute",
        redirect: Ref[Any] | None = None,
        stash: int = 1000,
        time_limit: float | None = None,
        concurrency: int = 1,
        pinned: bool = False,
        dedicated: bool = False,
        restart: RestartPolicy | None = None,
        shutdown: float | Literal["kill", "infinity"] = 5.0,
        max_restarts: int | None = 1,
        within: float = 5.0,
        backoff: Backoff | None = None,
        **kwargs: Any,
    ) -> Ref[Any]: ...
    def shutdown(
        self,
        timeout: float | None = 10.0,
        *,
        drain: float | None = None,
        kill: float | None = 2.0,
    ) -> ShutdownReport: ...
    def supervise(
        self,
        *children: Child | SupervisorSpec,
        strategy: Strategy = "one_for_one",
        max_restarts: int | None = 1,
        within: float = 5.0,
        backoff: Backoff | None = None,
        name: str | None = None,
    ) -> Supervisor: ...
    def wait_quiet(self, timeout: float | None = None) -> bool: ...
    def actors(self) -> list[Ref[Any]]: ...
    def tree(self) -> str: ...
    def lookup(self, name: str, /) -> Ref[Any] | None: ...
    def register(self, name: str, ref: Ref[Any], /) -> None: ...
    def unregister(self, name: str, /) -> None: ...
    def wait_for(self, name: str, /, timeout: float | None = None) -> Ref[Any]: ...
    def when_named(self, name: str, /) -> Future[Ref[Any]]: ...
    def group(self, name: str, /) -> Group: ...
    def router(
        self,
        routees: Iterable[Ref[_Actor]],
        /,
        *,
        policy: _Policy = "round_robin",
        key: int | str = 0,
        seed: int | None = None,
        name: str | None = None,
    ) -> Router[_Actor]: ...
    @overload
    def pool(
        self,
        target: type[_Actor],
        /,
        *args: Any,
        size: int | None = None,
        policy: _Policy = "round_robin",
        key: int | str = 0,
        seed: int | None = None,
        minimum: int | None = None,
        maximum: int | None = None,
        name: str | None = None,
        home: str = "own",
        **kwargs: Any,
    ) -> Pool[_Actor]: ...
    @overload
    def pool(
        self,
        target: str | ModuleType,
        /,
        *args: Any,
        size: int | None = None,
        policy: _Policy = "round_robin",
        key: int | str = 0,
        seed: int | None = None,
        minimum: int | None = None,
        maximum: int | None = None,
        name: str | None = None,
        home: str = "own",
        **kwargs: Any,
    ) -> Pool[Any]: ...
    def router_of(self, ref_or_name: Ref[_Actor] | str, /) -> Router[_Actor]: ...
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
        mailbox: int | None = 10000,
        overflow: Literal[
            "mute", "block", "fail", "drop_newest", "drop_oldest", "redirect"
        ] = "mute",
        redirect: Ref[Any] | None = None,
        stash: int = 1000,
        time_limit: float | None = None,
        concurrency: int = 1,
        pinned: bool = False,
        dedicated: bool = False,
        restart: RestartPolicy | None = None,
        shutdown: float | Literal["kill", "infinity"] = 5.0,
        max_restarts: int | None = 1,
        within: float = 5.0,
        backoff: Backoff | None = None,
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
        mailbox: int | None = 10000,
        overflow: Literal[
            "mute", "block", "fail", "drop_newest", "drop_oldest", "redirect"
        ] = "mute",
        redirect: Ref[Any] | None = None,
        stash: int = 1000,
        time_limit: float | None = None,
        concurrency: int = 1,
        pinned: bool = False,
        dedicated: bool = False,
        restart: RestartPolicy | None = None,
        shutdown: float | Literal["kill", "infinity"] = 5.0,
        max_restarts: int | None = 1,
        within: float = 5.0,
        backoff: Backoff | None = None,
        **kwargs: Any,
    ) -> Ref[Any]: ...
    def supervise(
        self,
        *children: Child | SupervisorSpec,
        strategy: Strategy = "one_for_one",
        max_restarts: int | None = 1,
        within: float = 5.0,
        backoff: Backoff | None = None,
        name: str | None = None,
    ) -> Supervisor: ...
    def stop(self) -> None: ...
    def forward(
        self, to: Ref[Any] | Callable[..., None], /, *args: Any, **kwargs: Any
    ) -> None: ...
    def reply_later(self) -> Reply: ...
    def watch(self, actor: Ref[Any] | str, /) -> None: ...
    def unwatch(self, actor: Ref[Any] | str, /) -> None: ...
    def link(self, actor: Ref[Any] | str, /) -> None: ...
    def unlink(self, actor: Ref[Any] | str, /) -> None: ...
    @property
    def trap_exit(self) -> bool: ...
    @trap_exit.setter
    def trap_exit(self, trap: bool, /) -> None: ...
    def after(
        self,
        seconds: float,
        function: Callable[..., object],
        /,
        *args: Any,
        key: Hashable | None = None,
    ) -> Timer: ...
    def every(
        self,
        seconds: float,
        function: Callable[..., object],
        /,
        *args: Any,
        key: Hashable | None = None,
        first: float | None = None,
    ) -> Timer: ...
    def cancel_timer(self, key: Hashable, /) -> bool: ...
    @property
    def receive_timeout(self) -> float | None: ...
    @receive_timeout.setter
    def receive_timeout(self, seconds: float | None, /) -> None: ...
    def become(self, handlers: object, /, *, keep: bool = False) -> None: ...
    def unbecome(self) -> bool: ...
    def stash(self) -> None: ...
    def unstash_all(self) -> None: ...
    @property
    def stashed(self) -> int: ...

@final
class Timer:
    def cancel(self) -> bool: ...
    @property
    def active(self) -> bool: ...

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
class Waker:
    def __new__(cls) -> Self: ...
    def wake(self) -> None: ...
    def wake_later(self) -> None: ...
    def take(self) -> None: ...
    def time(self) -> float: ...
    def killed(self) -> bool: ...
    def set_timer(self, seconds: float, /) -> None: ...
    def watch(self, descriptor: FileDescriptorLike, /) -> None: ...
    def readable(self) -> bool: ...
    def arm(self) -> None: ...
    def block(self) -> None: ...
    def close(self) -> None: ...

@final
class Arrivals:
    def __new__(
        cls, futures: Sequence[Future[Any]], timeout: float | None = None
    ) -> Self: ...
    def wait(self, count: int, or_error: bool = False) -> list[int]: ...
    def close(self) -> None: ...

def current() -> Ref[Any] | None: ...
def in_main_interpreter() -> bool: ...
def start_supervisor(system: System, spec: tuple[Any, ...], /) -> Ref[Any]: ...
def supervisor_first_child(supervisor: Ref[Any], /) -> Ref[Any] | None: ...
def supervisor_template(supervisor: Ref[Any], /) -> Any: ...
def supervisor_start_child(
    supervisor: Ref[Any], spec: tuple[Any, ...], /
) -> Ref[Any]: ...
def supervisor_restart_child(supervisor: Ref[Any], name: str, /) -> Ref[Any]: ...
def supervisor_terminate_child(
    supervisor: Ref[Any], child: str | Ref[Any], /
) -> None: ...
def supervisor_delete_child(supervisor: Ref[Any], name: str, /) -> None: ...
def supervisor_children(supervisor: Ref[Any], /) -> list[tuple[Any, ...]]: ...
def last_failure() -> tuple[BaseException | None] | None: ...
