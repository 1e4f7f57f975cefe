"""P, S, M or U: each by its rule, and none without observation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drill.evidence import Evidence
from drill.judge import judged
from drill.objectives import Objectives
from drill.reports.ratings import Rating, ratings
from drill.result import Judged
from drill.verdict import DrillResult, Finding, Verdict
from tests.unit.stories import GOOD, LEDGER, event, held, receipt, told, with_events, without

MET, MISSED, UNKNOWN = Verdict.MET, Verdict.MISSED, Verdict.UNKNOWN
TIME, LOSS = "Bring every lost register back within its RTO", "Lose no more acknowledged work than the RPO allows"


def rated(run: Judged, objective: str) -> Rating:
    (rating,) = [each for each in ratings(run) if each.objective == objective]
    return rating


def of(*verdicts: Verdict) -> Rating:
    """The rating of a drill in which one check said this, with plenty of time to spare."""
    evidence = promised(GOOD, 1000.0)
    found = tuple(Finding("recovery_time", f"r{n}", verdict, "t", "a") for n, verdict in enumerate(verdicts))
    return rated(replace(judged(evidence), result=DrillResult("x", found)), TIME)


def promised(evidence: Evidence, rto: float) -> Evidence:
    return replace(evidence, objectives={"land": Objectives.model_construct(rto=rto, rpo=5.0)})


@pytest.mark.parametrize(
    ("verdicts", "letter"),
    [
        ([], "–"),  # noqa: RUF001
        ([MET], "P"),
        ([MET, UNKNOWN], "–"),  # noqa: RUF001
        ([UNKNOWN], "–"),  # noqa: RUF001
        ([MET, MISSED], "M"),
        ([MET, MISSED, UNKNOWN], "M"),
        ([MISSED, MISSED], "U"),
        ([MISSED, UNKNOWN], "U"),
    ],
)
def test_the_letter_is_what_the_findings_allow(verdicts: list[Verdict], letter: str) -> None:
    rating = of(*verdicts)
    assert rating.letter == letter
    assert bool(rating.challenges) is (MISSED in verdicts)
    assert bool(rating.strengths) is (letter == "P")


def test_a_time_that_was_nearly_used_up_was_met_with_challenges() -> None:
    rating = rated(judged(promised(GOOD, 16.0)), TIME)
    assert (rating.letter, rating.challenges) == ("S", ("land took more than 80% of its RTO",))
    assert rated(judged(promised(GOOD, 30.0)), TIME).letter == "P"


def test_a_false_alarm_is_a_challenge() -> None:
    assert rated(judged(with_events(promised(GOOD, 30.0), event(3, "false alarm"))), TIME).letter == "S"


def test_a_loss_within_the_objective_is_a_challenge_and_so_is_a_copy_that_fell_behind() -> None:
    kept = [receipt(e) for e in LEDGER if e.key != ("land", 1, 2) and e.citizen != 9]
    lossy = judged(told(GOOD, LEDGER, held(*kept)))
    assert rated(lossy, LOSS).letter == "S"
    assert rated(lossy, LOSS).challenges == ("land: 1 of 2 acknowledged transactions lost, within the RPO",)
    behind = judged(with_events(GOOD, event(5, "fell behind", copy="standby", reason="slow")))
    assert rated(behind, LOSS).challenges == ("the copy standby: fell behind",)


def test_what_is_not_proven_is_not_rated() -> None:
    run = judged(without(GOOD, "outage proven", "fence proven"))
    assert {each.objective: each.letter for each in ratings(run)}[TIME] == "–"  # noqa: RUF001
    assert "P" not in {rated(run, TIME).letter, rated(run, LOSS).letter}


def test_other_registers_are_rated_only_where_there_are_some() -> None:
    left = "Leave the other registers undisturbed"
    assert left not in [each.objective for each in ratings(judged(GOOD))]
    some = replace(GOOD, objectives={**GOOD.objectives, "business": GOOD.objectives["land"]})
    assert rated(judged(some), left).letter == "–"  # noqa: RUF001 - nobody tried anything there
