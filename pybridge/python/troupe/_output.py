# SPDX-License-Identifier: Apache-2.0
"""About stdout. Imported when something is wrong with it."""


def reader_is_gone() -> bool:
    """Whether stdout is a pipe that nobody reads from any more.

    Every print then raises BrokenPipeError, in each actor; one who stopped
    reading (`| head`) knows, and wants no tracebacks.
    """
    import select

    poll = select.poll()
    poll.register(1, 0)  # errors are always told
    return any(what & select.POLLERR for _, what in poll.poll(0))
