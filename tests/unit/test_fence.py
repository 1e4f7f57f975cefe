"""What is known of the fence: only who began to try home after it came back proves that it held."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from drill import checks
from drill.ledger import Outcome
from drill.parts import HomeTries, Lost
from drill.response import STALE_FOR, Response
from drill.timeline import Timeline
from drill.verdict import Verdict
from tests.unit.pieces import StoppedClock
from tests.unit.stories import GOOD, LEDGER, STALE, event, told, with_events, without

RESPONSE = Response.model_validate({"declare": {"by": "officer", "after": "2s"}})


def test_who_began_before_home_came_back_proves_nothing() -> None:
    """Home came back at 30 s: his patience ended after that, but what kept him waiting was a dead home."""
    early = told(GOOD, (*LEDGER[:-1], replace(STALE, sent=29.9, ended=30.9)))
    (finding,) = checks.single_home(early)
    assert (finding.verdict, finding.actual) == (Verdict.UNKNOWN, "nobody tried home after it came back")
    (finding,) = checks.single_home(GOOD)
    assert finding.verdict is Verdict.MET


def test_what_a_fence_answered_that_is_no_fence_is_quoted() -> None:
    doubted = event(32, "fence unproven", answer="land: cannot execute INSERT in a read-only transaction")
    (finding,) = checks.single_home(with_events(without(GOOD, "fence proven"), doubted))
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.actual == "the fence was not proven: land: cannot execute INSERT in a read-only transaction"


class Around:
    """Home, alive or not, and the stale citizens who try it."""

    name, listened = "home", None

    def __init__(self, alive: bool, says: str = STALE.says) -> None:
        self.alive, self.says, self.asked = alive, says, list[float]()
        self.cable = self

    def is_writable(self) -> bool:
        return self.alive

    def count(self, _: str) -> dict[str, int]:
        return {}

    def try_home_again(self, _: Lost, lasting: float) -> HomeTries:
        self.asked.append(lasting)
        each = replace(STALE, outcome=Outcome.FAILED, says=self.says)
        return HomeTries((each,), (each, each, each))


def proven(around: Any) -> Any:
    timeline = Timeline(cast("Any", StoppedClock()))
    RESPONSE.prove_fence(around, None, around, timeline)
    return timeline.events[-1]


@pytest.mark.parametrize("alive", [True, False])
def test_a_home_that_is_alive_is_tried_for_some_seconds(alive: bool) -> None:
    around = Around(alive, "no answer in time")
    event = proven(around)
    assert around.asked == [STALE_FOR if alive else 0.0]
    assert (event.what, event.facts["old"], event.facts["new"], event.facts["alone"]) == (
        "fence proven",
        1,
        3,
        not alive,
    )
    assert "1 tries over old connections and 3 over new ones met silence" in event.facts["how"]
    assert ("home is not alive" in event.facts["how"]) is not alive


def test_what_many_were_answered_is_told_once() -> None:
    event = proven(Around(True, "connection refused"))
    assert (event.what, event.facts["answer"]) == ("fence unproven", "land: connection refused")
