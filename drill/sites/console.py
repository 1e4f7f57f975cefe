"""The officer's own connection, which waits for no server for ever: one that is frozen heeds no timeout of its own."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg

Result = TypeVar("Result")
GRACE = 5.0  # seconds beyond the server's own timeout


class Console(psycopg.Connection[Any]):
    """A connection of psycopg in which each wait ends after `patience` seconds and a grace, with ConnectionTimeout."""

    patience = float("inf")

    def wait(self, gen: Generator[Any, Any, Result], *args: Any, **how: Any) -> Result:
        """As psycopg does, but not for ever; the connection is of no use afterwards."""
        try:
            return super().wait(_in_time(gen, self.patience + GRACE), *args, **how)
        except psycopg.errors.ConnectionTimeout:
            self.close()  # else its end would wait for the server once more, to roll back
            raise


def _in_time(steps: Generator[Any, Any, Result], patience: float) -> Generator[Any, Any, Result]:
    """The same steps of talking to the server, taken for so many seconds at most."""
    ends = time.monotonic() + patience
    try:
        wanted = next(steps)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > ends:
                raise psycopg.errors.ConnectionTimeout(f"no answer within {patience:g} s")
            wanted = steps.send(ready)
    except StopIteration as done:
        result: Result = done.value
        return result
