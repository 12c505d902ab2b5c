# SPDX-License-Identifier: Apache-2.0
"""An actor that imports a module, and tells what that costs.

For `troupe doctor`. It imports nothing itself that would count as the module's.
"""

from time import perf_counter
from types import ModuleType

import troupe
from troupe import _actor


@troupe.handler
def measure(module_name: str) -> tuple[float, int]:
    """(seconds, bytes) that it takes to import a module here."""
    memory, start = _memory(), perf_counter()
    load(module_name, False)
    return perf_counter() - start, max(0, _memory() - memory)


def load(name: str, private: bool) -> ModuleType:
    """As a spawn does it; a refusal says which extension refuses."""
    try:
        return _actor._load(name, private)
    except ImportError as error:
        from troupe import _refusal

        why = _refusal.explain(error, name)
        if why is None:
            raise
        raise ImportError(why) from error


def _memory() -> int:
    """What this process holds that is its own, in bytes."""
    with open("/proc/self/smaps_rollup", encoding="ascii") as file:
        sizes = [line.split() for line in file if line.startswith("Private_")]
    return 1024 * sum(int(words[1]) for words in sizes)
