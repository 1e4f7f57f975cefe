"""A straight line through what was measured at several sizes, and how far a new measurement may lie from it.

The line is that of least squares under the condition that neither its beginning nor its slope is negative: no phase
takes less than no time, or gets shorter as the data grow. The band is the prediction interval of Student's t for one
new measurement. It takes the errors to be independent, normal and equally large at every size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean

METHOD = "least squares without negative terms; 95 % prediction interval of Student's t"
CONFIDENCE = 0.95
FEWEST = 3  # sizes: through two any line is perfect
_NOTHING = 1e-6  # seconds: as fine as times are kept


@dataclass(frozen=True, slots=True)
class Fit:
    """`at_zero + slope * size`, from measurements at these sizes."""

    at_zero: float
    slope: float
    sizes: tuple[float, ...]
    residuals: tuple[float, ...]  # measured minus the line
    r2: float | None  # the part of the spread that the line explains; None where nothing is spread
    grows: bool | None  # with 95 % confidence; None where it cannot be told
    level: bool = False  # its slope was not fitted: nothing can grow in it

    def at(self, size: float) -> float:
        """What the line says."""
        return self.at_zero + self.slope * size

    def band(self, size: float) -> tuple[float, float]:
        """In which a new measurement at that size lies, 95 times of 100; never below zero."""
        freedom = len(self.sizes) - (1 if self.level else 2)
        variance = sum(r * r for r in self.residuals) / freedom
        far = 0.0 if self.level else (size - fmean(self.sizes)) ** 2 / _squares(self.sizes)
        error = math.sqrt(variance * (1 + 1 / len(self.sizes) + far))
        half = t_quantile((1 + CONFIDENCE) / 2, freedom) * error
        return max(0.0, self.at(size) - half), self.at(size) + half


def fit(sizes: Sequence[float], values: Sequence[float]) -> Fit:
    """ValueError with fewer than three different sizes."""
    if len(set(sizes)) < FEWEST:
        raise ValueError(f"{len(set(sizes))} different sizes, and a line needs {FEWEST}")
    at_zero, slope = _best(sizes, values)
    residuals = tuple(y - at_zero - slope * x for x, y in zip(sizes, values, strict=True))
    return Fit(at_zero, slope, tuple(sizes), residuals, _explained(values, residuals), _grows(sizes, values))


def level(sizes: Sequence[float], values: Sequence[float]) -> Fit:
    """The mean, at every size."""
    mean = fmean(values)
    return Fit(mean, 0.0, tuple(sizes), tuple(y - mean for y in values), None, grows=False, level=True)


def together(fits: Sequence[Fit]) -> Fit:
    """The sum of lines through the same measurements, with what is left of their sums."""
    first = fits[0]
    residuals = tuple(map(sum, zip(*(each.residuals for each in fits), strict=True)))
    at_zero, slope = sum(each.at_zero for each in fits), sum(each.slope for each in fits)
    values = [at_zero + slope * x + r for x, r in zip(first.sizes, residuals, strict=True)]
    return Fit(at_zero, slope, first.sizes, residuals, _explained(values, residuals), _grows(first.sizes, values))


def _explained(values: Sequence[float], residuals: Sequence[float]) -> float | None:
    if max(values) - min(values) <= _NOTHING:
        return None
    mean = fmean(values)
    return 1 - sum(r * r for r in residuals) / sum((y - mean) ** 2 for y in values)


def _best(sizes: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Beginning and slope: those of least squares where neither is negative, else the better with one of them at 0."""
    mean, middle = fmean(values), fmean(sizes)
    slope = _slope(sizes, values)
    at_zero = mean - slope * middle
    if slope >= 0 and at_zero >= 0:
        return at_zero, slope
    steep = max(0.0, sum(x * y for x, y in zip(sizes, values, strict=True)) / sum(x * x for x in sizes))
    lines = [(max(0.0, mean), 0.0), (0.0, steep)]
    return min(
        lines, key=lambda line: sum((y - line[0] - line[1] * x) ** 2 for x, y in zip(sizes, values, strict=True))
    )


def _slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    mean, middle = fmean(values), fmean(sizes)
    return sum((x - middle) * (y - mean) for x, y in zip(sizes, values, strict=True)) / _squares(sizes)


def _grows(sizes: Sequence[float], values: Sequence[float]) -> bool | None:
    """Whether the slope is surely above zero; False where no slope is seen at all."""
    slope, middle, mean = _slope(sizes, values), fmean(sizes), fmean(values)
    growth = slope * (max(sizes) - min(sizes))
    if growth <= _NOTHING:
        return False
    left = [y - mean - slope * (x - middle) for x, y in zip(sizes, values, strict=True)]
    error = math.sqrt(sum(r * r for r in left) / (len(sizes) - 2) / _squares(sizes))
    return True if slope > t_quantile(CONFIDENCE, len(sizes) - 2) * error else None


def _squares(sizes: Sequence[float]) -> float:
    middle = fmean(sizes)
    return sum((x - middle) ** 2 for x in sizes)


@cache
def t_quantile(chance: float, freedom: int) -> float:
    """Student's t that is not exceeded with that chance (above one half), for whole degrees of freedom."""
    low, high = 0.0, 1.0
    while _within(high, freedom) < 2 * chance - 1:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < 2 * chance - 1 else (low, middle)
    return high


def _within(t: float, freedom: int) -> float:
    """The chance of lying between -t and t: the finite sums for odd and for even degrees of freedom."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine, odd = math.cos(angle), freedom % 2
    term, total = (cosine if odd else 1.0), 0.0
    for step in range((freedom - 1) // 2 if odd else freedom // 2):
        total += term
        term *= cosine**2 * ((2 * step + 2) / (2 * step + 3) if odd else (2 * step + 1) / (2 * step + 2))
    return 2 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total
