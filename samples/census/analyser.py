# SPDX-License-Identifier: Apache-2.0
"""The second stage, as many of them as there are cores: measures files."""

import measure
import troupe

_root = _walker = _collector = None


def started(root, walker, collector):
    global _root, _walker, _collector
    _root, _walker, _collector = root, walker, collector


@troupe.handler
def analyse(paths):
    # Asked for now, the next batch is here when this one is done.
    _walker.tell.next_batch(troupe.context.self)
    count = measure.empty()
    for path in paths:
        measure.merge(count, measure.measure(_root, path))
    _collector.tell.add(count)
