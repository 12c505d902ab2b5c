# SPDX-License-Identifier: Apache-2.0
"""A bar for each hour, as SVG: requests, stacked by the first digit of their status."""

_COLOURS = {b"2": "#4c9f70", b"3": "#5b8db8", b"4": "#e0a030", b"5": "#c0403a"}
_WIDTH, _HEIGHT, _BAR = 760, 320, 30


def drawn(hours):
    """`hours` counts requests by hour and class of status, both as in the log."""
    names = [b"%02d" % hour for hour in range(24)]
    totals = [sum(hours[name, status] for status in _COLOURS) for name in names]
    scale = (_HEIGHT - 60) / max(1, *totals)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        'font-family="sans-serif" font-size="11">',
        f'<text x="10" y="16">requests by hour, {max(totals):,} at most</text>',
    ]
    for place, name in enumerate(names):
        parts += _bar(10 + place * (_BAR + 1), name, hours, scale)
    for place, (status, colour) in enumerate(_COLOURS.items()):
        x = _WIDTH - 200 + 48 * place
        parts.append(f'<rect x="{x}" y="8" width="10" height="10" fill="{colour}"/>'
                     f'<text x="{x + 13}" y="17">{status.decode()}xx</text>')
    return "\n".join([*parts, "</svg>\n"])


def _bar(x, name, hours, scale):
    top = _HEIGHT - 20
    for status, colour in _COLOURS.items():
        height = hours[name, status] * scale
        top -= height
        yield (f'<rect x="{x}" y="{top:.1f}" width="{_BAR - 1}" height="{height:.1f}" '
               f'fill="{colour}"/>')
    yield f'<text x="{x + 8}" y="{_HEIGHT - 6}">{name.decode()}</text>'
