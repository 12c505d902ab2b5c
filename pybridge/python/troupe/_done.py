# SPDX-License-Identifier: Apache-2.0
"""What troupe.wait() returns; imported when it is first needed."""

TYPE_CHECKING = False  # `typing` takes 10 ms to import
if TYPE_CHECKING:
    from typing import Generic, NamedTuple, TypeVar

    from troupe._core import Future

    T = TypeVar("T")

    class DoneAndNotDone(NamedTuple, Generic[T]):
        done: set[Future[T]]
        not_done: set[Future[T]]

else:
    from collections import namedtuple

    DoneAndNotDone = namedtuple("DoneAndNotDone", "done not_done")
