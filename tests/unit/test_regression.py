"""Slower than runs before it: each bound from both sides, and what an officer reads of it."""

from typing import Any

import pytest

from drill import checks
from drill.evidence import Evidence
from drill.verdict import Finding, Verdict
from tests.unit.stories import BEGAN, GOOD, event, instead, with_events

MET, MISSED, UNKNOWN = Verdict.MET, Verdict.MISSED, Verdict.UNKNOWN
BEFORE: dict[str, Any] = {"runs": 3, "limit": 0.25, "median_s": 12.0, "spread_s": 0.5}  # the good drill took 15 s


def beside(evidence: Evidence = GOOD, **other: Any) -> Finding:
    (found,) = checks.regression(instead(evidence, "began", **BEGAN, regress={**BEFORE, **other}))
    assert (found.check, found.register) == ("regression", "drill")
    assert found.says == (
        f"The recovery time beside comparable earlier runs: {found.actual}; the limit is {found.target}."
    )
    return found


def test_nobody_asked() -> None:
    assert list(checks.regression(GOOD)) == []
    assert list(checks.regression(instead(GOOD, "began", **BEGAN, regress=None))) == []


@pytest.mark.parametrize(("limit", "verdict"), [(0.25, MET), (0.2499, MISSED), (0.5, MET), (0.0, MISSED)], ids=str)
def test_a_recovery_may_take_longer_by_its_limit_and_no_more(limit: float, verdict: Verdict) -> None:
    assert beside(limit=limit).verdict is verdict
    assert beside(median_s=15.0, limit=0.0).verdict is MET


def test_the_limit_and_what_it_rests_on_are_told() -> None:
    found = beside()
    assert found.target == "at most 15.00 s: 25% over the median of 3 comparable runs"
    assert found.actual == "15.00 s; median 12.00 s, spread 0.50 s"


def test_too_few_runs_say_nothing() -> None:
    found = beside(runs=2, median_s=None, spread_s=None)
    assert (found.verdict, found.target, found.actual) == (UNKNOWN, "within 25% of the median", "2 of 3 earlier runs")
    assert beside(runs=0, median_s=1.0).verdict is UNKNOWN


def test_a_recovery_without_a_time_is_not_known_to_be_slower() -> None:
    found = beside(with_events(GOOD, event(26, "refused", register="land")))
    assert (found.verdict, found.actual) == (UNKNOWN, "no RTA; median 12.00 s, spread 0.50 s")
    assert found.target.startswith("at most 15.00 s")
