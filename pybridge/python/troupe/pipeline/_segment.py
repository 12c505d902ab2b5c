# SPDX-License-Identifier: Apache-2.0
"""A segment: stages that run as one loop, in one or several replicas.

The node cuts what comes into batches, asks replicas to work on them, and emits
the answers. It keeps each batch until it has been answered; so when a replica
is lost, what it had goes to another one, or is dropped and counted.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import troupe
from troupe.pipeline import _crew, _errors
from troupe.pipeline._edge import Edge
from troupe.pipeline._errors import PipelineError, StageError
from troupe.pipeline._functions import shown
from troupe.pipeline._node import Node
from troupe.pipeline._replica import Batch, Replica
from troupe.pipeline._scaling import Scaling

if TYPE_CHECKING:
    from troupe.pipeline._plan import SegmentSpec
    from troupe.pipeline._runner import Runner

# Seconds of work in a batch. One costs about 0.1 ms of the cores, in all: so that is
# 3 % of them; the last ones are smaller, or some replicas would wait for others.
TARGET = 0.003
MOST = 8192  # items in one
SLOW = 0.005  # seconds an item, from which on replicas have no batch in advance


class Segment(Node):
    def __init__(self, runner: "Runner", spec: "SegmentSpec") -> None:
        super().__init__(runner, spec.name)
        self.spec = spec
        self.crew = _crew.Crew(self)
        self._scaling = Scaling(self)
        self._open: dict[int, Batch] = {}  # in the order in which they came
        self._again: list[Batch] = []  # to be sent once more
        self._next = 0
        self.size = 1
        self._cost: float | None = None  # seconds an item
        self._finishing = False

    # ---- what the runner calls ----

    def start(self) -> None:
        self.crew.start()

    def work(self) -> bool:
        if self.over:
            return False
        moved = self._deliver()
        if not self.over:
            moved = self._dispatch() or moved
            self._scaling.scale()
            self._finish()
        return moved

    def end(self) -> None:
        super().end()
        self.crew.rest()

    def close(self) -> None:
        self.crew.close()

    # ---- out ----

    def _deliver(self) -> bool:
        """Emits what has been answered: in order, or whatever there is."""
        moved = False
        for batch in list(self._open.values()):
            moved = bool(batch.ready) or batch.done or moved
            for outs in batch.ready:
                self._emit(batch, outs)
            batch.ready.clear()
            if batch.rest and self.room > 0:
                self._ask_rest(batch)
            if batch.done:
                del self._open[batch.number]
                if batch.failure is not None:
                    self.fail(batch.failure)
                    return True
            elif self.spec.ordered:
                break  # the first that isn't done holds up the others
        return moved

    def _emit(self, batch: Batch, outs: Sequence[Sequence[Any]]) -> None:
        # What a lost replica had come to is not emitted again.
        for way, items in enumerate(outs):
            again = min(len(items), batch.emitted[way] - batch.seen[way])
            batch.seen[way] += len(items)
            if again > 0:
                items = items[again:]
            batch.emitted[way] = max(batch.emitted[way], batch.seen[way])
            self.stats.out += len(items)
            if self.spec.ways > 1:
                self.outs[way].put(items)
            else:
                for edge in self.outs:
                    edge.put(items)

    # ---- in ----

    def _dispatch(self) -> bool:
        edge, moved = self.ins[0], False
        self.stats.queue, self.stats.batch = edge.size, self.size
        edge.limit = 2 * self.size * max(1, self.crew.most)
        while self.room > 0 and (self._again or self._may_open(edge)):
            first = self._again[0].number if self._again and self.spec.ordered else None
            replica = self.crew.free(bool(self._again) or self._full_batch(), first)
            if replica is None:
                break
            self.send(replica, self._next_batch())
            moved = True
        return moved

    def _may_open(self, edge: Edge) -> bool:
        """So many batches may wait for one before them; those that are sent again
        have been counted already."""
        if not edge.size or len(self._open) >= 4 * self.crew.capacity:
            return False
        # Nobody waits for what comes at the end only.
        return not self.spec.has_end or self._full_batch()

    def _full_batch(self) -> bool:
        """Whether waiting would not make the next batch any larger."""
        edge = self.ins[0]
        return edge.size >= self.size or not edge.producers

    def _next_batch(self) -> Batch:
        if self._again:
            return self._again.pop(0)
        items = self.take(self.ins[0], self._batch_size())
        batch = Batch(self._next, items, self.spec.ways)
        self._next += 1
        self._open[batch.number] = batch
        return batch

    def _batch_size(self) -> int:
        if self.ins[0].producers:
            return self.size
        # The last items are shared among all, in ever smaller batches.
        share = self.ins[0].size // (2 * max(1, self.crew.count + self.crew.starting))
        return max(1, min(self.size, share))

    def send(self, replica: Replica, batch: Batch) -> None:
        batch.seen = [0] * self.spec.ways
        batch.ready.clear()  # it comes again
        handler = replica.ask.go_async if self.crew.awaits else replica.ask.go
        try:
            future = handler(batch.items)
        except Exception as error:  # an item that can't be sent
            self._fail_batch(batch, self._stage_error(0, batch.items, error))
            return
        replica.sent.append(batch)
        self._await(replica, batch, future)

    def _ask_rest(self, batch: Batch) -> None:
        batch.rest = False
        replica = next(r for r in self.crew.replicas if batch in r.sent)
        self._await(replica, batch, replica.ask.more())

    def _await(
        self, replica: Replica, batch: Batch, future: "troupe.Future[Any]"
    ) -> None:
        replica.waiting += 1
        self.runner.events.when_done(
            future, lambda: self._answered(replica, batch, future)
        )

    # ---- answers ----

    def _answered(
        self, replica: Replica, batch: Batch, future: "troupe.Future[Any]"
    ) -> None:
        replica.waiting -= 1
        error = future.exception(0)
        if error is None:
            self._take_answer(replica, batch, *future.result(0))
        elif isinstance(error, (troupe.ActorStopped, troupe.ActorKilled)):
            self.crew.lose(replica, error)
        else:  # what came out can't be sent
            replica.sent.remove(batch)
            self._fail_batch(batch, self._stage_error(-1, batch.items, error))
        if replica.dead and not replica.waiting:
            self.crew.replace(replica)

    def _take_answer(
        self,
        replica: Replica,
        batch: Batch,
        outs: list[Sequence[Any]],
        seconds: float,
        dead: list[Any] | None,
        status: Any,
        costs: list[float] | None,
    ) -> None:
        self.stats.busy += seconds
        if costs is not None:
            self._add_costs(costs)
        for told in dead or ():
            self.stats.skipped += 1
            self.runner.skip(_errors.dead_item(*told))
        if status == "busy":  # it has the rest of another batch to give first
            replica.sent.remove(batch)
            replica.sent.append(batch)
            self.crew.later(replica, batch)
            return
        batch.ready.append(outs)
        if status == "more":
            batch.rest = True
            return
        replica.sent.remove(batch)
        self.crew.resume(replica)
        if status is None:
            self._learn(seconds, len(batch.items))
            batch.done = True
            self.crew.remember(replica, batch)
        elif status[0] == "restart" and batch.tries < self.spec.max_restarts:
            batch.ready.clear()
            replica.sent.insert(0, batch)
            replica.ref.kill()
            self.crew.lose(replica, _errors.failure(*status))
        else:
            self._fail_batch(batch, _errors.failure(*status))

    def _add_costs(self, costs: list[float]) -> None:
        known = self.stats.costs
        for stage, seconds in zip(self.spec.stages, costs):
            known[stage.name] = known.get(stage.name, 0.0) + seconds

    def _learn(self, seconds: float, items: int) -> None:
        """Batches take TARGET, once it is known what an item takes."""
        cost = max(seconds, 1e-9) / max(1, items)
        old = self._cost
        self._cost = cost if old is None else 0.7 * old + 0.3 * cost
        least = self.spec.width if self.crew.awaits else 1
        goal = TARGET / self._cost
        self.size = int(max(least, 1, min(goal, 4 * self.size, MOST)))

    @property
    def slow(self) -> bool:
        """Nothing is known yet, or items take so long that none should wait."""
        return self._cost is None or self._cost > SLOW

    def again(self, batches: list[Batch]) -> None:
        """To whoever is free, before all that came later."""
        self._again = sorted(self._again + batches, key=lambda batch: batch.number)

    def drop(self, batch: Batch) -> None:
        self.stats.dropped += len(batch.items)
        batch.done, batch.rest = True, False

    def give_up(self, batch: Batch, error: BaseException | None) -> None:
        if isinstance(error, StageError):
            self._fail_batch(batch, error)
            return
        text = f"{_crew.TRIES} replicas were lost on this batch of {len(batch.items)}"
        problem = StageError(self.name, shown(batch.items), text)
        problem.__cause__ = error
        self._fail_batch(batch, problem)

    def _fail_batch(self, batch: Batch, error: BaseException) -> None:
        batch.done, batch.rest, batch.failure = True, False, error

    def _stage_error(
        self, stage: int, items: Sequence[Any], error: BaseException
    ) -> PipelineError:
        name = self.spec.stages[stage].name if self.spec.stages else self.name
        problem = StageError(name, f"a batch of {len(items)}", str(error))
        problem.__cause__ = error
        return problem

    # ---- the end ----

    def _finish(self) -> None:
        if not self.ins[0].ended or self._open or self._finishing:
            return
        if self.crew.starting:
            return  # one that can't start is told, whatever there was to do
        if self.runner.error is None and self.spec.has_end:
            self._finishing = True
            self.crew.finish()
        else:
            self.end()

    def finished(self, future: "troupe.Future[Any]", again: Any) -> None:
        """What reduce() has at last has come, or its replica was lost."""
        error = future.exception(0)
        if isinstance(error, (troupe.ActorStopped, troupe.ActorKilled)):
            again()
            return
        if error is not None:
            self.fail(self._stage_error(-1, [], error))
            return
        outs, seconds, *_ = future.result(0)
        self.stats.busy += seconds
        self._emit(Batch(-1, [], self.spec.ways), outs)
        self.end()
