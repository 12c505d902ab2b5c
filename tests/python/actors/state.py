# SPDX-License-Identifier: Apache-2.0
"""State in a module's globals."""

import troupe

count = 0


@troupe.handler
def increment():
    global count
    count += 1
    return count


@troupe.handler
def where():
    import threading

    return threading.get_ident(), id(troupe)
