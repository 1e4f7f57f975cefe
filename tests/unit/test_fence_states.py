"""What the evidence proves of the fence, and of the strike: not only the verdict, but what it rests on."""

from dataclasses import replace

import pytest

from drill import checks
from drill.evidence import Evidence
from drill.ledger import SILENCE, Errand, Outcome
from drill.proofs import Fence, FenceState, at_database, behind, fence_of, ledger_gap, outage_gap, shortfall, struck_at
from tests.unit.stories import AT_DATABASE, GOOD, LEDGER, entry, event, instead, told, with_events, without

BOTH = replace(AT_DATABASE, lost=frozenset({"population", "land"}))


@pytest.mark.parametrize(
    ("evidence", "state"),
    [
        (GOOD, FenceState(Fence.PROVEN, "the fence was proven", alone=False, closed=())),
        (
            with_events(without(GOOD, "given back", "home is back"), event(29, "stays off")),
            FenceState(Fence.PROVEN, "the fence was proven", alone=True, closed=()),
        ),
        (
            instead(GOOD, "fence proven", new=1, alone=True),
            FenceState(Fence.PROVEN, "the fence was proven", alone=True),
        ),
        (BOTH, FenceState(Fence.PROVEN, "the fence was proven", closed=("land", "population"))),
        (without(GOOD, "fenced"), FenceState(Fence.UNPROVEN, "home was never fenced")),
        (without(GOOD, "fence proven"), FenceState(Fence.UNPROVEN, "the fence was not proven")),
        (with_events(GOOD, event(33, "fence broken")), FenceState(Fence.BROKEN, "home answered behind the fence: ")),
        (with_events(without(GOOD, "fenced"), event(14, "no fence")), FenceState(Fence.NONE, "there was no fence")),
        (
            with_events(without(GOOD, "fence proven"), event(32, "fence unproven")),
            FenceState(Fence.UNPROVEN, "the fence was not proven: "),
        ),
    ],
)
def test_the_state_of_the_fence(evidence: Evidence, state: FenceState) -> None:
    assert fence_of(evidence) == state


def test_the_words_for_a_fence_that_reports_read_do_not_change() -> None:
    assert list(Fence) == ["proven", "none", "broken", "unproven"]


def test_every_closed_database_is_named() -> None:
    (finding,) = checks.single_home(BOTH)
    assert finding.actual == "fence proven at the database of land, population, against a living home"
    assert (at_database(BOTH), at_database(GOOD)) == (("land", "population"), ())


def test_the_first_answer_behind_a_closed_database_is_told() -> None:
    tried = [
        entry(n, 16.0 + n, Outcome.FAILED, citizen=7, errand=Errand.STALE, says=says)
        for n, says in enumerate((SILENCE, "first", "second"))
    ]
    assert fence_of(told(AT_DATABASE, (*AT_DATABASE.ledger, *tried))).reason.endswith("behind the fence: first")


def test_the_strike_counts_only_when_it_is_proven() -> None:
    assert struck_at(GOOD) == 10
    assert struck_at(without(GOOD, "outage proven")) is None
    assert outage_gap(with_events(GOOD, event(11, "not proven", reason="alive"))) == "the outage was not proven: alive"


def test_an_answer_is_behind_the_fence_when_it_cannot_have_been_under_way() -> None:
    under_way = replace(entry(1, 14.25), sent=14.0)
    assert not behind(under_way, 14.0)
    assert behind(replace(under_way, ended=14.26), 14.0)
    assert behind(replace(under_way, sent=14.01), 14.0)
    assert not behind(replace(under_way, sent=99.0), None)


def test_a_ledger_is_whole_when_it_says_how_much_it_holds() -> None:
    assert ledger_gap(GOOD) is None
    assert ledger_gap(without(GOOD, "ledger complete")) == "the ledger was cut short"
    assert (
        ledger_gap(replace(GOOD, ledger=LEDGER[1:])) == f"the ledger holds {len(LEDGER) - 1} of {len(LEDGER)} entries"
    )


def test_a_shortfall_names_what_is_missing_and_what_is_no_longer_good() -> None:
    sealed = {"a": True, "b": True, "c": False, "d": True, "e": True}
    held = {"a": True, "b": False, "c": False, "t: CREATE INDEX i ON t": True, "t.k: NOT NULL a": True}
    assert shortfall(sealed, held, "valid") == "missing: d, e; not valid: b"
    more = {**dict.fromkeys(sealed, True), "t: CREATE UNIQUE INDEX u ON t": True, "t.c: CHECK ((i < 3))": False}
    assert shortfall(sealed, more, "valid") == "too many: t.c: CHECK ((i < 3)), t: CREATE UNIQUE INDEX u ON t"
    assert shortfall(sealed, dict.fromkeys(sealed, True), "valid") == ""
    assert shortfall(sealed, dict.fromkeys(sealed, False), "valid") == "not valid: a, b, d, e"
