"""Whether registers still know each other's people: judged only where they come from one moment."""

from dataclasses import replace
from typing import Any

import pytest

from drill import checks
from drill.evidence import Evidence
from drill.verdict import Finding, Verdict
from tests.unit.stories import AT_EMBASSY, AT_HOME, GATE, GOOD, event, held, receipt, with_events, without

MET, MISSED, UNKNOWN = Verdict.MET, Verdict.MISSED, Verdict.UNKNOWN
RECEIPTS = tuple(receipt(e) for e in (*AT_HOME, *AT_EMBASSY, GATE))


def strange(kind: str, count: int, **chosen: Any) -> Evidence:
    """Two registers, recovered from a copy of that kind, where land names so many strangers."""
    two = replace(GOOD, lost=frozenset({"land", "population"}))
    holdings = {"land": held(*RECEIPTS, strangers={"title.owner": count}), "population": held()}
    copied = event(1, "established", copy="c", kind=kind), event(14, "version chosen", copy="c", **chosen)
    return with_events(replace(without(two, "established", "version chosen"), holdings=holdings), *copied)


def agreed(evidence: Evidence) -> Finding:
    return next(f for f in checks.agreement(evidence) if f.register == "land")


def part_of_home(strangers: int) -> Evidence:
    """Land was recovered from a standby, population stayed at home, and land names so many strangers."""
    whole = strange("streaming", strangers)
    holdings = {**whole.holdings, "population": held(site="home")}
    both = dict.fromkeys(("land", "population"), GOOD.objectives["land"])
    return replace(whole, lost=frozenset({"land"}), objectives=both, holdings=holdings)


@pytest.mark.parametrize(
    ("evidence", "verdict", "why"),
    [
        (part_of_home(0), MET, "1 references, all known (some registers stayed at home)"),
        (part_of_home(3), MET, "title.owner: 3 rows; some registers stayed at home, so this is not judged"),
        (strange("streaming", 0), MET, "1 references, all known"),
        (strange("streaming", 3), MISSED, "title.owner: 3 rows"),
        (strange("dump", 3, snapshots_skew_s=0.5), MET, "0.50 s apart, so this is not judged"),
        (without(strange("streaming", 3), "version chosen"), UNKNOWN, "not known"),
        (replace(strange("streaming", 3), holdings={"land": held()}), UNKNOWN, "never compared"),
        (replace(strange("streaming", 3), holdings={}), UNKNOWN, "never surveyed"),
    ],
)
def test_agreement(evidence: Evidence, verdict: Verdict, why: str) -> None:
    finding = agreed(evidence)
    assert finding.verdict is verdict
    assert why in finding.actual


def test_a_register_alone_has_nothing_to_agree_with() -> None:
    assert list(checks.agreement(GOOD)) == []


def both(kind: str = "streaming", **strangers: int) -> Evidence:
    """Two lost registers, recovered from a copy of that kind; land names these strangers."""
    named = {f"title.{column}": count for column, count in strangers.items()}
    evidence = strange(kind, 0)
    return replace(evidence, holdings={"land": held(*RECEIPTS, strangers=named), "population": held()})


def test_who_is_unknown_is_told_by_reference() -> None:
    assert agreed(both(owner=2, heir=0, bank=1)).actual == (
        "title.bank: 1 rows, title.owner: 2 rows; one state of all registers"
    )
    assert agreed(both(owner=0, heir=0)).actual == "2 references, all known (one state of all registers)"
    assert agreed(with_events(both(), event(60, "compared"))).verdict is MET
    assert agreed(both()).verdict is UNKNOWN  # nobody compared anything


def test_the_copy_is_the_one_that_was_chosen() -> None:
    other = with_events(both("dump", owner=2), event(0.5, "established", copy="other", kind="streaming"))
    assert agreed(other).verdict is MET
    assert "an unknown time apart" in agreed(other).actual
    assert agreed(without(both(owner=2), "established")).actual.endswith("; the kind of the copy is not known")
    assert agreed(without(both(owner=2), "version chosen")).actual.endswith("; which copy was recovered is not known")
