# SPDX-License-Identifier: Apache-2.0
"""Writes one Python loop out of the stages of a segment.

map(f), filter(g), flat_map(h) become

    def run(batch, outs, states, fail):
        o0 = outs[0].append
        for x0 in batch:
            try:
                x1 = f0(x0)
                if not f1(x1): continue
                for x2 in f2(x1):
                    try:
                        o0(x2)
                    except ...
            except (Exception, SystemExit) as error:
                fail(error, locals())

so that a stage costs one call and nothing else. A `try` costs nothing until
something is raised; then the line in `run` tells which stage it was, and the
locals which item. Runs in a worker's interpreter, so it imports little.
"""

from time import perf_counter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# (kind, name, function, options)
Stage = tuple[str, str, "Any", dict[str, "Any"]]

# Of a segment that makes many items of one: how many it hands over at a time.
PORTION = 4096


class Loop:
    """The source text of a segment's loop, as it is being written."""

    def __init__(self, stages: list[Stage], keyed: bool, timed: bool = False) -> None:
        self._timed = timed
        self.lines: list[str] = []
        self.where: dict[int, tuple[int, str]] = {}  # line -> (stage, its variable)
        self.depth = 1
        self.variables = 0
        self.expands = any(kind == "flat_map" for kind, *_ in stages)
        self.awaits = any(is_async(function) for _, _, function, _ in stages)
        self.keyed = keyed
        self.at = 0
        self._open: list[int] = []
        self._write_loop(stages)

    def text(self) -> str:
        return "\n".join(self.lines)

    def _write_loop(self, stages: list[Stage]) -> None:
        head = "async def run" if self.awaits else "def run"
        self._line(f"{head}(batch, outs, states, fail):", depth=0)
        self._line("o0 = outs[0].append; n = 0; k = None")
        for index, (kind, *_) in enumerate(stages):
            if kind in ("distinct", "reduce") or (kind == "scan" and self.keyed):
                self._line(f"s{index} = states[{index}]")
        self._line("for k, x0 in batch:" if self.keyed else "for x0 in batch:")
        self._enter()
        if self._timed:
            self._line("t = clock()")
        x = "x0"
        for self.at, (kind, _, function, options) in enumerate(stages):
            call = "await " if is_async(function) else ""
            x = getattr(self, f"_{kind}")(x, self.at, call, options)
            if x is None:
                break
            self._tick()
        else:
            self._emit(x)
        while self._open:
            self._leave()
        if self.expands and not self.awaits:
            self._line("if False: yield", depth=1)

    def _line(self, text: str, depth: int | None = None, of: str | None = None) -> None:
        indent = self.depth if depth is None else depth
        self.lines.append("    " * indent + text)
        if of is not None:
            self.where[len(self.lines)] = (self.at, of)

    def _enter(self) -> None:
        self._open.append(self.depth)
        self._line("    try:")
        self.depth += 2

    def _leave(self) -> None:
        self.depth = self._open.pop()
        self._line("    except (Exception, SystemExit) as error:")
        self._line("        fail(error, locals())")

    def _new(self) -> str:
        self.variables += 1
        return f"x{self.variables}"

    def _tick(self) -> None:
        """What has passed since the last one is this stage's."""
        if self._timed:
            self._line(f"t1 = clock(); costs[{self.at}] += t1 - t; t = t1")

    def _map(self, x: str, i: int, call: str, _: object) -> str:
        y = self._new()
        self._line(f"{y} = {call}f{i}({x})", of=x)
        return y

    def _filter(self, x: str, i: int, call: str, _: object) -> str:
        if self._timed:
            self._line(f"d = {call}f{i}({x})", of=x)
            self._tick()
            self._line("if not d: continue")
        else:
            self._line(f"if not {call}f{i}({x}): continue", of=x)
        return x

    def _tap(self, x: str, i: int, call: str, _: object) -> str:
        self._line(f"{call}f{i}({x})", of=x)
        return x

    def _flat_map(self, x: str, i: int, call: str, _: object) -> str:
        y = self._new()
        self._line(f"for {y} in {call}f{i}({x}):", of=x)
        self._enter()
        return y

    def _scan(self, x: str, i: int, call: str, options: "dict[str, Any]") -> str:
        y = self._new()
        if self.keyed:
            first = f"s{i}[k] if k in s{i} else first{i}()"
            self._line(f"{y} = s{i}[k] = {call}f{i}({first}, {x})", of=x)
        else:
            self._line(f"{y} = states[{i}] = {call}f{i}(states[{i}], {x})", of=x)
        return y

    def _distinct(self, x: str, i: int, call: str, _: object) -> str:
        self._line(f"d = {call}f{i}({x})", of=x)
        if self.keyed:
            self._line("d = (k, d)", of=x)
        self._line(f"if d in s{i}: continue", of=x)
        self._line(f"s{i}.add(d)", of=x)
        return x

    def _reduce(self, x: str, i: int, call: str, options: "dict[str, Any]") -> None:
        k = "k"  # None for all, unless the segment is keyed
        if options.get("has_initial"):
            before = f"s{i}[{k}] if {k} in s{i} else first{i}()"
            self._line(f"s{i}[{k}] = {call}f{i}({before}, {x})", of=x)
        else:
            self._line(
                f"s{i}[{k}] = {call}f{i}(s{i}[{k}], {x}) if {k} in s{i} else {x}", of=x
            )
        self._tick()

    def _key(self, x: str, i: int, call: str, options: "dict[str, Any]") -> None:
        self._line(f"k = {call}f{i}({x})", of=x)
        self._tick()
        self._line(f"outs[hash(k) % {options['ways']}].append((k, {x}))", of=x)
        self._portion()

    def _partition(self, x: str, i: int, call: str, options: "dict[str, Any]") -> None:
        ways = options["ways"]
        self._line(f"d = int({call}f{i}({x}))", of=x)
        self._line(f"if not 0 <= d < {ways}: outside(d, {ways})", of=x)
        self._line(f"outs[d].append({x})", of=x)
        self._portion()

    def _emit(self, x: str) -> None:
        self._line(f"o0({x})")
        self._portion()

    def _portion(self) -> None:
        if self.expands and not self.awaits:
            self._line("n += 1")
            self._line(f"if n >= {PORTION}:")
            self._line("    n = 0; yield; o0 = outs[0].append")


def compose(
    stages: list[Stage], keyed: bool, costs: "list[float] | None" = None
) -> "tuple[Callable[..., Any], Loop]":
    """The loop as a function, and what it knows about its lines.

    One with `costs` adds there how many seconds each stage takes. That costs more
    than many a stage does, so it runs for a small part of the batches only.
    """
    loop = Loop(stages, keyed, costs is not None)
    names: dict[str, Any] = {"outside": _outside, "clock": perf_counter, "costs": costs}
    for index, (_, _, function, options) in enumerate(stages):
        names[f"f{index}"] = retrying(function, options)
        names[f"first{index}"] = _factory(options.get("initial"))
    code = compile(loop.text(), "<troupe pipeline>", "exec")
    exec(code, names)
    return names["run"], loop


def first_states(stages: list[Stage], keyed: bool) -> "list[Any]":
    """What the stages remember before the first item."""
    return [_first_state(kind, options, keyed) for kind, _, _, options in stages]


def _first_state(kind: str, options: "dict[str, Any]", keyed: bool) -> "Any":
    if kind == "distinct":
        return set()
    if kind == "reduce" or (kind == "scan" and keyed):
        return {}
    return _factory(options.get("initial"))() if kind == "scan" else None


def is_async(function: "Any") -> bool:
    """Whether calling it gives a coroutine."""
    inner = getattr(function, "func", function)  # of a functools.partial
    code = getattr(inner, "__code__", None)
    if code is None:
        code = getattr(getattr(type(inner), "__call__", None), "__code__", None)
    return bool(code is not None and code.co_flags & 0x80)


def retrying(function: "Any", options: "dict[str, Any]") -> "Any":
    """The function, tried as often as its policy says."""
    _, times, backoff = options.get("on_error", ("fail", 0, 0.0))
    if not times:
        return function
    if is_async(function):
        return _retrying_async(function, times, backoff)
    from time import sleep

    def tried(*args: "Any") -> "Any":
        for wait in _waits(times, backoff):
            try:
                found = function(*args)
                return list(found) if options.get("expands") else found
            except Exception:
                sleep(wait)
        found = function(*args)
        return list(found) if options.get("expands") else found

    return tried


def _retrying_async(function: "Any", times: int, backoff: float) -> "Any":
    import asyncio

    async def tried(*args: "Any") -> "Any":
        for wait in _waits(times, backoff):
            try:
                return await function(*args)
            except Exception:
                await asyncio.sleep(wait)
        return await function(*args)

    return tried


def _waits(times: int, backoff: float) -> list[float]:
    return [min(60.0, backoff * 2**n) for n in range(times)]


def _factory(initial: "Any") -> "Any":
    if callable(initial):
        return initial
    if isinstance(initial, (int, float, complex, str, bytes, tuple, type(None))):
        return lambda: initial
    from copy import deepcopy

    return lambda: deepcopy(initial)


def _outside(index: int, ways: int) -> None:
    raise IndexError(f"partition() has {ways} branches, and none of number {index}")
