# SPDX-License-Identifier: Apache-2.0
"""What System.shutdown() answers."""


class ShutdownReport(list[str]):
    """The names of the actors that could not be ended; empty if all is well.

    killed: the names of those that didn't stop within the timeout, and were
        killed; those of the list are among them.
    drained: whether all that was queued has been handled; False if no drain was
        asked for.
    seconds: how long each phase took, {"drain": ..., "stop": ..., "kill": ...}.

    >>> report = system.shutdown(drain=5)  # doctest: +SKIP
    >>> if report:
    ...     print("left behind:", ", ".join(report))
    """

    def __init__(
        self,
        left: list[str],
        killed: list[str],
        drained: bool,
        seconds: dict[str, float],
    ) -> None:
        super().__init__(left)
        self.killed = killed
        self.drained = drained
        self.seconds = seconds
