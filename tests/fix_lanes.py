"""Two lanes of tests share one machine. A test marked `alone` has it for itself: what it measures is its own doing."""

import fcntl
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """The wait for the machine comes before a test's time begins. Who waits for it alone lets nobody else in before."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    assert item.config.cache is not None
    lanes = item.config.cache.mkdir("lanes")
    with ExitStack() as machine:
        with _locked(lanes / "door", fcntl.LOCK_EX):
            alone = item.get_closest_marker("alone") is not None
            machine.enter_context(_locked(lanes / "machine", fcntl.LOCK_EX if alone else fcntl.LOCK_SH))
        return (yield)


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, how)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)  # for those, too, who were forked meanwhile
