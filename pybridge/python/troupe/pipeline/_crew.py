# SPDX-License-Identifier: Apache-2.0
"""The replicas of a segment: started, replaced when lost, as many as are needed."""

from time import monotonic
from typing import TYPE_CHECKING, Any

import troupe
from troupe.pipeline._errors import PipelineError
from troupe.pipeline._replica import Batch, Replica
from troupe.pipeline._worker import Worker

if TYPE_CHECKING:
    from troupe.pipeline._segment import Segment

TRIES = 5  # replicas that may be lost on the same batch
TRIES_TO_START = 100  # while somebody kills them as fast as they come
HUNGRY = 0.05  # seconds without a free replica after which there is one more
BLOCKED = 0.005  # seconds without room after which those behind are the slower ones
LOOK = 0.5  # seconds with a free replica after which there is one less


class Crew:
    def __init__(self, segment: "Segment") -> None:
        self._segment = segment
        self._spec = segment.spec
        self.replicas: list[Replica] = []
        self._later: dict[Replica, list[Batch]] = {}
        self._numbers = 0
        self._free_at = self._look = monotonic()  # of scale()
        self._blocked: float | None = None  # since when one is free without room
        self._busiest = 0
        self._waking = False
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
        if self.awaits:
            self._segment.size = self._spec.width

    def close(self) -> None:
        for replica in self.replicas:
            if replica.sent:
                replica.ref.kill()
            else:
                replica.ref.stop()
        for replica in self.replicas:
            replica.ref.join(5)
        self.replicas.clear()
        self._later.clear()

    # ---- who is next ----

    def free(self, full: bool) -> Replica | None:
        """Who may have a batch; a second one in advance only if it is a full one."""
        self._replace_dead()
        credit = 2 if full and not self._segment.slow else 1
        best = None
        for replica in self.replicas:
            waiting = len(replica.sent)
            if replica.dead or waiting >= credit:
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
        fresh = self._add(replica)
        if fresh is None:
            return
        if self._keeps:
            for batch in sorted(back, key=lambda each: each.number):
                self._segment.send(fresh, batch)
        else:
            self._segment.again(back)

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

    def scale(self) -> None:
        """One more when none was free for a while and batches wait; one less when
        one was free all the time."""
        least, most = self._spec.parallel
        if least == most:
            return
        now = monotonic()
        at_work = sum(bool(replica.sent) for replica in self.replicas)
        self._busiest = max(self._busiest, at_work)
        self._note_free(now, at_work < self.count)
        if now - self._free_at > HUNGRY and self.count < most:
            if self._segment.ins[0].size >= self._segment.size:
                self._free_at = now
                self._add()
        if now > self._look:
            self._review(now, least)

    def _note_free(self, now: float, free: bool) -> None:
        # While there is no room behind it, one is free for a moment after each
        # batch; that counts only if the moment is long.
        if self._blocked is not None and now - self._blocked > BLOCKED:
            self._free_at = now
        if not free:
            self._blocked = None
        elif self._segment.room > 0:
            self._free_at = now
        elif self._blocked is None:
            self._blocked = now

    def _review(self, now: float, least: int) -> None:
        if self._busiest < self.count and self.count > least:
            self._retire()
        self._busiest, self._look = 0, now + LOOK
        self._wake(now)

    def _wake(self, now: float) -> None:
        """scale() again, also if nothing else happens meanwhile."""
        if not self._waking and not self._segment.over:
            self._waking = True

            def over() -> None:
                self._waking = False
                self._wake(monotonic())

            self._segment.runner.events.look_at(now + HUNGRY + 0.001, over)

    def _retire(self) -> None:
        idle = [r for r in self.replicas if not (r.sent or r.waiting or r.dead)]
        if idle:
            self.replicas.remove(idle[-1])
            idle[-1].ref.stop()
            self._segment.stats.replicas = self.count

    def _add(self, before: Replica | None = None) -> Replica | None:
        """One more, or one in the place of another; None if it can't start."""
        replica = self._start_one(before)
        if replica is None:
            return None
        self._recall(replica)
        self.replicas.append(replica)
        stats = self._segment.stats
        stats.replicas, stats.peak = self.count, max(stats.peak, self.count)
        return replica

    def _start_one(self, before: Replica | None) -> Replica | None:
        for tries in range(TRIES_TO_START):
            try:
                return self._spawn(before)
            except (troupe.TroupeError, troupe.ActorKilled) as error:
                if tries + 1 < TRIES_TO_START and _was_killed(error):
                    continue
                self._cant_start(error)
                return None
        return None

    def _spawn(self, before: Replica | None) -> Replica:
        self._numbers += 1
        spec, runner = self._spec, self._segment.runner
        ref = runner.system.spawn(
            Worker,
            spec.packed,
            spec.keyed,
            spec.ways,
            spec.width,
            name=f"{runner.name}-{runner.number}/{spec.name}#{self._numbers}",
            home=spec.home,
        )
        replica = Replica(ref, before)
        info = replica.ask.info().result(60)
        self.awaits = info["awaits"]
        self._keeps = self._keeps or info["keeps"]
        return replica

    def _cant_start(self, error: BaseException) -> None:
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
            if self._add(replica) is not None:
                self.finish()

        self._segment.runner.events.when_done(
            future, lambda: self._segment.finished(future, again)
        )


def _was_killed(error: BaseException) -> bool:
    """While it was starting, or just after."""
    kinds = (troupe.ActorStopped, troupe.ActorKilled)
    if isinstance(error, troupe.SpawnError):  # the code's own failure is the cause
        return error.__cause__ is None or isinstance(error.__cause__, kinds)
    return isinstance(error, kinds)
