"""Two clocks in one: the wall says when, the stopwatch says how long."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from drill.errors import NotInTime, StepFailed

T = TypeVar("T")


class Clock:
    """One for each drill; every duration of the drill is a difference of its `elapsed`."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._began = time.time()

    def now(self) -> datetime:
        """Wall time, for people to read; never subtracted."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Seconds since the drill began; does not jump when the machine's time is corrected."""
        return time.monotonic() - self._started

    def stepped(self) -> float:
        """Seconds by which the wall clock was set forward (or, negative, back) since the drill began."""
        return (time.time() - self._began) - self.elapsed()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def instant(written: str) -> datetime:
    """A date, a time and its zone; ValueError where one of them lacks, with how to write it."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ValueError("write a date, a time and its zone, as 2026-11-24T12:00:00+00:00")
    return at


def wait_until(
    what: str, ask: Callable[[], T | None], *, deadline: float, hint: str | Callable[[], str], every: float = 0.02
) -> T:
    """Ask again and again until the answer is something other than None or False, and return it.

    `ask` may raise StepFailed for "not yet": its text is the last state seen. Raises NotInTime after `deadline`
    seconds, with a hint that may be worked out only then.
    """
    ends = time.monotonic() + deadline
    seen = "no answer"
    while True:
        try:
            answer = ask()
            if answer is not None and answer is not False:
                return answer
        except StepFailed as not_yet:
            seen = str(not_yet)
        if time.monotonic() >= ends:
            told = hint if isinstance(hint, str) else hint()
            raise NotInTime(f"{what}: not within {deadline:g} s; last seen: {seen}", hint=told)
        time.sleep(every)
