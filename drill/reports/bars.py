"""Charts of spans: the acts of a drill, and where the time of each lost register went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drill.phases import NAMES
from drill.reports.drawing import Axis, Key, Sheet, Tick, along, anchor_of, fitted, legend, width_of
from drill.reports.series import origin
from drill.reports.text import duration
from drill.result import Judged
from drill.timeline import pauses

_ROW, _TALL_ROW, _BAR = 26.0, 40.0, 14.0
_VALUE = 56.0
_BEYOND = 4.0  # how many times longer than what is shown an RTO may be, and still be shown in full
_ACTS = ("prepare", "calm", "outage", "notice", "recovery", "homecoming", "survey")


@dataclass(frozen=True, slots=True)
class Block:
    """A span within a row; `says` only where it fits in."""

    x: float
    width: float
    look: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing with its spans, its value at their end, and its objective where it has one of its own."""

    y: float  # the top of its bar
    says: str
    says_x: float
    says_y: float
    blocks: tuple[Block, ...]
    value: str
    value_x: float
    value_y: float
    anchor: str  # of the value: start where it follows the bar, end where it ends at its place
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A line from top to bottom, with words at its head; `beyond` when it lies outside and an arrow points there."""

    x: float
    says: str
    anchor: str = "middle"
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """A drawing of spans. `says` tells in words what it shows."""

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
    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    keys: tuple[Key, ...]
    looks: tuple[str, ...]
    bar: float = _BAR


def acts(run: Judged, sheet: Sheet) -> Bars | None:
    """The acts against the clock, with the strike and the RTO of the slowest register; None when none was begun."""
    spans = list(_acts(run))
    if not spans:
        return None
    zero, frame = origin(run.evidence), _Frame(sheet, 96.0)
    low, end = min(0.0, *(s - zero for _, s, _ in spans)), max(0.0, *(e - zero for _, _, e in spans))
    limit = _deadline(run)
    shown = max(end, limit or end) if limit is None or limit <= _BEYOND * max(end, 1.0) else end
    across = frame.across(low, shown * 1.02 if shown > 0 else shown)
    keys, top = legend(sheet, 4.0, 12.0, [("act", "act"), ("counts", "act that counts against the RTO")])
    top += 20
    rows = []
    for n, (name, since, until) in enumerate(spans):
        look = "counts" if name in ("outage", "notice", "recovery") else "act"
        block = _block(across, since - zero, until - zero, look)
        rows.append(frame.row(n, top, name, (block,), duration(until - since)))
    marks = list(_marks(run, frame, across, limit))
    said = ", ".join(f"{name} {duration(until - since)}" for name, since, until in spans)
    return frame.bars("acts", "The acts of the drill", f"{said}. {_against(run)}", top, across, rows, marks, keys)


def phases(run: Judged, sheet: Sheet) -> Bars | None:
    """Of each lost register its phases from the strike on, against its RTO; None when none has its times."""
    lost = [r for r in run.figures if r in run.evidence.lost]
    times = [t for r in lost if (t := run.figures[r].rta_s) is not None]
    if not times:
        return None
    frame = _Frame(sheet, 140.0)
    limits = [t for r in lost if (t := run.figures[r].rto_s) is not None]
    near = [t for t in limits if t <= _BEYOND * max(times)]
    across = frame.across(0.0, max([*times, *near]) * (1.02 if near else 1.18))
    used = {p.name for r in lost for p in run.figures[r].phases}
    names = [name for name in NAMES if name in used]
    keys, top = legend(sheet, 4.0, 12.0, [*((n, n) for n in names), ("until", "RTO")])
    top += 6
    rows = [_register(run, register, n, top, frame, across) for n, register in enumerate(lost)]
    title = "Where the time went, for each lost register"
    said = "; ".join(f"{r}: RTA {duration(run.figures[r].rta_s)}, RTO {duration(run.figures[r].rto_s)}" for r in lost)
    return frame.bars("phases", title, f"{said}.", top, across, rows, [], keys, tuple(names))


def _register(run: Judged, register: str, n: int, top: float, frame: _Frame, across: Axis) -> Row:  # noqa: PLR0913
    figures, at, parts = run.figures[register], 0.0, []
    for phase in figures.phases:
        parts.append(_block(across, at, at + phase.seconds, phase.name))
        at += phase.seconds
    limit = figures.rto_s
    inside = limit is not None and limit <= across.high
    value = duration(figures.rta_s) if figures.rta_s is not None else "not recovered, or not known"
    if limit is not None and not inside:
        value += f"; RTO {duration(limit)} →"
    return frame.row(n, top, register, tuple(parts), value, across.at(limit) if limit is not None and inside else None)


def _acts(run: Judged) -> Iterator[tuple[str, float, float]]:
    """Name, beginning and end of each act; one that never ended lasts as long as there is evidence."""
    over = run.evidence.events[-1].elapsed if run.evidence.events else 0.0
    for name in _ACTS:
        began = run.evidence.time_of("act began", act=name)
        ended = run.evidence.time_of("act ended", act=name) or run.evidence.time_of("act broke", act=name)
        if began is not None:
            yield name, began, over if ended is None else ended


def _deadline(run: Judged) -> float | None:
    """When the RTO of the slowest register was over, in seconds from the strike; pauses put it off."""
    struck = run.evidence.time_of("struck")
    if struck is None or run.total.rto_s is None:
        return None
    end = struck + run.total.rto_s
    return run.total.rto_s + sum(pause.within(struck, end) for pause in pauses(run.evidence.events))


def _against(run: Judged) -> str:
    return f"RTA {duration(run.total.rta_s)} against an RTO of {duration(run.total.rto_s)}."


def _marks(run: Judged, frame: _Frame, across: Axis, limit: float | None) -> Iterator[Mark]:
    """The strike, and the RTO of the slowest register after it."""
    if run.evidence.time_of("struck") is None:
        return
    says, struck = f"RTO {duration(run.total.rto_s)}", across.at(0.0)
    if limit is None or limit > across.high:
        yield from _strike_alone(frame, struck, "" if limit is None else f"{says} →")
        return
    x = across.at(limit)
    close = x - struck < (width_of(says) + width_of("strike")) / 2 + 8
    room = struck > width_of("strike") + 8
    yield Mark(struck, "strike", "end" if close and room else anchor_of(frame.sheet, struck, "strike"))
    anchor = anchor_of(frame.sheet, x, says)
    yield Mark(x, says, "start" if close and anchor == "middle" else anchor)


def _strike_alone(frame: _Frame, struck: float, pointer: str) -> Iterator[Mark]:
    """The strike, and a pointer to what lies outside; in one where there is no room for both."""
    if pointer and struck + width_of("strike") > frame.right - width_of(pointer) - 8:
        says = f"strike, {pointer}"
        yield Mark(struck, says, anchor_of(frame.sheet, struck, says))
        return
    yield Mark(struck, "strike", anchor_of(frame.sheet, struck, "strike"))
    if pointer:
        yield Mark(frame.right, pointer, "end", beyond=True)


def _block(across: Axis, since: float, until: float, look: str) -> Block:
    x, end = across.at(since), across.at(until)
    width = round(max(1.0, end - x), 1)
    return Block(x, width, look, look if width_of(look) + 10 <= width and look in NAMES else "")


@dataclass(frozen=True)
class _Frame:
    sheet: Sheet
    labels: float  # the room for the names of rows, where they stand beside their bars

    @property
    def left(self) -> float:
        return 8.0 if self.sheet.narrow else self.labels

    @property
    def right(self) -> float:
        return self.sheet.width - 12

    def across(self, low: float, high: float) -> Axis:
        """With room for the value of the longest bar, where values stand beside their bars."""
        return Axis(low, high, self.left, self.right - (0.0 if self.sheet.narrow else _VALUE))

    def row(  # noqa: PLR0913 - a row has so many parts
        self, n: int, top: float, says: str, blocks: tuple[Block, ...], value: str, until: float | None = None
    ) -> Row:
        tall = self.sheet.narrow
        y = top + n * (_TALL_ROW if tall else _ROW) + (20.0 if tall else 6.0)
        end = max((b.x + b.width for b in blocks), default=self.left)
        if tall:  # name and value in one line above the bar
            label = fitted(says, self.sheet.width - width_of(value) - 24)
            return Row(y, label, 8.0, y - 6, blocks, value, self.right, y - 6, "end", until)
        if until is not None and end - 4 <= until <= end + 10 + width_of(value):
            end = until  # the value does not hide the objective
        fits = end + 6 + width_of(value) <= self.sheet.width
        label, place = fitted(says, self.labels - 14), (round(end + 6, 1), y + 11, "start")
        return Row(y, label, 4.0, y + 11, blocks, value, *(place if fits else (self.right, y + 11, "end")), until)

    def bars(  # noqa: PLR0913 - a drawing has so many parts
        self,
        name: str,
        title: str,
        says: str,
        top: float,
        across: Axis,
        rows: Sequence[Row],
        marks: Sequence[Mark],
        keys: tuple[Key, ...],
        looks: tuple[str, ...] = ("act", "counts"),
    ) -> Bars:
        bottom = top + len(rows) * (_TALL_ROW if self.sheet.narrow else _ROW) + 4
        return Bars(
            *(self.sheet, name, title, says),
            height=bottom + 36,
            top=top,
            bottom=bottom,
            left=self.left,
            right=self.right,
            across=along(self.sheet, across, 4 if self.sheet.narrow else 8),
            rows=tuple(rows),
            marks=tuple(marks),
            keys=keys,
            looks=looks,
        )
