"""What the tests stand on: real hosts. Without a Docker engine its tests are skipped, or fail where it is required."""

import os
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from typing import Any

import pytest

from drill.errors import DrillError
from drill.hosts import binaries, engine
from drill.hosts.container import ContainerPremises, choose
from drill.hosts.process import ProcessPremises
from tests.fix_lanes import pytest_runtest_protocol
from tests.fix_own_data import somewhere
from tests.fix_site import broken, filled, sites
from tests.fix_trial import site, trial

# a hook, and fixtures: servers that tests share
__all__ = ["broken", "filled", "pytest_runtest_protocol", "site", "sites", "somewhere", "trial"]


@cache
def _no_engine() -> str | None:
    """Why there are no Docker tests; None when there is an engine."""
    try:
        engine.connect(timeout=10).close()
    except DrillError as absent:
        return f"{absent}; {absent.hint}"
    return None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Of tests in two lanes each would build the image that a new machine lacks, and take the other's away."""
    lanes = getattr(session.config.option, "numprocesses", None)
    if lanes and not hasattr(session.config, "workerinput") and _no_engine() is None:
        choose(why="a test")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("docker") is None or (why := _no_engine()) is None:
        return
    if os.environ.get("DRILL_REQUIRE_DOCKER") == "1":
        pytest.fail(f"Docker is required (DRILL_REQUIRE_DOCKER=1): {why}", pytrace=False)
    pytest.skip(why)


@pytest.fixture(scope="session")
def hosts() -> tuple[str, ...]:
    """Those that this machine has; all of them where Docker is required."""
    required = os.environ.get("DRILL_REQUIRE_DOCKER") == "1"
    return ("embedded", "docker") if required or _no_engine() is None else ("embedded",)


@pytest.fixture(scope="session", autouse=True)
def _history_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The history of whoever runs the tests stays as it is."""
    os.environ["DRILL_HISTORY_URL"] = f"sqlite:///{tmp_path_factory.mktemp('history')}/history.sqlite"


@pytest.fixture
def docker_client() -> Iterator[Any]:
    """A client of the local engine."""
    with closing(engine.connect()) as client:
        yield client


@pytest.fixture(scope="session")
def embedded_premises() -> ProcessPremises:
    """Two hosts that are processes of this machine."""
    return ProcessPremises(binaries.find(), why="a test")


@pytest.fixture(scope="session")
def docker_premises() -> ContainerPremises:
    """Two containers; the image is found, or built once."""
    return choose(why="a test")
