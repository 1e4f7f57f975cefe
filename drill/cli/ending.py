"""What ends a drill before its time: Ctrl-C, SIGTERM, SIGHUP, and its own limit."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from drill.errors import OutOfTime

_INTERRUPTED = 130
_SAME = 0.5  # seconds: `timeout` and others send one signal to the process and then to its group
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interrupted(says: Callable[[], str]) -> Iterator[None]:
    """What an interrupt left behind, for whoever is told of it."""
    try:
        yield
    except OutOfTime:
        raise
    except KeyboardInterrupt:
        raise KeyboardInterrupt(says()) from None


class Ending:
    """The first signal ends a drill, which is then undone; a second one ends the program, and the watchdog undoes."""

    def __init__(self, limit: float | None) -> None:
        self._limit = limit
        self._heard: float | None = None

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Signals and the limit end what is done inside; a signal that somebody (nohup) wants ignored does not."""
        before = {each: signal.getsignal(each) for each in (*_SIGNALS, signal.SIGALRM)}
        for each in _SIGNALS:
            if before[each] is not signal.SIG_IGN:
                signal.signal(each, self._interrupt)
        signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, self._limit or 0.0)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            for each, act in before.items():
                signal.signal(each, act)

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._heard is None:
            self._heard = now
            raise KeyboardInterrupt
        if now - self._heard > _SAME:
            os._exit(_INTERRUPTED)  # nothing more is written or undone here

    def _ring(self, _signal: int, _frame: FrameType | None) -> None:
        if self._heard is None:
            raise OutOfTime(f"the drill took longer than --timeout allows ({self._limit or 0:g} s)")
