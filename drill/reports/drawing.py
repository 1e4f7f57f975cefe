"""What charts are measured with: axes, ticks, paths, words that fit. Lengths are units of the drawing."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drill.reports.series import Points
from drill.reports.text import printable

LETTER = 6.3  # the width of a usual letter at the size of a label
_GAP = 14.0  # between two entries of a legend
_SWATCH = 22.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn on: its width, and whether that is a telephone's."""

    prefix: str  # of every id in the drawing, so that no two drawings of a page share one
    width: float = 720.0

    @property
    def narrow(self) -> bool:
        """Labels stand above what they name."""
        return self.width < 500


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and what is written there."""

    at: float
    says: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend."""

    x: float
    y: float
    look: str
    says: str


@dataclass(frozen=True, slots=True)
class Axis:
    """From values to places."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value, rounded as it is written."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(self.start + share * (self.end - self.start), 1)


def steps(low: float, high: float, most: int) -> Iterator[float]:
    """Round numbers between two values, both included where they are round; at most about so many."""
    rough = (high - low) / max(1, most) or 1.0
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * times for times in (1, 2, 5, 10) if size * times >= rough)
    number = math.ceil(low / step - 1e-9)
    while number * step <= high + step * 1e-9:
        yield round(number * step, 10)
        number += 1


def decades(low: float, high: float) -> Iterator[float]:
    """The powers of ten from one to the other."""
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        yield 10.0**power


def instant(seconds: float) -> str:
    """A place on a time axis: 0, 90 s, 15 min, 3 h; before the strike with a minus."""
    length, sign = abs(seconds), "−" if seconds < 0 else ""  # noqa: RUF001 - a minus
    if length >= 7200:
        return f"{sign}{length / 3600:g} h"
    if length >= 300:
        return f"{sign}{length / 60:g} min"
    return f"{sign}{length:g} s" if length else "0"


def anchor_of(sheet: Sheet, at: float, says: str) -> str:
    """Where a label begins or ends so that it stays on the sheet."""
    half = width_of(says) / 2 + 4  # bold letters are wider
    return "start" if at < half else "end" if at + half > sheet.width else "middle"


def along(sheet: Sheet, axis: Axis, most: int) -> tuple[Tick, ...]:
    """The ticks of a time axis."""
    marks = ((axis.at(mark), instant(mark)) for mark in steps(axis.low, axis.high, most))
    return tuple(Tick(at, says, anchor_of(sheet, at, says)) for at, says in marks)


def width_of(text: str) -> float:
    """About how wide a label is."""
    return LETTER * sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fitted(text: object, room: float) -> str:
    """The text, cut where it would not fit."""
    words = printable(text)
    if width_of(words) <= room:
        return words
    while words and width_of(words) + LETTER > room:
        words = words[:-1]
    return f"{words.rstrip()}…"


def line(points: Points, across: Axis, up: Axis, longest: float) -> str:
    """A path through the points; it breaks where two are further apart than `longest`."""
    parts, before = [], -math.inf
    for at, value in points:
        parts.append(f"{'L' if at - before <= longest else 'M'}{across.at(at)} {up.at(value)}")
        before = at
    return " ".join(f"{part} h0.1" if _alone(parts, n) else part for n, part in enumerate(parts))


def _alone(parts: Sequence[str], n: int) -> bool:
    """A point without neighbours, which would not be seen."""
    return parts[n].startswith("M") and (n + 1 == len(parts) or parts[n + 1].startswith("M"))


def blocks(points: Points, across: Axis, up: Axis, width: float) -> str:
    """A closed path: one block for each point, from the axis up to its value."""
    floor = up.at(0.0)
    return " ".join(
        f"M{across.at(at)} {floor} V{up.at(value)} H{across.at(at + width)} V{floor} Z" for at, value in points if value
    )


def legend(sheet: Sheet, left: float, top: float, entries: Sequence[tuple[str, str]]) -> tuple[tuple[Key, ...], float]:
    """Entries (look, words) side by side, in as many lines as they need; and where the drawing may go on below."""
    keys, x, y = [], left, top
    for look, says in entries:
        words = fitted(says, sheet.width - left - _SWATCH - 4)
        if x > left and x + _SWATCH + width_of(words) > sheet.width:
            x, y = left, y + 17
        keys.append(Key(round(x, 1), y, look, words))
        x += _SWATCH + width_of(words) + _GAP
    return tuple(keys), y + 17 if entries else top
