"""Charts over time: what was acknowledged, how long it took, how far the copies were behind."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from drill.reports.drawing import Axis, Key, Sheet, Tick, along, blocks, decades, fitted, legend, line, steps
from drill.reports.series import Points, Service, Span
from drill.reports.text import duration, size

_HEIGHT = 130.0  # of the field
_LEFT = 58.0
_DASHES = ("solid", "dashed", "dotted", "long")


@dataclass(frozen=True, slots=True)
class Path:
    """A drawn series; `look` is its pattern or its kind of line."""

    d: str
    look: str


@dataclass(frozen=True, slots=True)
class Band:
    """A span that is marked, from top to bottom."""

    x: float
    width: float
    look: str
    says: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing over time. `says` tells in words what it shows."""

    sheet: Sheet
    name: str
    title: str
    says: str
    height: float
    top: float
    bottom: float
    left: float
    right: float
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    bands: tuple[Band, ...]
    keys: tuple[Key, ...]
    areas: tuple[Path, ...] = ()
    lines: tuple[Path, ...] = ()
    looks: tuple[str, ...] = field(default=("away",))  # patterns that it needs


def plots(service: Service, sheet: Sheet) -> Iterator[Plot]:
    """One drawing for each thing that was measured; all with the same time axis."""
    yield _acknowledged(service, sheet)
    if service.median_ms:
        yield _latency(service, sheet)
    if service.lag:
        yield _lag(service, sheet)


def _acknowledged(service: Service, sheet: Sheet) -> Plot:
    series = (service.home, service.embassy, service.refused)
    high = max((value for points in series for _, value in points), default=0.0) or 1.0
    entries = [("home", "by home"), ("embassy", "by the embassy"), ("thick", "failed or in doubt")]
    frame = _Frame(service, sheet, entries)
    up = frame.up(0.0, high)
    areas = [(service.home, "home"), (service.embassy, "embassy")]
    middles = tuple((at + service.width / 2, value) for at, value in service.refused)
    return frame.plot(
        "acks",
        "Acknowledged transactions per second",
        _said_of_acks(service),
        [Tick(up.at(value), f"{value:g}") for value in steps(0.0, high, 4)],
        areas=[Path(blocks(points, frame.across, up, service.width), look) for points, look in areas],
        lines=[Path(line(middles, frame.across, up, service.width * 1.5), "thick")],
        looks=("away", "home", "embassy"),
    )


def _latency(service: Service, sheet: Sheet) -> Plot:
    both = {"solid": service.median_ms, "dashed": service.p95_ms}
    values = [max(value, 0.01) for points in both.values() for _, value in points]
    frame = _Frame(service, sheet, [("solid", "median"), ("dashed", "95th percentile")])
    marks = list(decades(min(values), max(max(values), min(values) * 1.01)))
    up = frame.up(math.log10(marks[0]), math.log10(marks[-1]))
    return frame.plot(
        "latency",
        "Latency of what was acknowledged",
        f"The highest median of an interval is {max(v for _, v in service.median_ms):.1f} ms,"
        f" the highest 95th percentile {max(v for _, v in service.p95_ms):.1f} ms. The scale is logarithmic.",
        [Tick(up.at(math.log10(mark)), f"{mark:g} ms" if mark < 1000 else f"{mark / 1000:g} s") for mark in marks],
        lines=[Path(frame.drawn(points, up), look) for look, points in both.items()],
    )


def _lag(service: Service, sheet: Sheet) -> Plot:
    high = max((value for points in service.lag.values() for _, value in points), default=0.0) or 1.0
    named = dict(zip(service.lag, _DASHES * (1 + len(service.lag) // len(_DASHES)), strict=False))
    frame = _Frame(service, sheet, [(named[copy], f"copy {copy}") for copy in service.lag])
    up = frame.up(0.0, high)
    beat = max(5 * service.width, 5.0)
    lines = [Path(line(points, frame.across, up, beat), named[copy]) for copy, points in service.lag.items()]
    return frame.plot(
        "lag",
        "Replication lag",
        f"How much of home's log a copy had not yet received; at most {size(round(high))}.",
        [Tick(up.at(value), size(round(value))) for value in steps(0.0, high, 4)],
        lines=lines,
    )


def _said_of_acks(service: Service) -> str:
    def at_most(points: Points) -> str:
        return f"at most {max((value for _, value in points), default=0.0):.0f} a second"

    said = f"Home acknowledged {at_most(service.home)}, the embassy {at_most(service.embassy)}."
    if service.away is None:
        return f"{said} Nothing was struck."
    if not service.back:
        return f"{said} Not every lost register was served again for good."
    return f"{said} The last lost register was served again {duration(service.away.until)} after the strike."


@dataclass(frozen=True)
class _Frame:
    """What all drawings over time share."""

    service: Service
    sheet: Sheet
    entries: Sequence[tuple[str, str]]

    @property
    def _legend(self) -> tuple[tuple[Key, ...], float]:
        named = [*self.entries, *([("away", "outage")] if self.service.away else [])]
        return legend(self.sheet, 4.0, 12.0, named)

    @property
    def _top(self) -> float:
        return self._legend[1] + 8

    @property
    def across(self) -> Axis:
        """Seconds to places."""
        return Axis(self.service.span.since, self.service.span.until, _LEFT, self.sheet.width - 12)

    def up(self, low: float, high: float) -> Axis:
        """Values to places."""
        return Axis(low, high, self._top + _HEIGHT, self._top + 8)

    def drawn(self, points: Points, up: Axis) -> str:
        """On a logarithmic scale, each point in the middle of its interval."""
        half = self.service.width / 2
        scaled = tuple((at + half, math.log10(max(value, 0.01))) for at, value in points)
        return line(scaled, self.across, up, self.service.width * 2.5)

    def plot(self, name: str, title: str, says: str, up: Sequence[Tick], **drawn: Sequence[Path | str]) -> Plot:
        """The whole drawing."""
        across = self.across
        series: Mapping[str, tuple[Path | str, ...]] = {key: tuple(paths) for key, paths in drawn.items()}
        return Plot(
            *(self.sheet, name, title, says),
            height=self._top + _HEIGHT + 38,
            top=self._top,
            bottom=self._top + _HEIGHT,
            left=_LEFT,
            right=self.sheet.width - 12,
            across=along(self.sheet, across, 4 if self.sheet.narrow else 9),
            up=tuple(up),
            bands=tuple(_bands(self.service.away, across)),
            keys=self._legend[0],
            **series,  # type: ignore[arg-type]
        )


def _bands(away: Span | None, across: Axis) -> Iterator[Band]:
    if away is not None:
        start, end = across.at(away.since), across.at(away.until)
        width = round(max(1.0, end - start), 1)
        yield Band(start, width, "away", fitted("outage", width))
