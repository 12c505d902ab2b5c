# SPDX-License-Identifier: Apache-2.0
"""Fixtures for pytest: `pytest_plugins = ["troupe.testing.pytest_plugin"]` in a
conftest.py.

troupe_system: a TestSystem, which is ended after the test. Its seed is that of
    `pytest --troupe-seed=N`, or 0. A failure shows its trace.
troupe_probe: makes probes of it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from troupe.testing import Probe, TestSystem

_failed = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--troupe-seed",
        type=int,
        default=0,
        help="the seed of the fixture troupe_system: another order of events",
    )


@pytest.fixture
def troupe_system(request: pytest.FixtureRequest) -> Iterator[TestSystem]:
    """A TestSystem; what it still has to do at the end of the test is done."""
    system = TestSystem(request.config.getoption("--troupe-seed"))
    try:
        yield system
        if not request.node.stash.get(_failed, False) and not system.closing:
            system.wait_quiet()
    finally:
        left = system.shutdown()
    assert left == [], f"actors that could not be ended: {left}"


@pytest.fixture
def troupe_probe(troupe_system: TestSystem) -> Callable[..., Probe]:
    """Makes probes: troupe_probe("name")."""
    return troupe_system.probe


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    item.stash[_failed] = True
    system = getattr(item, "funcargs", {}).get("troupe_system")
    if system is not None:
        report.sections.append(("troupe", system.format_trace(40)))
