"""Where a judgement tips over: each bound from both sides, and whatever must not be taken for proof or for damage."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from drill import checks
from drill.evidence import Evidence
from drill.ledger import SILENCE, Entry, Errand, Outcome
from drill.objectives import Objectives
from drill.verdict import Finding, Verdict
from tests.unit.stories import (
    AT_DATABASE,
    AT_HOME,
    GATE,
    GOOD,
    LEDGER,
    STALE,
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
RECEIPTS = GOOD.holdings["land"].receipts
EMPTY = replace(GOOD, ledger=(), holdings={}, seals={}, objectives={}, lost=frozenset(), events=())
BUSINESS: dict[str, Any] = {"register": "business", "citizen": 4}


def one(check: checks.Check, evidence: Evidence, register: str = "") -> Finding:
    (finding,) = (f for f in check(evidence) if register in ("", f.register))
    return finding


def promised(rto: float = 15.0, rpo: float = 5.0, evidence: Evidence = GOOD) -> Evidence:
    return replace(evidence, objectives={"land": Objectives.model_construct(rto=rto, rpo=rpo)})


def also(*entries: Entry, evidence: Evidence = GOOD) -> Evidence:
    return told(evidence, (*evidence.ledger, *entries))


def unserved(**failed: Any) -> Evidence:
    """Nobody is served; 14 s after the strike the recovery fails, or the drill gives up."""
    return with_events(told(GOOD, (*AT_HOME, GATE, STALE)), event(24, "failed", **failed))


STRUCK_AT_ONCE = with_events(without(GOOD, "struck"), event(0, "struck", kind="power_loss"))


def at_home(entries: Iterable[Entry], evidence: Evidence = GOOD) -> Evidence:
    """The outage takes nothing of land, whose citizens tried these and find every promise kept."""
    tried = tuple(entries)
    there = [receipt(e) for e in tried if e.outcome is Outcome.ACKED]
    return replace(told(evidence, tried, held(*there, site="home")), lost=frozenset())


def at(which: float, **facts: Any) -> Entry:
    return replace(entry(9, which, **facts), sent=which)


GAVE_UP: dict[str, Any] = {"register": "land", "gave_up": True}
LATE_PROOF = with_events(without(GOOD, "outage proven"), event(9.9, "outage proven"))


@pytest.mark.parametrize(
    ("check", "evidence", "verdict", "why"),
    [
        (checks.outage, LATE_PROOF, UNKNOWN, "the outage was not proven"),  # a proof of what came before the strike
        (checks.outage, with_events(LATE_PROOF, event(10, "outage proven")), MET, "outage: proven"),
        (checks.outage, with_events(GOOD, event(11, "not proven")), UNKNOWN, "not proven: no reason given"),
        # a home that was fenced may still have an answer under way, for a quarter of a second
        (checks.single_home, also(replace(entry(9, 14.25), sent=14.0)), MET, "living home"),
        (checks.single_home, also(replace(entry(9, 14.26), sent=14.0)), MISSED, "1 acknowledged by home after"),
        (checks.single_home, also(replace(entry(9, 14.2), sent=14.01)), MISSED, "1 acknowledged by home after"),
        (checks.single_home, also(entry(9, 16.0, Outcome.WEAK)), MISSED, "1 acknowledged by home after"),
        (checks.single_home, also(entry(9, 16.0, Outcome.FAILED)), MET, "living home"),
        (checks.single_home, also(entry(9, 16.0, **BUSINESS)), MET, "living home"),  # home was to go on with that
        (checks.single_home, also(at(14.0, site="embassy")), MET, "living home"),
        (checks.single_home, also(at(13.9, site="embassy")), MISSED, "1 acknowledged by the embassy before"),
        (checks.single_home, also(at(13.9, site="embassy", outcome=Outcome.FAILED)), MET, "living home"),
        (checks.single_home, also(at(13.9, outcome=Outcome.WEAK)), MET, "living home"),
        # the fence is proven only behind itself, on both kinds of connection, by somebody who came after home did
        (
            checks.single_home,
            with_events(without(GOOD, "fence proven"), event(13.9, "fence proven", old=1, new=1)),
            UNKNOWN,
            "not proven",
        ),
        (
            checks.single_home,
            with_events(without(GOOD, "fence proven"), event(14, "fence proven", old=1, new=1)),
            MET,
            "living home",
        ),
        (
            checks.single_home,
            with_events(without(GOOD, "fence proven"), event(32, "fence unproven", answer="land: hello")),
            UNKNOWN,
            "the fence was not proven: land: hello",
        ),
        (checks.single_home, instead(GOOD, "fence proven", old=0, new=1), UNKNOWN, "old and new connections"),
        (checks.single_home, instead(GOOD, "fence proven", old=1, new=0), UNKNOWN, "old and new connections"),
        (checks.single_home, instead(GOOD, "fence proven", old=1), UNKNOWN, "old and new connections"),
        (checks.single_home, instead(GOOD, "fence proven", new=1), UNKNOWN, "old and new connections"),
        (checks.single_home, instead(GOOD, "fence proven", new=1, alone=True), MET, "on the cable alone"),
        (checks.single_home, without(GOOD, "given back", "home is back"), UNKNOWN, "home was never given back"),
        (checks.single_home, without(GOOD, "given back"), UNKNOWN, "home was never given back"),
        (
            checks.single_home,
            told(GOOD, (*LEDGER[:-1], replace(STALE, sent=30.0))),  # under way when home came back
            UNKNOWN,
            "nobody tried home after it came back",
        ),
        (
            checks.single_home,
            told(GOOD, (*LEDGER[:-1], replace(STALE, outcome=Outcome.NOT_TRIED))),
            UNKNOWN,
            "nobody tried home after it came back",
        ),
        (checks.single_home, without(GOOD, "fenced"), UNKNOWN, "home was never fenced"),
        (checks.single_home, with_events(GOOD, event(13, "no fence")), MET, "living home"),
        (checks.single_home, with_events(GOOD, event(33, "fence broken")), MISSED, "home answered behind the fence: "),
        (
            checks.single_home,
            also(
                replace(STALE, number=2, outcome=Outcome.ACKED),
                replace(STALE, number=3, outcome=Outcome.IN_DOUBT),
                evidence=with_events(without(GOOD, "fenced"), event(14, "no fence")),
            ),
            MISSED,
            "there was no fence; home acknowledged 1 transactions beside the embassy",
        ),
        # a database is closed by its own word; what was tried before it was closed, or elsewhere, says nothing
        (checks.single_home, also(replace(STALE, citizen=7, sent=13.9), evidence=AT_DATABASE), MET, "database of land"),
        (
            checks.single_home,
            also(replace(STALE, citizen=7, sent=14.0, says="hello"), evidence=AT_DATABASE),
            UNKNOWN,
            "home answered land behind the fence: hello",
        ),
        (
            checks.single_home,
            also(replace(STALE, register="business", says="hello"), evidence=AT_DATABASE),
            MET,
            "database of land",
        ),
        (
            checks.single_home,
            also(replace(STALE, citizen=7, says="x", outcome=Outcome.NOT_TRIED), evidence=AT_DATABASE),
            MET,
            "database of land",
        ),
        (checks.recovery_time, promised(rto=15.0), MET, "15.00 s"),
        (checks.recovery_time, promised(rto=14.999), MISSED, "15.00 s"),
        (checks.recovery_time, unserved(reason="full"), MISSED, "the recovery failed"),
        (checks.recovery_time, unserved(register="land", reason="full"), MISSED, "the recovery failed"),
        (checks.recovery_time, unserved(register="business"), UNKNOWN, "the drill ended before it was known"),
        (checks.recovery_time, with_events(GOOD, event(40, "failed", register="land")), MET, "15.00 s"),
        (checks.recovery_time, promised(rto=14.0, evidence=unserved(**GAVE_UP)), MISSED, "not within 14 s"),
        (
            checks.recovery_time,
            promised(rto=14.001, evidence=unserved(**GAVE_UP)),
            UNKNOWN,
            "the drill gave up after 14 s, before the 14.001 s were over: no reason given",
        ),
        (
            checks.recovery_time,
            promised(
                rto=14.0,
                evidence=with_events(unserved(**GAVE_UP), event(12, "paused"), event(13, "resumed")),
            ),
            UNKNOWN,
            "gave up after 13 s",
        ),
        (
            checks.recovery_time,
            with_events(GOOD, event(26, "refused", register="business")),
            MET,
            "15.00 s",
        ),
        (checks.data_loss, promised(rpo=8.0, evidence=told(GOOD, LEDGER, held(*RECEIPTS[1:]))), MET, "8.00 s, 1 of 2"),
        (checks.data_loss, promised(rpo=7.99, evidence=told(GOOD, LEDGER, held(*RECEIPTS[1:]))), MISSED, "8.00 s"),
        (checks.data_loss, promised(rpo=0.0), MET, "0.00 s, 0 of 2 lost"),
        (checks.data_loss, promised(rpo=0.5, evidence=told(GOOD, LEDGER, held(*RECEIPTS[1:]))), MISSED, "8.00 s"),
        (checks.data_loss, without(GOOD, "struck"), UNKNOWN, "home was never struck"),
        (checks.receipts, told(GOOD, LEDGER, held(*RECEIPTS[:1], *RECEIPTS[2:])), MET, "10 receipts as told"),
        (
            checks.receipts,
            told(GOOD, (*LEDGER, entry(7, 9.5, Outcome.IN_DOUBT)), held(*RECEIPTS, receipt(entry(7, 9.5)))),
            MET,
            "12 receipts as told",
        ),
        (checks.receipts, also(entry(7, 9.5, Outcome.IN_DOUBT)), MET, "11 receipts as told"),
        (checks.receipts, told(GOOD, LEDGER, held(RECEIPTS[1], *RECEIPTS[1:])), MISSED, "1 holes, 1 duplicates"),
        (checks.receipts, told(GOOD, (entry(1, 5, Outcome.NOT_TRIED),), held()), UNKNOWN, "nobody tried anything"),
        (checks.receipts, told(GOOD, (entry(1, 5, **BUSINESS),), held()), UNKNOWN, "nobody tried anything"),
        (checks.receipts, replace(GOOD, holdings={}), UNKNOWN, "it was never surveyed"),
        (checks.undisturbed, at_home([*AT_HOME, at(10.0)]), MET, "0 failed, 0 in doubt, 0 lost of 1"),
        (checks.undisturbed, at_home([*AT_HOME, at(9.99)]), UNKNOWN, "0 failed, 0 in doubt, 0 lost of 0"),
        (checks.undisturbed, at_home([entry(1, 2.0, Outcome.FAILED), at(12.0)]), MET, "0 lost of 1"),
        (checks.undisturbed, at_home([at(12.0), entry(3, 13.0, Outcome.IN_DOUBT)]), UNKNOWN, "1 in doubt, 0 lost of 2"),
        (checks.undisturbed, at_home([at(12.0), entry(3, 13, Outcome.FAILED)]), MISSED, "1 failed, 0 in doubt"),
        (checks.undisturbed, at_home([at(12.0), entry(3, 13, Outcome.FAILED, errand=Errand.GATE)]), MET, "of 1"),
        (
            checks.undisturbed,
            told(at_home([at(12.0)]), (at(12.0),), held(site="home")),
            MISSED,
            "0 failed, 0 in doubt, 1 lost of 1",
        ),
        (checks.undisturbed, at_home([at(0.5)], STRUCK_AT_ONCE), MET, "0 lost of 1"),
        (checks.undisturbed, told(at_home([at(12.0)]), (at(12.0), at(12.0))), UNKNOWN, "twice"),
        (checks.undisturbed, without(at_home([at(12.0)]), "ledger complete"), UNKNOWN, "cut short"),
        (checks.undisturbed, without(at_home([at(12.0)]), "outage proven"), UNKNOWN, "not proven"),
        (checks.write_and_read_back, also(replace(GATE, number=2, ended=24.4, outcome=Outcome.FAILED)), MET, "held"),
        (
            checks.write_and_read_back,
            also(replace(GATE, number=2, ended=24.6, outcome=Outcome.FAILED, says="denied")),
            MISSED,
            "failed: denied",
        ),
        (checks.write_and_read_back, also(replace(GATE, number=2, outcome=Outcome.NOT_TRIED, ended=24.9)), MET, "held"),
        (
            checks.write_and_read_back,
            also(replace(GATE, number=2, ended=24.9, outcome=Outcome.FAILED, says=f"after BEGIN: {SILENCE}")),
            UNKNOWN,
            "no answer in time",
        ),
        (
            checks.write_and_read_back,
            also(replace(GATE, number=2, ended=24.9, outcome=Outcome.IN_DOUBT, says="ERROR: no")),
            MISSED,
            "in doubt: ERROR: no",
        ),
        (
            checks.write_and_read_back,
            also(replace(GATE, number=2, ended=24.9, outcome=Outcome.WEAK)),
            MISSED,
            "weak: no plain COMMIT",
        ),
        (checks.write_and_read_back, replace(GOOD, holdings={}), UNKNOWN, "acknowledged, never read back"),
        (checks.write_and_read_back, also(entry(9, 40.0, Outcome.FAILED, site="embassy")), MET, "held"),
    ],
)
def test_where_a_verdict_tips_over(check: checks.Check, evidence: Evidence, verdict: Verdict, why: str) -> None:
    finding = one(check, evidence)
    assert finding.verdict is verdict
    assert why in finding.actual
