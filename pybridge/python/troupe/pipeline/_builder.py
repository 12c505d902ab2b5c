# SPDX-License-Identifier: Apache-2.0
"""Pipeline: the user's way to write a graph, and to run it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, Literal, Self

import troupe
from troupe import _core
from troupe.pipeline import _functions, _options, sinks
from troupe.pipeline._errors import PipelineError
from troupe.pipeline._graph import Graph, Step, name_of
from troupe.pipeline._handle import Handle, StreamOutlet
from troupe.pipeline._plan import Plan
from troupe.pipeline._policies import OnError
from troupe.pipeline._runner import ListOutlet, Outlet, Runner
from troupe.pipeline._stats import Result

Function = Callable[..., Any] | str
Parallel = int | tuple[int, int] | Literal["auto"] | None
Branch = "Pipeline | Callable[[Pipeline], Pipeline]"


class Pipeline:
    """A stream of work: a source, stages, a sink. Immutable: each method returns
    another pipeline with one step more, so a beginning can be shared.

    >>> from troupe import Pipeline
    >>> words = Pipeline("words").flat_map(str.split).map(str.lower)
    >>> print(words)
    words: split -> lower

    name       what it and its actors are called
    ordered    whether items keep their order through parallel stages; a stage's
               own `ordered=` comes before this
    delivery   of what a lost replica was at work on: "at_least_once" does it
               again, so a function may see an item twice, but no result comes
               twice; "at_most_once" drops it and counts it
    dead_letters   a sink for the DeadItems of stages with on_error="skip"

    Options that stages have in common:

    parallel   how many replicas: a number, bounds (least, most) within which it
               follows demand, or "auto", which is (1, cores). Without it a stage
               runs with its neighbours, if they say something, or once.
    on_error   "fail" (default), "skip", "restart", or a troupe.pipeline.Retry
    ordered    as above
    home       where the replicas live, as for System.spawn()
    name       instead of the function's
    fuse       False: doesn't run in one actor with its neighbours
    concurrency   of an `async def`: how many items a replica has under way
    """

    def __init__(
        self,
        name: str = "pipeline",
        *,
        ordered: bool = True,
        delivery: Literal["at_least_once", "at_most_once"] = "at_least_once",
        dead_letters: Any = None,
    ) -> None:
        if delivery not in ("at_least_once", "at_most_once"):
            raise ValueError(
                f"delivery is 'at_least_once' or 'at_most_once', not {delivery!r}"
            )
        self.name = name
        self.ordered = ordered
        self.delivery = delivery
        self._dead_letters = dead_letters
        self.graph = Graph()

    def __str__(self) -> str:
        return f"{self.name}: {' -> '.join(step.name for step in self.graph.steps)}"

    def __repr__(self) -> str:
        return f"<troupe.Pipeline {self}>"

    # ---- where items come from and go to ----

    def source(self, source: Any, *args: Any, name: str | None = None) -> Self:
        """Where items come from: an iterable, or "module:function" or a function
        that gives one when called with `args`; see troupe.pipeline.sources too.

        Lists, tuples and ranges are sliced; anything else is iterated over on a
        thread of this process, no farther ahead than there is demand.
        """
        if self.graph.steps:
            raise PipelineError(
                "source() comes first; for several sources use merge() or zip()"
            )
        begin = _functions.load(source) if isinstance(source, str) else source
        if callable(begin) and not hasattr(begin, "__iter__"):
            begin = begin(*args)
        if not hasattr(begin, "__iter__"):
            raise TypeError(f"a source is an iterable, not {source!r}")
        default = getattr(begin, "name", None) or name_of(source, "source")
        return self._then("source", begin, name or str(default), {})

    def sink(self, sink: Any, *, name: str | None = None) -> Self:
        """Where items go to: a list, a function, a queue, an actor's ref, anything
        with write(items), or one of troupe.pipeline.sinks.

        All of it runs on one thread of this process. Nothing can follow.
        """
        found = sinks.of(sink)
        default = name_of(sink, str(getattr(found, "name", "sink")))
        return self._then("sink", found, name or default, {})

    # ---- stages with a function ----

    def map(self, function: Function, **options: Any) -> Self:
        """function(item) in place of each item.

        The function may be `async def`, a class whose objects can be called
        (one object for each replica; its setup() and close() are called at
        begin and end), or the name of either: "module:function".
        """
        return self._stage("map", function, options)

    def filter(self, function: Function, **options: Any) -> Self:
        """Only items for which function(item) is true."""
        return self._stage("filter", function, options)

    def flat_map(self, function: Function, **options: Any) -> Self:
        """All that function(item) yields, in place of each item."""
        return self._stage("flat_map", function, options)

    def tap(self, function: Function, **options: Any) -> Self:
        """Calls function(item), and passes the item on as it is."""
        return self._stage("tap", function, options)

    def scan(self, function: Function, initial: Any = None, **options: Any) -> Self:
        """Running results: each is function(the one before, item), beginning with
        `initial` (if that can be called: with what it returns)."""
        options |= {"initial": initial, "has_initial": True}
        return self._stage("scan", function, options)

    def distinct(self, key: Function | None = None, **options: Any) -> Self:
        """Each item once: the first of those whose key(item) is equal."""
        function = "troupe.pipeline._functions:itself" if key is None else key
        return self._stage("distinct", function, {"name": "distinct"} | options)

    def reduce(
        self,
        function: Function,
        initial: Any = _options.MISSING,
        *,
        shards: int | None = None,
        **options: Any,
    ) -> Self:
        """One result at the end: function(result so far, item), beginning with
        `initial`, or with the first item.

        After key_by() one for each key, as (key, result). The keys are divided
        among `shards` replicas, as many as there are cores if nothing is said.
        """
        if initial is not _options.MISSING:
            options |= {"initial": initial, "has_initial": True}
        if shards is not None:
            options["shards"] = shards
        return self._stage("reduce", function, options)

    def key_by(self, function: Function, **options: Any) -> Self:
        """The stages that follow, up to the next that regroups, work by key.

        All items of one key go to one replica, in order; so scan(), distinct()
        and reduce() remember by key. Items of different keys are in no order.
        """
        return self._stage("key_by", function, options)

    # ---- regrouping ----

    def batch(self, size: int, *, timeout: float | None = None) -> Self:
        """Lists of `size` items. After `timeout` seconds, counted from the first
        item of it, a list with fewer goes on; so does the last one."""
        _options.positive("batch()", size=size, timeout=timeout)
        return self._then(
            "batch", None, f"batch({size})", {"size": size, "timeout": timeout}
        )

    def window(
        self,
        count: int | None = None,
        *,
        slide: int | None = None,
        seconds: float | None = None,
    ) -> Self:
        """Lists of the last `count` items, one every `slide` items (by default
        `count`, so that no item is in two); or of what has come within `seconds`."""
        if (count is None) == (seconds is None) or (seconds and slide):
            raise TypeError("window() takes count (and slide), or seconds")
        _options.positive("window()", count=count, slide=slide, seconds=seconds)
        text = f"window({count if seconds is None else f'{seconds} s'})"
        chosen = {"count": count, "slide": slide, "seconds": seconds}
        return self._then("window", None, text, chosen)

    def take(self, count: int) -> Self:
        """The first `count` items; then the pipeline is done."""
        _options.positive("take()", count=count)
        return self._then("take", None, f"take({count})", {"count": count})

    def rate_limit(self, per_second: float) -> Self:
        """No more than so many items a second."""
        _options.positive("rate_limit()", per_second=per_second)
        text = f"rate_limit({per_second:g}/s)"
        return self._then("rate_limit", None, text, {"per_second": per_second})

    # ---- several streams ----

    def merge(self, *others: "Pipeline") -> Self:
        """The items of this and the other pipelines, as they come."""
        return self._join("merge", others)

    def zip(self, *others: "Pipeline") -> Self:
        """Tuples of one item of each; ends when one of them does."""
        return self._join("zip", others)

    def broadcast(self, *branches: Any) -> Self:
        """Each item to every branch.

        A branch is a pipeline without a source, or a function that gets one and
        returns one with more steps. What comes out of branches without a sink
        goes on together, in no particular order.
        """
        return self._fork("broadcast", None, branches)

    def balance(self, *branches: Any) -> Self:
        """Each item to one branch: that which has room for it."""
        return self._fork("balance", None, branches)

    def partition(self, function: Function, *branches: Any, **options: Any) -> Self:
        """Each item to branch number function(item), from 0; true is 1."""
        return self._fork("partition", function, branches, **options)

    # ---- running ----

    def run(
        self,
        system: "troupe.System | None" = None,
        *,
        progress: bool | dict[str, Any] = False,
    ) -> Result:
        """Runs it, and returns when it is done.

        Without a system it makes one of its own; in a handler it uses the actor's.
        Without a sink, the results are in the `items` of what it returns. Ctrl-C
        drains it, a second one cancels it. `progress` shows a bar on stderr, if
        that is a terminal; a dict has options for tqdm: {"unit": "file"}.
        """
        handle = self.start(system)
        try:
            if progress is False:
                return handle.wait()
            options = progress if isinstance(progress, dict) else {}
            return handle.wait_with_progress(**options)
        except KeyboardInterrupt:
            handle.drain()
        try:
            return handle.wait()
        except KeyboardInterrupt:
            handle.cancel()
            with suppress(PipelineError):
                handle.wait()
            raise

    def start(
        self, system: "troupe.System | None" = None, *, stream: bool = False
    ) -> Handle:
        """Begins to run it, on a thread of its own.

        `stream`: the results are for whoever iterates over the handle, and wait
        for that; else, without a sink, they gather in the result.
        """
        plan = self.plan()
        if stream and not plan.collects:
            raise PipelineError("this pipeline has sinks, so there is no stream")
        dead = None
        if self._dead_letters is not None:
            found = sinks.of(self._dead_letters)

            def dead(item: Any) -> None:
                found.write([item])

        outlet: Outlet = ListOutlet()
        if stream:
            outlet = StreamOutlet()
        owned = system is None and _core.current() is None
        if system is None:
            system = troupe.System() if owned else troupe.context.system
        try:
            runner = Runner(self.name, plan, system, outlet, dead)
        except BaseException:
            if owned:
                system.shutdown()
            raise
        return Handle(runner, system, owned, stream)

    def __iter__(self) -> Iterator[Any]:
        """Runs it, and yields the results as they come."""
        with self.start(stream=True) as handle:
            yield from handle

    async def __aiter__(self) -> AsyncIterator[Any]:
        async with self.start(stream=True) as handle:
            async for item in handle:
                yield item

    def plan(self) -> Plan:
        """How it will run: what is fused with what."""
        if not self.graph.has_source:
            raise PipelineError(f"pipeline {self.name!r} has no source()")
        return Plan(self.graph, self.ordered, self.delivery == "at_most_once")

    def draw(self) -> str:
        """The graph as Mermaid text: what runs as one is in one box.

        Handle.draw() has the figures of a running one.
        """
        from troupe.pipeline import _draw

        return _draw.mermaid(self.plan(), None)

    # ---- building ----

    def _stage(self, kind: str, function: Function, options: dict[str, Any]) -> Self:
        chosen = _options.checked(kind, options)
        name = chosen.pop("name", None)
        if not isinstance(function, str) and not callable(function):
            raise TypeError(f"{kind}() takes a function or its name, not {function!r}")
        return self._then(kind, function, name or name_of(function, kind), chosen)

    def _join(self, kind: str, others: "tuple[Pipeline, ...]") -> Self:
        if not others:
            raise TypeError(f"{kind}() takes at least one other pipeline")
        for other in others:
            if not other.graph.has_source or other.graph.has_sink:
                raise PipelineError(
                    f"{kind}() takes pipelines with a source and without a sink; "
                    f"not {other!r}"
                )
        return self._then(kind, None, kind, {}, tuple(o.graph for o in others))

    def _fork(
        self, kind: str, function: Any, branches: tuple[Any, ...], **options: Any
    ) -> Self:
        if not branches:
            raise TypeError(f"{kind}() takes at least one branch")
        graphs = []
        for branch in branches:
            built = branch if isinstance(branch, Pipeline) else branch(Pipeline())
            if built.graph.has_source:
                raise PipelineError(f"a branch of {kind}() has no source of its own")
            graphs.append(built.graph)
        chosen = _options.checked(kind, options)
        name = chosen.pop("name", None) or kind
        return self._then(kind, function, name, chosen, tuple(graphs))

    def _then(
        self,
        kind: str,
        function: Any,
        name: str,
        options: dict[str, Any],
        branches: tuple[Graph, ...] = (),
    ) -> Self:
        if self.graph.has_sink:
            raise PipelineError(f"nothing can follow a sink(), so no {kind}() either")
        taken, number, unique = set(self.graph.names()), 2, name
        while unique in taken:
            unique, number = f"{name}-{number}", number + 1
        other = object.__new__(type(self))
        other.__dict__ |= self.__dict__
        other.graph = self.graph.then(Step(kind, unique, function, options, branches))
        return other
