"""Who notices the disaster, and when it is declared."""

from __future__ import annotations

from typing import Any, cast

import pytest

from drill.errors import NotInTime, StepFailed
from drill.response import Response
from drill.timeline import Timeline
from tests.unit.pieces import StoppedClock

RESPONSE = Response.model_validate({"declare": {"by": "officer", "after": "2s"}})


class Eyes:
    """A watch that sees home fail at that instant, or never."""

    def __init__(self, clock: StoppedClock, sees_at: float | None) -> None:
        self.clock, self.sees_at = clock, sees_at

    def wait_until_detected(self, deadline: float) -> float:
        assert deadline >= 0
        if self.sees_at is None or self.sees_at > self.clock.t + deadline:
            self.clock.t += deadline
            raise NotInTime("nothing seen", hint="")
        self.clock.t = max(self.clock.t, self.sees_at)
        return self.sees_at


class Nervous(Eyes):
    """Takes back what it sees at once; the first time only."""

    def __init__(self, timeline: Timeline, clock: StoppedClock, sees_at: float) -> None:
        super().__init__(clock, sees_at)
        self.timeline = timeline

    def wait_until_detected(self, deadline: float) -> float:
        seen = super().wait_until_detected(deadline)
        self.timeline.record("watch", "false alarm")
        self.sees_at = None
        return seen


class Struck:
    """An outage that began at 10 s."""

    def __init__(self, discovered_after: float | None) -> None:
        self.discovered_after = discovered_after


def noticed(after: float | None, sees_at: float | None, until: float = 10.0) -> list[tuple[float, str]]:
    """When what was told; the strike itself was done at `until`."""
    clock: Any = StoppedClock()
    timeline = Timeline(clock)
    clock.t = 10.0
    timeline.record("outage", "struck")
    clock.t = until
    RESPONSE.notice(cast("Any", Struck(after)), cast("Any", Eyes(clock, sees_at)), timeline)
    assert {e.facts.get("by") for e in timeline.events if e.who == "response"} == {"officer"}
    return [(e.elapsed, e.what) for e in timeline.events if e.who == "response"]


@pytest.mark.parametrize(
    ("after", "sees_at", "until", "told"),
    [
        (None, 11.0, 10.0, [(13.0, "declared")]),
        (8.0, None, 10.0, [(18.0, "discovered"), (20.0, "declared")]),
        (8.0, 19.0, 10.0, [(18.0, "discovered"), (20.0, "declared")]),
        (8.0, 12.0, 10.0, [(14.0, "declared")]),  # the watch was quicker
        (8.0, None, 30.0, [(30.0, "discovered"), (32.0, "declared")]),  # not before the strike itself is done
        (0.0, None, 10.0, [(10.0, "discovered"), (12.0, "declared")]),
    ],
)
def test_what_no_watch_sees_is_discovered(
    after: float | None, sees_at: float | None, until: float, told: list[tuple[float, str]]
) -> None:
    assert noticed(after, sees_at, until) == told


def test_what_the_watch_takes_back_is_no_discovery() -> None:
    clock: Any = StoppedClock()
    timeline = Timeline(clock)
    clock.t = 10.0
    timeline.record("outage", "struck")
    RESPONSE.notice(cast("Any", Struck(8.0)), cast("Any", Nervous(timeline, clock, 12.0)), timeline)
    told = [(e.elapsed, e.what) for e in timeline.events]
    assert told[1:] == [(12.0, "false alarm"), (18.0, "discovered"), (20.0, "declared")]


@pytest.mark.parametrize("after", [None, 8.0])
def test_a_home_that_was_missed_before_it_was_struck_is_no_beginning(after: float | None) -> None:
    with pytest.raises(StepFailed, match=r"already missed 0\.50 s before it was struck"):
        noticed(after, 9.5)


def test_what_the_watch_must_see_and_does_not_ends_the_drill() -> None:
    with pytest.raises(NotInTime):
        noticed(None, None)
