"""Imagined drills: checks and measures are pure functions of the evidence, so any history can be told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from drill.digest import Column, Digest
from drill.evidence import Evidence, Holdings, Seal, Sequence, Structure
from drill.ledger import Change, Entry, Errand, Outcome, Receipt
from drill.timeline import Event

START = datetime(2030, 1, 1, tzinfo=UTC)
STRUCTURE = Structure(
    columns={"public.title": (Column("number", "bigint"),)},
    constraints={"title.title_pkey: PRIMARY KEY (number)": True},
    indexes={"title_pkey: CREATE UNIQUE INDEX": True},
    sequences=(Sequence("public.title_number_seq", "title.number", 11, 10),),
)
COLD = Digest(100, (5, 6))
TOLD: Change = {"public.title": Digest(1, (1, 2))}


def event(elapsed: float, what: str, **facts: Any) -> Event:
    return Event(START + timedelta(seconds=elapsed), elapsed, "test", what, facts)


def entry(number: int, ended: float, outcome: Outcome = Outcome.ACKED, **other: Any) -> Entry:
    """A try of citizen 1 at home; `sent` 0.01 s before its answer."""
    given: dict[str, Any] = {"register": "land", "citizen": 1, "site": "home", "change": TOLD, **other}
    return Entry(number=number, due=ended - 0.02, sent=ended - 0.01, ended=ended, outcome=outcome, **given)


def receipt(of: Entry, change: Change | None = None) -> Receipt:
    return Receipt(of.key, of.change if change is None else change)


def held(*receipts: Receipt, site: str = "embassy", structure: Structure = STRUCTURE, **other: Any) -> Holdings:
    """What agrees with the seal and these receipts."""
    table = "public.title"
    total = sum((r.change.get(table, Digest()) for r in receipts), COLD)
    return Holdings(site, {table: total}, receipts, structure, **other)


def told(evidence: Evidence, ledger: tuple[Entry, ...], holdings: Holdings | None = None) -> Evidence:
    """The same drill with another ledger, complete, and what land holds."""
    events = [e for e in evidence.events if e.what != "ledger complete"]
    complete = event(60, "ledger complete", entries=len(ledger))
    found: Mapping[str, Holdings] = evidence.holdings if holdings is None else {"land": holdings}
    return replace(evidence, events=(*events, complete), ledger=ledger, holdings=found)


def without(evidence: Evidence, *whats: str) -> Evidence:
    return replace(evidence, events=tuple(e for e in evidence.events if e.what not in whats))


def with_events(evidence: Evidence, *events: Event) -> Evidence:
    return replace(evidence, events=tuple(sorted((*evidence.events, *events), key=lambda e: e.elapsed)))


def instead(evidence: Evidence, what: str, **facts: Any) -> Evidence:
    """The same events, those of that name with these facts."""
    events = (replace(e, facts=facts) if e.what == what else e for e in evidence.events)
    return replace(evidence, events=tuple(events))


BEGAN: dict[str, Any] = {
    "schema_version": 1,
    "run_id": "20300101-abc",
    "scenario": "power loss",
    "file": "scenarios/power-loss.yaml",
    "host": "embedded",
    "why": "no engine answers",
    "postgres": "18.1",
    "drill_version": "0.1.0",
    "python": "3.11.7",
    "machine": "x86_64",
    "people": 13000,
    "seed": 1,
    "registers": ["land"],
    "lost": ["land"],
    "objectives": {"land": {"rto": 15.0, "rpo": 5.0}},
    "overridden": [],
    "expected": {},
    "serve": "during_gate",
    "stable_for": 2.0,
    "outage": "power_loss",
    "recovery": "promote",
    "copy": "standby",
}
AT_HOME = (entry(1, 2.0), entry(2, 9.0))
GATE = entry(1, 24.5, citizen=0, site="embassy", errand=Errand.GATE)
AT_EMBASSY = tuple(entry(n, 20.0 + n / 2, citizen=2, site="embassy") for n in range(1, 9))
STALE = entry(1, 31.0, Outcome.FAILED, citizen=9, errand=Errand.STALE, change={})
LEDGER = (*AT_HOME, *AT_EMBASSY, GATE, STALE)
EVENTS = (
    event(0, "began", **BEGAN),
    event(1, "established", copy="standby", kind="streaming"),
    event(10, "struck", kind="power_loss"),
    event(10.5, "outage proven", kind="power_loss", proof="no process is left"),
    event(11, "detected", misses=3),
    event(13, "declared", by="officer"),
    event(14, "fenced", by="cut"),
    event(14.5, "version chosen", copy="standby", version="standby", age_s=0.2, snapshots_skew_s=0.0),
    event(15, "phase", name="promote"),
    event(20, "came back", register="land"),
    event(20, "redirected", register="land", site="embassy"),
    event(21, "gate began", register="land"),
    event(25, "accepted", register="land"),
    event(27, "served", register="land"),
    event(29, "given back", kind="power_loss"),
    event(30, "home is back", writable=True),
    event(32, "fence proven", old=1, new=1, alone=False),
    event(60, "ledger complete", entries=len(LEDGER)),
    event(61, "surveyed", register="land"),
    event(62, "ended"),
)
GOOD = Evidence.rebuilt(
    EVENTS,
    LEDGER,
    seals={"land": Seal({"public.title": COLD}, STRUCTURE)},
    holdings={"land": held(*(receipt(e) for e in (*AT_HOME, *AT_EMBASSY, GATE)))},
)

# Only land is lost, and fenced at its database; business stays at home, where it was served all the while.
ENDED = "consuming input failed: terminating connection due to administrator command\nserver closed the connection"
CLOSED = 'connection to server failed: FATAL:  database "land" is not currently accepting connections'
TURNED_AWAY = (
    entry(1, 31.0, Outcome.FAILED, citizen=9, errand=Errand.STALE, change={}, says=ENDED),
    entry(1, 31.2, Outcome.FAILED, citizen=8, errand=Errand.STALE, change={}, says=CLOSED),
)
AT_DATABASE = told(
    instead(
        instead(GOOD, "fenced", by="database", at="database", registers=["land"]),
        "fence proven",
        **{"old": 1, "new": 1, "alone": False, "at": "database"},
    ),
    (*LEDGER[:-1], *TURNED_AWAY),
)
