"""What the evidence proves of the outage, of the fence and of itself. Each answer carries the reason why not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from drill.evidence import Evidence
from drill.ledger import Entry, Errand, Outcome

UNTRIED_BOUND = (
    0.05  # the share of a register's slots that the drill may have been too late for, in any span that counts
)
SHORTEST_REACH = 5.0  # seconds before the strike that are looked at whatever the RPO
# An answer that was under way when the fence closed may be noted by the citizen a moment later.
IN_FLIGHT = 0.25


# How an outage ends: home as far as it can come back, while the fence stands.
_HOMECOMINGS = ("given back", "stays off", "nothing to give back")


class Fence(StrEnum):
    PROVEN = "proven"
    NONE = "none"
    BROKEN = "broken"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class FenceState:
    """How home was kept out: `alone` when it rests on the cable, because home was not alive behind it."""

    fence: Fence
    reason: str
    alone: bool = False


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
        return FenceState(Fence.UNPROVEN, "the fence was not proven")
    if not any(evidence.first(what) for what in _HOMECOMINGS):
        return FenceState(Fence.UNPROVEN, "home was never given back, so nobody came home to the fence")
    back = evidence.time_of("home is back")
    alone = bool(proven.facts.get("alone", False)) or back is None
    if not proven.facts.get("new") or not (alone or proven.facts.get("old")):
        return FenceState(Fence.UNPROVEN, "the fence was not tried on old and new connections")
    if back is not None and not any(e.ended > back for e in _stale(evidence)):
        return FenceState(Fence.UNPROVEN, "nobody tried home after it came back")
    return FenceState(Fence.PROVEN, "the fence was proven", alone)


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
        yield "before home was lost", struck - reach, struck
    if redirected is not None:
        served = evidence.time_of("served", register=register)
        yield "after the redirect", redirected.elapsed, inf if served is None else served


def shortfall(sealed: Mapping[str, bool], held: Mapping[str, bool], good: str) -> str:
    """What of the seal is missing or no longer `good`. What home itself did not hold to be good need only be there."""
    gone = sorted(sealed.keys() - held.keys())
    bad = sorted(name for name, was_good in sealed.items() if was_good and held.get(name) is False)
    return "; ".join(
        f"{what}: {', '.join(names)}" for what, names in (("missing", gone), (f"not {good}", bad)) if names
    )
