# SPDX-License-Identifier: Apache-2.0
"""The replicas of a segment: started, replaced when lost, as many as are needed."""

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

import troupe
from troupe.pipeline._errors import PipelineError
from troupe.pipeline._replica import Batch, Replica
from troupe.pipeline._worker import Worker

if TYPE_CHECKING:
    from troupe.pipeline._segment import Segment

TRIES = 5  # replicas that may be lost on the same batch
TRIES_TO_START = 100  # while somebody kills them as fast as they come


class Crew:
    def __init__(self, segment: "Segment") -> None:
        self._segment = segment
        self._spec = segment.spec
        self.replicas: list[Replica] = []
        self._later: dict[Replica, list[Batch]] = {}
        self._numbers = count(1)
        self.starting: int = 0  # so many will come, or fail to
        self._landed: set[Replica] = set()  # started, and the runner hasn't seen it
        self.awaits = False
        self._keeps = self._spec.stateful
        self.most = self._spec.parallel[1]

    @property
    def count(self) -> int:
        return len(self.replicas)

    @property
    def capacity(self) -> int:
        return max(1, 2 * len(self.replicas))

    def start(self) -> None:
        for _ in range(self._spec.parallel[0]):
            self._add()

    def rest(self) -> None:
        """There is nothing more to do: those that are at rest may end meanwhile."""
        for replica in self.replicas:
            if not (replica.sent or replica.waiting):
                replica.ref.stop()

    def close(self) -> None:
        left = [*self.replicas, *self._landed]
        for replica in left:
            if replica.sent:
                replica.ref.kill()
            else:
                replica.ref.stop()
        for replica in left:
            replica.ref.join(5)
        self.replicas.clear()
        self._landed.clear()
        self._later.clear()

    # ---- who is next ----

    def free(self, full: bool, before: int | None = None) -> Replica | None:
        """Who may have a batch; a second one in advance only if it is a full one.

        In order, one that is sent again (number `before`) may not wait behind a
        later one: the rest of that is asked for when all before it are done. The
        replica that replaces the lost one has none.
        """
        self._replace_dead()
        credit = 2 if full and not self._segment.slow else 1
        best = None
        for replica in self.replicas:
            waiting = len(replica.sent)
            if replica.dead or waiting >= credit:
                continue
            if before is not None and any(b.number > before for b in replica.sent):
                continue
            if best is None or waiting < len(best.sent):
                best = replica
        return best

    def _replace_dead(self) -> None:
        """Those that have ended at rest: no batch is to be lost, or counted, for them."""
        for replica in list(self.replicas):
            if not (replica.sent or replica.waiting or replica.dead or replica.ref.alive):
                replica.dead = True
                self.replace(replica)

    def later(self, replica: Replica, batch: Batch) -> None:
        self._later.setdefault(replica, []).append(batch)

    def resume(self, replica: Replica) -> None:
        """The batch whose rest it had is over: now those that were held up."""
        for batch in self._later.pop(replica, ()):
            if not replica.dead:
                replica.sent.remove(batch)
                self._segment.send(replica, batch)

    # ---- loss ----

    def lose(self, replica: Replica, error: BaseException) -> None:
        """Replaced as soon as nothing is awaited from it any more."""
        replica.dead = True
        replica.lost = error

    def replace(self, replica: Replica) -> None:
        """All that it owed has come or is lost: another one takes its place."""
        if replica not in self.replicas:
            return
        self.replicas.remove(replica)
        self._later.pop(replica, None)
        back = self._judge(replica)
        if self._segment.over or self._segment.runner.cancelled:
            return
        self._segment.stats.restarts += 1
        if not self._keeps:
            self._segment.again(back)
            back = []

        def arrived(fresh: Replica) -> None:
            for batch in sorted(back, key=lambda each: each.number):
                self._segment.send(fresh, batch)

        self._add(replica, arrived)

    def _judge(self, replica: Replica) -> list[Batch]:
        """Those that are to be sent again. An actor takes its messages in order: so
        it may have been at work on the first that it owes, and on no other."""
        back = []
        for place, batch in enumerate(replica.sent):
            batch.rest = False
            if place == 0 and self._spec.at_most_once:
                self._segment.drop(batch)
                continue
            batch.tries += place == 0
            if batch.tries >= max(TRIES, self._spec.max_restarts + 1):
                self._segment.give_up(batch, replica.lost)
            else:
                back.append(batch)
        return back

    # ---- what replicas remember ----

    def remember(self, replica: Replica, batch: Batch) -> None:
        if not self._keeps:
            return
        replica.note(batch)
        if replica.journalled >= replica.threshold and not replica.saving:
            replica.saving = True
            before = self._segment._next
            future = replica.ask.snapshot()
            self._segment.runner.events.when_done(
                future, lambda: self._saved(replica, before, future)
            )

    def _saved(
        self, replica: Replica, before: int, future: "troupe.Future[Any]"
    ) -> None:
        error = future.exception(0)
        if error is None:
            replica.saving = False
            if (saved := future.result(0)) is not None:
                replica.forget(before, *saved)
        elif not isinstance(error, (troupe.ActorStopped, troupe.ActorKilled)):
            problem = PipelineError(
                f"what stage {self._segment.name!r} remembers can't be saved: {error}"
            )
            problem.__cause__ = error
            self._segment.fail(problem)

    def _recall(self, replica: Replica) -> None:
        if replica.saved is not None:
            replica.ask.restore(replica.saved)
        replay = replica.ask.replay_async if self.awaits else replica.ask.replay
        for _, items in replica.journal:
            replay(items)

    # ---- more and fewer ----

    def add(self) -> None:
        """One more."""
        self._add()

    def retire(self) -> None:
        """One less, if one is at rest."""
        idle = [r for r in self.replicas if not (r.sent or r.waiting or r.dead)]
        if idle:
            self.replicas.remove(idle[-1])
            idle[-1].ref.stop()
            self._segment.stats.replicas = self.count

    # ---- starts ----

    def _add(
        self,
        before: Replica | None = None,
        then: Callable[[Replica], None] = lambda replica: None,
    ) -> None:
        """One more, or one in the place of another; `then` when it is there."""
        self.starting += 1
        runner = self._segment.runner
        spawn = runner.system.spawn

        def start() -> None:
            try:
                replica, info = self._start_one(spawn, before)
            except Exception as error:
                failed = error  # the other name ends with the block
                runner.events.call(lambda: self._cant_start(failed))
                return
            self._landed.add(replica)
            if runner.starter.closed:
                replica.ref.kill()
            runner.events.call(lambda: self._arrived(replica, info, then))

        runner.starter.call(start)

    def _arrived(
        self, replica: Replica, info: dict[str, Any], then: Callable[[Replica], None]
    ) -> None:
        self.starting -= 1
        self._landed.discard(replica)
        self.replicas.append(replica)
        if info["awaits"] and not self.awaits:
            self._segment.size = self._spec.width
        self.awaits = info["awaits"]
        self._keeps = self._keeps or info["keeps"]
        stats = self._segment.stats
        stats.replicas, stats.peak = self.count, max(stats.peak, self.count)
        self._recall(replica)
        then(replica)

    def _start_one(
        self, spawn: Any, before: Replica | None
    ) -> tuple[Replica, dict[str, Any]]:
        """Not on the runner's thread: waits until it has started, or raises."""
        for _ in range(TRIES_TO_START - 1):
            try:
                return self._spawn(spawn, before)
            except (troupe.TroupeError, troupe.ActorKilled) as error:
                if self._segment.runner.starter.closed or not _was_killed(error):
                    raise
        return self._spawn(spawn, before)

    def _spawn(
        self, spawn: Any, before: Replica | None
    ) -> tuple[Replica, dict[str, Any]]:
        spec, runner = self._spec, self._segment.runner
        ref = spawn(
            Worker,
            spec.packed,
            spec.keyed,
            spec.ways,
            spec.width,
            name=f"{runner.name}-{runner.number}/{spec.name}#{next(self._numbers)}",
            home=spec.home,
        )
        replica = Replica(ref, before)
        return replica, replica.ask.info().result(60)

    def _cant_start(self, error: BaseException) -> None:
        self.starting -= 1
        if self._segment.over:
            return
        problem = PipelineError(f"stage {self._segment.name!r} can't start: {error}")
        problem.__cause__ = error.__cause__ or error
        self._segment.fail(problem)

    # ---- the end ----

    def finish(self) -> None:
        """Asks for what reduce() has at last; again if the replica is lost."""
        replica = self.replicas[0]
        future = replica.ask.finish()

        def again() -> None:
            self.replicas.remove(replica)
            self._segment.stats.restarts += 1
            self._add(replica, lambda fresh: self.finish())

        self._segment.runner.events.when_done(
            future, lambda: self._segment.finished(future, again)
        )


def _was_killed(error: BaseException) -> bool:
    """While it was starting, or just after."""
    kinds = (troupe.ActorStopped, troupe.ActorKilled)
    if isinstance(error, troupe.SpawnError):  # the code's own failure is the cause
        return error.__cause__ is None or isinstance(error.__cause__, kinds)
    return isinstance(error, kinds)
