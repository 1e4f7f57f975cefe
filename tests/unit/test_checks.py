"""Every check must be able to miss, to know nothing, and to be met: one that was only ever green proves nothing."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill import checks
from drill.digest import Digest
from drill.evidence import Evidence, Holdings, Seal, Sequence, Structure
from drill.ledger import BEGUN, SILENCE, Change, Errand, Outcome, Receipt
from drill.verdict import Finding, Verdict
from tests.unit.stories import (
    AT_DATABASE,
    AT_EMBASSY,
    AT_HOME,
    CLOSED,
    COLD,
    ENDED,
    GATE,
    GOOD,
    LEDGER,
    STALE,
    STRUCTURE,
    entry,
    event,
    held,
    instead,
    receipt,
    told,
    with_events,
    without,
)

MET, MISSED, UNKNOWN = Verdict.MET, Verdict.MISSED, Verdict.UNKNOWN
RECEIPTS = tuple(receipt(e) for e in (*AT_HOME, *AT_EMBASSY, GATE))


LAST_ACK_LOST = (*LEDGER, entry(3, 10.002))  # noted just after the strike, and the last that home ever said


def promising(rpo: float, evidence: Evidence) -> Evidence:
    objectives = {"land": evidence.objectives["land"].model_copy(update={"rpo": rpo})}
    return replace(evidence, objectives=objectives)


def gave_up(at: float) -> Evidence:
    """Nobody is served, and the drill stops waiting for it."""
    unserved = without(told(GOOD, (*AT_HOME, GATE, STALE)), "served")
    return with_events(unserved, event(at, "failed", register="land", reason="no service", gave_up=True))


def one(check: checks.Check, evidence: Evidence) -> Finding:
    (finding,) = check(evidence)
    return finding


def structured(**other: Any) -> Evidence:
    return replace(GOOD, holdings={"land": held(*RECEIPTS, structure=replace(STRUCTURE, **other))})


def met_at_database(says: str, outcome: Outcome = Outcome.FAILED) -> Evidence:
    """Somebody who tried the closed database of land during the recovery met that."""
    other = entry(1, 16.0, outcome, citizen=7, errand=Errand.STALE, says=says)
    return told(AT_DATABASE, (*AT_DATABASE.ledger, other))


BEFORE_THE_FENCE = entry(1, 13.0, citizen=3, site="embassy")
BEHIND_THE_FENCE = entry(1, 31.0, citizen=9, errand=Errand.STALE)
LEFT_ALONE = replace(
    told(GOOD, (*AT_HOME, entry(3, 12.0)), held(*map(receipt, (*AT_HOME, entry(3, 12.0))), site="home")),
    lost=frozenset(),
)

AWAY = without(GOOD, "home is back", "given back")  # and how home ended is not told


@pytest.mark.parametrize(
    ("check", "evidence", "verdict", "why"),
    [
        (checks.outage, GOOD, MET, "power_loss: no process is left"),
        (checks.outage, without(GOOD, "outage proven"), UNKNOWN, "the outage was not proven"),
        (checks.outage, with_events(GOOD, event(10.2, "not proven", reason="alive")), UNKNOWN, "alive"),
        (checks.outage, without(GOOD, "struck"), UNKNOWN, "never struck"),
        (checks.single_home, GOOD, MET, "against a living home"),
        (checks.single_home, without(GOOD, "home is back"), UNKNOWN, "given back and not seen alive"),
        (checks.single_home, with_events(AWAY, event(29, "stays off")), MET, "rests on the cable alone"),
        (checks.single_home, with_events(AWAY, event(29, "nothing to give back")), MET, "rests on the cable alone"),
        (checks.single_home, without(GOOD, "fence proven"), UNKNOWN, "not proven"),
        (checks.single_home, without(GOOD, "ledger complete"), UNKNOWN, "cut short"),
        (checks.single_home, told(GOOD, LEDGER[:-1]), UNKNOWN, "nobody tried home after it came back"),
        (checks.single_home, with_events(without(GOOD, "fenced"), event(14, "no fence")), MISSED, "no fence"),
        (checks.single_home, with_events(GOOD, event(31, "fence broken", answer="COMMIT")), MISSED, "COMMIT"),
        (checks.single_home, told(GOOD, (*LEDGER[:-1], BEHIND_THE_FENCE)), MISSED, "1 acknowledged by home"),
        (checks.single_home, told(GOOD, (*LEDGER, BEFORE_THE_FENCE)), MISSED, "before home was fenced"),
        (checks.single_home, AT_DATABASE, MET, "at the database of land, against a living home"),
        (checks.single_home, without(AT_DATABASE, "home is back"), UNKNOWN, "home itself did not confirm"),
        (checks.single_home, without(AT_DATABASE, "fence proven"), UNKNOWN, "not proven"),
        (checks.single_home, instead(AT_DATABASE, "fence proven", old=1, new=1), UNKNOWN, "did not confirm"),
        (checks.single_home, instead(AT_DATABASE, "fence proven", old=0, new=1, at="database"), UNKNOWN, "old and new"),
        (checks.single_home, met_at_database(CLOSED.replace("land", "business")), UNKNOWN, "answered land behind"),
        (checks.single_home, met_at_database(f"{BEGUN}{ENDED}"), UNKNOWN, "answered land behind the fence"),
        (checks.single_home, met_at_database(ENDED, Outcome.IN_DOUBT), UNKNOWN, "answered land behind the fence"),
        (checks.single_home, met_at_database(SILENCE, Outcome.IN_DOUBT), UNKNOWN, "answered land behind the fence"),
        (checks.single_home, met_at_database("", Outcome.ACKED), MISSED, "1 acknowledged by home"),
        (checks.single_home, met_at_database(SILENCE), MET, "at the database of land"),
        (checks.recovery_time, met_at_database(f"{BEGUN}{ENDED}"), UNKNOWN, "answered land behind the fence"),
        (checks.recovery_time, GOOD, MET, "15.00 s"),
        (checks.recovery_time, without(GOOD, "outage proven"), UNKNOWN, "not proven"),
        (checks.recovery_time, without(GOOD, "fence proven"), UNKNOWN, "not proven"),
        (checks.recovery_time, without(GOOD, "accepted"), UNKNOWN, "ended before"),
        (checks.recovery_time, without(GOOD, "ledger complete"), UNKNOWN, "cut short"),
        (checks.recovery_time, replace(GOOD, ledger=LEDGER[1:]), UNKNOWN, "11 of 12"),
        (checks.recovery_time, gave_up(10 + 14), UNKNOWN, "gave up after 14 s"),
        (checks.recovery_time, gave_up(10 + 200), MISSED, "not within 200 s"),
        (checks.recovery_time, with_events(GOOD, event(26, "refused", register="land", reasons=["x"])), MISSED, "gate"),
        (
            checks.recovery_time,
            with_events(without(GOOD, "accepted"), event(22, "failed", reason="x")),
            MISSED,
            "failed",
        ),
        (checks.data_loss, GOOD, MET, "0.00 s, 0 of 2 lost"),
        (checks.data_loss, replace(GOOD, holdings={}), UNKNOWN, "never surveyed"),
        (checks.data_loss, replace(GOOD, holdings={"land": held(*RECEIPTS, site="home")}), UNKNOWN, "never surveyed"),
        (checks.data_loss, told(GOOD, LEDGER[2:]), UNKNOWN, "home acknowledged nothing"),
        (checks.data_loss, without(GOOD, "outage proven"), UNKNOWN, "not proven"),
        (checks.data_loss, without(GOOD, "fence proven"), UNKNOWN, "not proven"),
        (checks.data_loss, without(GOOD, "ledger complete"), UNKNOWN, "cut short"),
        (checks.data_loss, told(GOOD, (*LEDGER, LEDGER[0])), UNKNOWN, "names a transaction twice"),
        (checks.data_loss, told(GOOD, LEDGER, held(*RECEIPTS[1:])), MISSED, "8.00 s, 1 of 2 lost"),
        (checks.data_loss, promising(0.0, told(GOOD, LAST_ACK_LOST)), MISSED, "0.00 s, 1 of 3 lost"),
        (checks.data_loss, promising(0.1, told(GOOD, LAST_ACK_LOST)), MET, "0.00 s, 1 of 3 lost"),
        (checks.content, GOOD, MET, "1 tables as sealed"),
        (checks.content, replace(GOOD, holdings={}), UNKNOWN, "never surveyed"),
        (checks.content, replace(GOOD, seals={}), UNKNOWN, "never sealed"),
        (checks.receipts, GOOD, MET, "11 receipts as told"),
        (checks.receipts, without(GOOD, "ledger complete"), UNKNOWN, "cut short"),
        (checks.receipts, told(GOOD, (), held()), UNKNOWN, "nobody tried"),
        (checks.receipts, told(GOOD, LEDGER, held(*RECEIPTS[1:])), MISSED, "1 holes"),
        (checks.receipts, told(GOOD, LEDGER, held(*RECEIPTS, RECEIPTS[0])), MISSED, "1 duplicates"),
        (checks.receipts, told(GOOD, LEDGER, held(*RECEIPTS, receipt(STALE))), MISSED, "1 phantoms"),
        (checks.receipts, told(GOOD, LEDGER, held(*RECEIPTS[:-1])), MISSED, "1 acknowledged by the embassy"),
        (checks.receipts, told(GOOD, LEDGER, held(receipt(LEDGER[0], {}), *RECEIPTS[1:])), MISSED, "1 altered"),
        (checks.undisturbed, LEFT_ALONE, MET, "0 failed"),
        (checks.undisturbed, told(LEFT_ALONE, (*AT_HOME, entry(3, 12, Outcome.IN_DOUBT))), UNKNOWN, "1 in doubt"),
        (checks.undisturbed, told(LEFT_ALONE, (*LEFT_ALONE.ledger, entry(4, 13, Outcome.FAILED))), MISSED, "1 failed"),
        (checks.sequences, GOOD, MET, "1 ahead"),
        (checks.sequences, replace(GOOD, holdings={}), UNKNOWN, "never surveyed"),
        (
            checks.sequences,
            structured(sequences=(Sequence("public.title_number_seq", "title.number", 10, 10),)),
            MISSED,
            "10 <= 10",
        ),
        (checks.sequences, structured(sequences=()), MISSED, "missing: public.title_number_seq"),
        (checks.constraints, GOOD, MET, "1 there and validated"),
        (checks.constraints, replace(GOOD, seals={"land": Seal({"t": COLD})}), UNKNOWN, "never sealed"),
        (checks.constraints, structured(constraints={}), MISSED, "missing: title.title_pkey"),
        (
            checks.constraints,
            structured(constraints=dict.fromkeys(STRUCTURE.constraints, False)),
            MISSED,
            "not validated",
        ),
        (checks.indexes, GOOD, MET, "1 there and valid"),
        (checks.indexes, replace(GOOD, holdings={"land": held(*RECEIPTS, structure=Structure())}), UNKNOWN, "never"),
        (checks.indexes, structured(indexes={}), MISSED, "missing: title_pkey"),
        (checks.indexes, structured(indexes=dict.fromkeys(STRUCTURE.indexes, False)), MISSED, "not valid"),
        (checks.write_and_read_back, GOOD, MET, "acknowledged and held"),
        (checks.write_and_read_back, told(GOOD, AT_HOME), UNKNOWN, "never tried"),
        (checks.write_and_read_back, told(GOOD, (replace(GATE, outcome=Outcome.IN_DOUBT),)), UNKNOWN, "no answer"),
        (checks.write_and_read_back, told(GOOD, (replace(GATE, outcome=Outcome.FAILED),)), MISSED, "failed"),
        (checks.write_and_read_back, told(GOOD, LEDGER, held()), MISSED, "not there"),
    ],
)
def test_verdicts(check: checks.Check, evidence: Evidence, verdict: Verdict, why: str) -> None:
    finding = one(check, evidence)
    assert (finding.verdict, finding.check) == (verdict, check.__name__)
    assert why in finding.actual
    assert finding.says.endswith(".")


def test_everything_is_met_in_a_good_drill_and_unknown_without_evidence() -> None:
    assert {f.verdict for f in checks.findings(GOOD)} == {MET}
    nothing = replace(GOOD, seals={}, holdings={}, events=GOOD.events[:1], ledger=())
    assert {f.verdict for f in checks.findings(nothing)} == {UNKNOWN}


@pytest.mark.parametrize("cut", range(len(GOOD.events)))
def test_a_drill_cut_short_at_any_event_is_never_met(cut: int) -> None:
    """The folder of a drill that was killed: seals perhaps, never holdings."""
    short = replace(GOOD, events=GOOD.events[:cut], holdings={}, ledger=tuple(e for e in LEDGER if e.ended <= cut))
    assert Verdict.of(f.verdict for f in checks.findings(short)) is not MET


def test_a_check_that_breaks_is_unknown() -> None:
    def broken(_: Evidence) -> Iterable[Finding]:
        raise ZeroDivisionError

    (finding,) = checks.findings(GOOD, [broken])
    assert (finding.check, finding.register, finding.verdict) == ("broken", "drill", UNKNOWN)


@pytest.mark.parametrize("check", [checks.recovery_time, checks.data_loss])
def test_slots_that_the_drill_was_late_for_make_the_figures_unknown(check: checks.Check) -> None:
    late = tuple(entry(n, 50.0 + n, Outcome.NOT_TRIED, citizen=5) for n in range(4))
    few = told(GOOD, (*LEDGER, *(entry(n, 3.0, citizen=6) for n in range(70)), *late), None)
    assert "too late for" not in one(check, few).actual
    assert one(check, told(GOOD, (*LEDGER, *late))).verdict is UNKNOWN


def test_an_answer_under_way_when_the_fence_closed_is_a_promise() -> None:
    under_way = replace(entry(3, 14.1), sent=13.9)
    evidence = told(GOOD, (*LEDGER, under_way))
    assert one(checks.single_home, evidence).verdict is MET
    assert one(checks.data_loss, evidence).actual == "0.00 s, 1 of 3 lost"


def gated(**other: Any) -> Evidence:
    """What the integrity gate knows of one register: no objectives, a ledger of one entry."""
    known: dict[str, Any] = {"seals": GOOD.seals, "holdings": {"land": held(receipt(GATE))}, "ledger": (GATE,), **other}
    return Evidence(scenario="", expected={}, lost=frozenset({"land"}), objectives={}, events=(), **known)


def test_the_gate_judges_one_register_by_what_it_has_seen() -> None:
    assert {f.verdict for f in checks.findings(gated(), checks.GATE)} == {MET}
    assert MISSED in {f.verdict for f in checks.findings(gated(holdings={"land": held()}), checks.GATE)}


@pytest.mark.parametrize(
    ("tables", "why"),
    [
        ({"public.title": COLD}, "differ: public.title (100 rows instead of 111)"),
        ({}, "missing: public.title"),
        ({**GOOD.holdings["land"].tables, "public.spy": Digest(1)}, "too many: public.spy"),
    ],
)
def test_content_names_the_tables(tables: dict[str, Digest], why: str) -> None:
    finding = one(checks.content, replace(GOOD, holdings={"land": replace(GOOD.holdings["land"], tables=tables)}))
    assert (finding.verdict, finding.actual) == (MISSED, why)


rows = st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)), max_size=8)


def digest(hashes: list[tuple[int, int]]) -> Digest:
    return sum((Digest(1, pair) for pair in hashes), Digest())


@given(cold=rows, written=rows, damaged=st.booleans())
def test_cold_rows_and_receipts_are_proven_in_one_sum(
    cold: list[tuple[int, int]], written: list[tuple[int, int]], damaged: bool
) -> None:
    changes: list[Change] = [{"title": digest([pair])} for pair in written]
    there = digest(cold + written + ([(1, 1)] if damaged else []))
    holdings = Holdings("embassy", {"title": there}, tuple(Receipt(("land", 1, n), c) for n, c in enumerate(changes)))
    finding = one(
        checks.content, replace(GOOD, seals={"land": Seal({"title": digest(cold)})}, holdings={"land": holdings})
    )
    assert finding.verdict is (MISSED if damaged else MET)
