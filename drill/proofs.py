"""What the evidence proves of the outage, of the fence and of itself. Each answer carries the reason why not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from drill.evidence import Evidence, Seal
from drill.ledger import BEGUN, SILENCE, Entry, Errand, Outcome
from drill.timeline import Event
from drill.verdict import Verdict
from drill.wording import settled

UNTRIED_BOUND = (
    0.05  # the share of a register's slots that the drill may have been too late for, in any span that counts
)
SHORTEST_REACH = 5.0  # seconds before the strike that are looked at whatever the RPO
# An answer that was under way when the fence closed may be noted by the citizen a moment later.
IN_FLIGHT = 0.25


# How an outage ends: home as far as it can come back, while the fence stands.
_HOMECOMINGS = ("given back", "stays off", "nothing to give back")


# PostgreSQL's own words, which a drill's servers say in English: SQLSTATE 57P01; 55000 and 3D000.
_ENDED = "terminating connection due to administrator command"
_REFUSALS = ("is not currently accepting connections", "does not exist")
_NOT_NULL = ": NOT NULL "  # in "table.name: definition"


class Fence(StrEnum):
    PROVEN = "proven"
    NONE = "none"
    BROKEN = "broken"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class FenceState:
    """How home was kept out: `alone` when it rests on the cable, because home was not alive behind it.

    `closed` are the registers whose databases were fenced, where home itself was to go on serving the others.
    """

    fence: Fence
    reason: str
    alone: bool = False
    closed: tuple[str, ...] = ()


def struck_at(evidence: Evidence) -> float | None:
    """The strike in seconds on the drill's clock; None unless the outage was proven to have struck."""
    return None if outage_gap(evidence) else evidence.time_of("struck")


def outage_gap(evidence: Evidence) -> str | None:
    """Why nothing may be counted from the strike; None when the outage is proven."""
    struck = evidence.time_of("struck")
    if struck is None:
        return "home was never struck"
    doubted = evidence.first("not proven")
    if doubted is not None:
        return f"the outage was not proven: {doubted.facts.get('reason', 'no reason given')}"
    if not any(e.elapsed >= struck for e in evidence.all("outage proven")):
        return "the outage was not proven"
    return None


def fence_of(evidence: Evidence) -> FenceState:
    """What is known of the fence, from the events and from the stale citizens who tried it."""
    fenced, broken = evidence.time_of("fenced"), evidence.first("fence broken")
    if fenced is None and evidence.first("no fence") is not None:
        return FenceState(Fence.NONE, "there was no fence")
    if broken is not None:
        return FenceState(Fence.BROKEN, f"home answered behind the fence: {broken.facts.get('answer', '')}")
    if fenced is None:
        return FenceState(Fence.UNPROVEN, "home was never fenced")
    return _proof(evidence, fenced)


def _proof(evidence: Evidence, fenced: float) -> FenceState:
    proven = next((e for e in evidence.all("fence proven") if e.elapsed >= fenced), None)
    if proven is None:
        doubted = evidence.first("fence unproven")
        why = "" if doubted is None else f": {doubted.facts.get('answer', '')}"
        return FenceState(Fence.UNPROVEN, f"the fence was not proven{why}")
    if not any(evidence.first(what) for what in _HOMECOMINGS):
        return FenceState(Fence.UNPROVEN, "home was never given back, so nobody came home to the fence")
    back, closed = evidence.time_of("home is back"), at_database(evidence)
    if closed and (gap := _database_gap(evidence, proven, fenced)):
        return FenceState(Fence.UNPROVEN, gap)
    alone = bool(proven.facts.get("alone")) or back is None
    if not proven.facts.get("new") or not (alone or proven.facts.get("old")):
        return FenceState(Fence.UNPROVEN, "the fence was not tried on old and new connections")
    if back is None and evidence.first("given back") is not None:
        return FenceState(Fence.UNPROVEN, "home was given back and not seen alive, so nobody knows what holds it back")
    if back is not None and not any(e.sent > back for e in _stale(evidence)):
        return FenceState(Fence.UNPROVEN, "nobody tried home after it came back")
    return FenceState(Fence.PROVEN, "the fence was proven", alone, closed)


def at_database(evidence: Evidence) -> tuple[str, ...]:
    """The registers whose databases were fenced; none where the whole of home was."""
    fenced = evidence.first("fenced", at="database")
    return () if fenced is None else tuple(sorted(evidence.lost))


def _database_gap(evidence: Evidence, proven: Event, fenced: float) -> str | None:
    """Why a fence at the database is not proven: home must have been alive, and have turned everybody away itself."""
    if proven.facts.get("at") != "database" or evidence.first("home is back") is None:
        return "home itself did not confirm that its databases were closed"
    met = [e for e in _stale(evidence) if e.sent >= fenced and e.register in evidence.lost]
    answered = next((e for e in met if not any(kept_out(e, at_database=at) for at in (True, False))), None)
    return None if answered is None else f"home answered {answered.register} behind the fence: {answered.says}"


def kept_out(entry: Entry, *, at_database: bool) -> bool:
    """Did somebody who tried a fenced home meet the fence and nothing else?

    The fence of a whole site is silence. That at a database is its own word, over an old connection that it has ended,
    over a new one that it does not take. A COMMIT that is not answered comes after answers.
    """
    if entry.outcome is not Outcome.FAILED or entry.says.startswith(BEGUN):
        return False
    if not at_database:
        return entry.says == SILENCE
    refusals = (f'database "{entry.register}" {reason}' for reason in _REFUSALS)
    return any(words in entry.says for words in (_ENDED, *refusals))


def _stale(evidence: Evidence) -> list[Entry]:
    return [e for e in evidence.ledger if e.errand is Errand.STALE and e.outcome is not Outcome.NOT_TRIED]


def behind(entry: Entry, fenced: float | None) -> bool:
    """Was this answered by a home that was fenced already (and not merely noted a moment late)?"""
    return fenced is not None and (entry.sent > fenced or entry.ended > fenced + IN_FLIGHT)


def ledger_gap(evidence: Evidence) -> str | None:
    """Why the ledger cannot be trusted to name every transaction; None when it can."""
    complete = evidence.first("ledger complete")
    if complete is None:
        return "the ledger was cut short"
    if complete.facts.get("entries") != len(evidence.ledger):
        return f"the ledger holds {len(evidence.ledger)} of {complete.facts.get('entries')} entries"
    return None


def untried_gap(evidence: Evidence, register: str) -> str | None:
    """Why the register's figures rest on too few tries; None when the drill itself kept up."""
    slots = [e for e in evidence.ledger if e.register == register and e.errand is Errand.WORK]
    for name, since, until in _touched(evidence, register):
        outcomes = [e.outcome for e in slots if since <= e.due <= until]
        untried = outcomes.count(Outcome.NOT_TRIED)
        if untried > UNTRIED_BOUND * len(outcomes):
            return f"the drill itself was too late for {untried} of {len(outcomes)} slots {name}"
    return None


def _touched(evidence: Evidence, register: str) -> Iterator[tuple[str, float, float]]:
    """The spans of time that the figures rest on: all of it, that in which work could be lost, that of the return."""
    yield "in all", -inf, inf
    struck, redirected = evidence.time_of("struck"), evidence.first("redirected", register=register)
    if struck is not None and register in evidence.objectives:
        reach = max(evidence.objectives[register].rpo, SHORTEST_REACH)
        discovered = evidence.time_of("discovered")  # until then a damaged home takes work, which can be lost too
        yield "before home was lost", struck - reach, max(struck, discovered or struck)
    if redirected is not None:
        served = evidence.time_of("served", register=register)
        yield "after the redirect", redirected.elapsed, inf if served is None else served


def shortfall(sealed: Mapping[str, bool], held: Mapping[str, bool], good: str) -> str:
    """What of the seal is missing or no longer `good`. What home itself did not hold to be good need only be there."""
    known = {_told(text) for text in sealed}
    there = {_told(text): is_good for text, is_good in held.items()}
    gone = sorted(text for text in sealed if _told(text) not in there)
    bad = sorted(text for text, was_good in sealed.items() if was_good and there.get(_told(text)) is False)
    more = sorted(text for text in held if _told(text) not in known and _binds(text))
    parts = (("missing", gone), (f"not {good}", bad), ("too many", more))
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in parts if names)


def _told(text: str) -> str:
    """What it is known by. A dump leaves the name of NOT NULL to the server, which takes another where one is taken."""
    name, not_null, column = (told := settled(text)).rpartition(_NOT_NULL)
    return f"{name.rpartition('.')[0]}{not_null}{column}" if not_null else told


def _binds(told: str) -> bool:
    """Does it refuse rows? Any constraint and any unique index does; NOT NULL is told with its column as well."""
    definition = told.partition(": ")[2]
    return not definition.startswith(("CREATE INDEX ", "NOT NULL "))


def doubted(found: tuple[Verdict, str], seal: Seal | None, what: str) -> tuple[Verdict, str]:
    """The same; unknown instead of missed where the seal says that nobody can tell what must be there now."""
    verdict, actual = found
    why = None if seal is None else seal.loose.get(what)
    return (Verdict.UNKNOWN, f"{actual}; {why}") if why and verdict is Verdict.MISSED else found
