# SPDX-License-Identifier: Apache-2.0
"""Access logs in the combined format: making them up, and adding them up."""

import math
import random
import re
from collections import Counter
from datetime import datetime, timedelta

_LINE = re.compile(
    rb'\S+ \S+ \S+ \[\d\d/\w{3}/\d{4}:(\d\d):[^\]]*\] '
    rb'"(?:\w+) ([^" ?]*)[^"]*" (\d)\d\d (\d+|-)'
)
_PAGES = [b"/", b"/search", b"/cart", b"/login", b"/help", b"/favicon.ico"]
_PAGES += [b"/item/%d" % n for n in range(200)]
_STATUSES, _STATUS_WEIGHTS = (200, 304, 301, 404, 500), (80, 10, 3, 6, 1)
_DAY = datetime(2026, 3, 2)


def summary_of(chunk):
    """What `chunk`, some whole lines, adds up to."""
    hours, pages, classes, sent, lines = Counter(), Counter(), Counter(), 0, 0
    for hour, page, status, size in _LINE.findall(chunk):
        hours[hour, status] += 1
        pages[page] += 1
        classes[status] += 1
        sent += 0 if size == b"-" else int(size)
        lines += 1
    unread = chunk.count(b"\n") - lines
    return hours, pages, classes, sent, unread


def merged(total, part):
    """Both summaries in one; `total` is used up."""
    for mine, more in zip(total[:3], part[:3]):
        mine.update(more)
    return *total[:3], total[3] + part[3], total[4] + part[4]


NOTHING = (Counter(), Counter(), Counter(), 0, 0)


def made_up(seed, lines=10_000):
    """So many lines of one day, busiest in the evening."""
    dice = random.Random(seed)
    weights = [2 + math.sin((hour - 13) / 24 * 2 * math.pi) for hour in range(24)]
    # Few pages get most of the visits.
    popular = [1 / (1 + n) for n in range(len(_PAGES))]
    hours = dice.choices(range(24), weights, k=lines)
    pages = dice.choices(_PAGES, popular, k=lines)
    statuses = dice.choices(_STATUSES, _STATUS_WEIGHTS, k=lines)
    return b"".join(map(_line, [dice] * lines, sorted(hours), pages, statuses))


def _line(dice, hour, page, status):
    when = _DAY + timedelta(hours=hour, seconds=dice.randrange(3600))
    return b'10.%d.%d.%d - - [%s +0000] "GET %s HTTP/1.1" %d %d "-" "curl/8.5"\n' % (
        dice.randrange(256), dice.randrange(256), dice.randrange(256),
        when.strftime("%d/%b/%Y:%H:%M:%S").encode(), page, status,
        0 if status == 304 else dice.randrange(200, 40_000))
