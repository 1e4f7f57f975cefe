"""How the runs of a scenario developed, and what a new one may be held against."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from drill.history.records import KIN, Record

LATEST = 20  # comparable runs that a baseline is made of


@dataclass(frozen=True, slots=True)
class Baseline:
    """What comparable earlier runs took: seconds of RTA."""

    median_s: float
    spread_s: float  # the median of the distances from the median
    runs: int

    @classmethod
    def of(cls, earlier: Iterable[Record]) -> Self | None:
        """Of the latest of them that have an RTA; None where none has."""
        known = [record.rta_s for record in earlier if record.rta_s is not None][-LATEST:]
        if not known:
            return None
        median = statistics.median(known)
        return cls(median, statistics.median(abs(rta - median) for rta in known), len(known))


def comparable(records: Iterable[Record], kin: Sequence[str]) -> list[Record]:
    """Those whose times may be set beside those of a run of that kin."""
    return [record for record in records if record.comparable and record.kin == tuple(kin)]


def apart(one: Record, other: Record) -> list[str]:
    """Why two runs may not be compared; empty when they may."""
    differing = [
        f"another {what}: {short(mine)} and {short(theirs)}"
        for what, mine, theirs in zip(KIN, one.kin, other.kin, strict=True)
        if mine != theirs
    ]
    alone = [f"{record.run_id} is not comparable with any" for record in (one, other) if not record.comparable]
    return differing + alone


def short(value: str) -> str:
    """A part of a kin for people: of a hash its beginning."""
    return value[:12] if len(value) == 64 else value or "unknown"


def kinships(records: Iterable[Record]) -> dict[tuple[str, ...], list[Record]]:
    """The comparable ones of each kin, in order."""
    found: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        if record.comparable:
            found.setdefault(record.kin, []).append(record)
    return found


def held_against(records: Iterable[Record], kin: Sequence[str], limit: float) -> dict[str, Any]:
    """The facts by which the check `regression` will judge a new run: `limit` is a share, 0.2 for 20 %."""
    baseline = Baseline.of(comparable(records, kin))
    if baseline is None:
        return {"limit": limit, "runs": 0, "median_s": None, "spread_s": None}
    return {"limit": limit, "runs": baseline.runs, "median_s": baseline.median_s, "spread_s": baseline.spread_s}
