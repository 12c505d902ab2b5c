# SPDX-License-Identifier: Apache-2.0
"""Asking each of several actors: what ask_all() of routers and groups returns."""

from troupe import _core
from troupe._waiting import gather

TYPE_CHECKING = False  # `typing` takes 10 ms to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Refs = list["_core.Ref[Any]"]


class AskAll:
    """Asks all of a router's routees, or of a group's members, at once.

    >>> group.ask_all().total()
    {<troupe.Ref 'a'>: 3, <troupe.Ref 'b'>: 4}
    """

    __slots__ = ("_refs", "_return_exceptions", "_timeout")

    def __init__(
        self,
        whom: "_core.Router[Any] | _core.Group",
        *,
        timeout: float | None = None,
        return_exceptions: bool = False,
    ) -> None:
        self._refs: "Refs" = (
            whom.members() if isinstance(whom, _core.Group) else whom.routees()
        )
        self._timeout = timeout
        self._return_exceptions = return_exceptions

    def __call__(self, *args: "Any", **kwargs: "Any") -> "dict[_core.Ref[Any], Any]":
        return self._gather(lambda ask: ask(*args, **kwargs))

    def __getattr__(
        self, name: str
    ) -> "Callable[..., dict[_core.Ref[Any], Any]]":
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._gather(
            lambda ask: getattr(ask, name)(*args, **kwargs)
        )

    def _gather(
        self, request: "Callable[[Any], Any]"
    ) -> "dict[_core.Ref[Any], Any]":
        asked: "list[_core.Future[Any]]" = []
        try:
            for ref in self._refs:
                asked.append(request(self._ask_of(ref)))
            answers = gather(*asked, return_exceptions=self._return_exceptions)
        except BaseException:
            for future in asked:
                future.cancel()
            raise
        return dict(zip(self._refs, answers))

    def _ask_of(self, ref: "_core.Ref[Any]") -> "Any":
        if self._timeout is None:
            return ref.ask
        return ref.options(timeout=self._timeout).ask
