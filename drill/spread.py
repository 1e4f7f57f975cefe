"""One figure over several runs: what was seen, and what may be said of runs that were not made.

The bounds need no distribution: an order statistic of N alike and independent runs lies above a quantile with a chance
that follows from N alone (the binomial distribution). With too few runs no order statistic does, and there is none.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

CONFIDENCE = 0.95  # one-sided
METHOD = "order statistics, free of any distribution, one-sided 95 %"
QUANTILES = {"median": 0.5, "p95": 0.95}


@dataclass(frozen=True, slots=True)
class Bound:
    """With 95 % confidence the quantile of all such runs is at most this; None where that cannot be said, and why."""

    quantile: str  # median | p95
    at_most: float | None
    needs: int  # runs, so that there can be one
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure over several runs, in seconds. Runs that have no such figure are counted, never guessed."""

    median: float | None
    p95: float | None
    worst: float | None
    measured: int
    unmeasured: int
    bounds: tuple[Bound, ...] = ()

    @classmethod
    def over(cls, values: Iterable[float | None]) -> Self:
        """p95 is by nearest rank: the smallest value that 95 % of the runs do not exceed. None for no runs."""
        values = list(values)
        known = sorted(v for v in values if v is not None)
        missing = len(values) - len(known)
        if not known:
            return cls(None, None, None, 0, missing)
        return cls(statistics.median(known), known[math.ceil(0.95 * len(known)) - 1], known[-1], len(known), missing)

    def bounded(self, values: Sequence[float | None], why_not: str = "") -> Self:
        """The same with its bounds; None in `values` counts as longer than all others, which is on the safe side."""
        return replace(self, bounds=tuple(_bound(quantile, values, why_not) for quantile in QUANTILES))


def fewest(chance: float) -> int:
    """So many runs make the longest of them a bound of that quantile."""
    return math.ceil(math.log(1 - CONFIDENCE) / math.log(chance))


def rank(runs: int, chance: float) -> int | None:
    """The smallest rank, from 1, of so many runs that lies above the quantile with 95 % confidence; None: too few.

    The run of rank r lies above it when fewer than r of all runs lie below.
    """
    below = 0.0
    for successes in range(runs):
        below += math.comb(runs, successes) * chance**successes * (1 - chance) ** (runs - successes)
        if below >= CONFIDENCE:
            return successes + 1
    return None


def _bound(quantile: str, values: Sequence[float | None], why_not: str) -> Bound:
    chance, runs = QUANTILES[quantile], len(values)
    needs, found = fewest(chance), rank(runs, chance)
    if why_not or found is None:
        return Bound(quantile, None, needs, why_not or f"too few runs: {runs} of the {needs} that are needed")
    at = sorted(math.inf if value is None else value for value in values)[found - 1]
    if math.isinf(at):
        return Bound(quantile, None, needs, "too many runs have no such figure, or are not comparable")
    return Bound(quantile, at, needs)
