"""What went on over time, as plain series: seconds from the strike (from the beginning where nothing was struck)."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drill.evidence import Evidence
from drill.ledger import PROMISED, Entry, Errand, Outcome
from drill.measures import restored

_WIDTHS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)
_MOST_BINS = 120

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """From, until; seconds from the strike."""

    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Service:
    """What citizens met. Each point is (start of a bin, value); bins without a value are absent."""

    span: Span
    width: float  # of a bin, in seconds
    home: Points  # acknowledged a second
    embassy: Points
    refused: Points  # failed or left in doubt, a second, by when they were due
    median_ms: Points  # from when a try was due until it was acknowledged
    p95_ms: Points
    lag: Mapping[str, Points]  # by copy: bytes behind home, when it was asked
    away: Span | None  # from the strike until the last lost register was served again for good; None without a strike
    back: bool  # whether it was


def origin(evidence: Evidence) -> float:
    """The zero of the charts, on the drill's clock: the strike, proven or not."""
    return evidence.time_of("struck") or 0.0


def service(evidence: Evidence) -> Service | None:
    """None where no citizen has tried anything."""
    work = [e for e in evidence.ledger if e.errand is Errand.WORK and e.outcome is not Outcome.NOT_TRIED]
    if not work:
        return None
    zero = origin(evidence)
    first, last = min(e.due for e in work), max(e.ended for e in work)
    width = next((w for w in _WIDTHS if (last - first) / w <= _MOST_BINS), _WIDTHS[-1])
    span = Span(_floor(first - zero, width), _floor(last - zero, width) + width)
    promised = [e for e in work if e.outcome in PROMISED]
    waits = _waits(promised, zero, width)
    away = _away(evidence, span)
    return Service(
        *(span, width),
        home=_rate((e.ended for e in promised if e.site == "home"), zero, width),
        embassy=_rate((e.ended for e in promised if e.site == "embassy"), zero, width),
        refused=_rate((e.due for e in work if e.outcome not in PROMISED), zero, width),
        median_ms=tuple((at, statistics.median(each)) for at, each in waits),
        p95_ms=tuple((at, _p95(each)) for at, each in waits),
        lag=_lags(evidence, zero, span),
        away=None if away is None else Span(0.0, span.until if away[0] is None else away[0]),
        back=away is not None and away[0] is not None,
    )


def _floor(seconds: float, width: float) -> float:
    return seconds // width * width


def _rate(instants: Iterable[float], zero: float, width: float) -> Points:
    counted = Counter(_floor(instant - zero, width) for instant in instants)
    return tuple((at, counted[at] / width) for at in sorted(counted))


def _waits(entries: Iterable[Entry], zero: float, width: float) -> list[tuple[float, list[float]]]:
    """By bin, in milliseconds."""
    waited: dict[float, list[float]] = defaultdict(list)
    for entry in entries:
        waited[_floor(entry.ended - zero, width)].append((entry.ended - entry.due) * 1000)
    return sorted(waited.items())


def _p95(values: list[float]) -> float:
    """By nearest rank."""
    return sorted(values)[-(-95 * len(values) // 100) - 1]


def _lags(evidence: Evidence, zero: float, span: Span) -> dict[str, Points]:
    lags: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for event in evidence.all("lag"):
        at = event.elapsed - zero
        if span.since <= at <= span.until and isinstance(event.facts.get("bytes"), int):
            lags[str(event.facts.get("copy"))].append((at, float(event.facts["bytes"])))
    return {copy: tuple(points) for copy, points in lags.items()}


def _away(evidence: Evidence, span: Span) -> tuple[float | None] | None:
    """When the last lost register was back, or that none can be named; None without a strike."""
    struck = evidence.time_of("struck")
    if struck is None:
        return None
    back = [restored(evidence, register) for register in evidence.lost]
    known = [instant for instant in back if instant is not None]
    if not known or len(known) < len(back):
        return (None,)
    return (min(max(known) - struck, span.until),)
