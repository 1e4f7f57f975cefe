"""From recoveries that were really drilled at several sizes to what one would take at another: an estimate.

Each phase is a straight line over the size, fitted by itself; the recovery time is their sum. What was never drilled
(another machine, a disk that is full, a cache that is too small) is in no line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Self

from drill.errors import ScenarioError
from drill.fit import FEWEST, Fit, fit, level, together
from drill.link import Link, told
from drill.phases import NAMES, summed
from drill.result import Judged

KIN = (
    *("scenario", "host", "machine", "PostgreSQL", "outage", "recovery", "copy", "citizens let in", "link"),
    *("registers", "own data"),
)
_STATED = {"detect", "declare", "fence"}  # as long as the scenario says, or as a cable takes: no matter how much data
_APART = 2  # times the smallest size, the largest must be at least
_HARMLESS = {"people", "seed", "rto", "rpo"}  # overridden, they change no time but by the size


@dataclass(frozen=True, slots=True)
class Drilled:
    """The figures of one run that recovered; seconds and bytes. `kin` is what runs of one line have in common."""

    run_id: str
    began: datetime
    kin: tuple[str, ...]
    people: int
    size: int | None  # bytes of the registers when they were sealed; None where nobody looked
    phases: Mapping[str, float]  # of the register that was slowest; they sum to the recovery time

    @classmethod
    def of(cls, run: Judged) -> Self:
        """ValueError, with the reason, for a run that no line can go through."""
        began, started = run.evidence.began, run.evidence.first("began")
        if started is None or not set(began.get("overridden", ())) <= _HARMLESS or run.flaws:
            raise ValueError("; ".join(run.flaws) or "another scenario was played than its file says")
        if run.total.rta_s is None or not run.total.phases:
            raise ValueError("no recovery time was measured")
        spent = summed((phase.name, phase.seconds) for phase in run.total.phases)
        sizes = [e.facts.get("bytes") for e in run.evidence.all("sealed")]
        whole = sum(int(size) for size in sizes if size) if sizes and all(sizes) else None
        return cls(run.run_id, started.at, _kin(began), int(began["people"]), whole, spent)


def _kin(began: Mapping[str, object]) -> tuple[str, ...]:
    major = str(began.get("postgres", "")).partition(".")[0]
    machine = began.get("fingerprint") or began.get("machine")
    asked, own, registers = began.get("link"), began.get("own_data"), began.get("registers")
    link = told(asked) if isinstance(asked, Mapping) else "none"
    data = str(own.get("sha256")) if isinstance(own, Mapping) else "none"
    names = ", ".join(map(str, registers)) if isinstance(registers, list) else ""
    first = (began.get("scenario"), began.get("host"), machine, major, *map(began.get, ("outage", "recovery", "copy")))
    return (*map(str, (*first, began.get("serve"))), link, names, data)


@dataclass(frozen=True, slots=True)
class Expected:
    """One line, and what it says of the size that was asked for: seconds (or bytes), and between which it lies."""

    name: str
    fit: Fit
    at: float
    low: float
    high: float

    @classmethod
    def of(cls, name: str, line: Fit, size: float) -> Self:
        return cls(name, line, line.at(size), *line.band(size))


@dataclass(frozen=True, slots=True)
class Wish:
    """The size that is asked for, of people or of bytes; over which link a copy of it has to come."""

    people: int | None = None
    size: int | None = None
    link: Link | None = None

    @property
    def unit(self) -> str:
        return "people" if self.people is not None else "bytes"

    @property
    def amount(self) -> int:
        return self.people if self.people is not None else self.size or 0

    def of(self, run: Drilled) -> int | None:
        """The size of a run in this unit."""
        return run.people if self.people is not None else run.size


@dataclass(frozen=True, slots=True)
class Projection:
    """What would be expected at the size of the wish."""

    wish: Wish
    kin: tuple[str, ...]
    runs: tuple[Drilled, ...]
    phases: tuple[Expected, ...]
    total: Expected
    data: Expected | None  # bytes at that size; None where runs did not tell theirs
    transfer_s: float | None  # the least that the link takes for one whole copy of that

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes that were drilled, smallest first; in bytes those of as many people are one."""
        alike: defaultdict[int, list[int]] = defaultdict(list)
        for run in self.runs:
            alike[run.people].append(self.wish.of(run) or 0)
        return tuple(sorted(round(median(each)) for each in alike.values()))

    @property
    def factor(self) -> float:
        """How many times the largest that was drilled."""
        return self.wish.amount / self.sizes[-1]


def project(runs: Iterable[Drilled], wish: Wish, scenario: str | None = None) -> Projection:
    """Through the latest kin with three sizes. ScenarioError where there is none: a line through two is no estimate."""
    kin = _chosen([run for run in runs if scenario in (None, run.kin[0])], wish, scenario)
    sizes = [float(wish.of(run) or 0) for run in kin]
    names = [name for name in NAMES if any(name in run.phases for run in kin)]
    lines = {
        name: (level if name in _STATED else fit)(sizes, [run.phases.get(name, 0.0) for run in kin]) for name in names
    }
    data = _data(kin, wish)
    return Projection(
        wish,
        kin[0].kin,
        tuple(kin),
        tuple(Expected.of(name, line, wish.amount) for name, line in lines.items()),
        Expected.of("RTA", together(list(lines.values())), wish.amount),
        data,
        _transfer(wish, data),
    )


def _chosen(runs: Sequence[Drilled], wish: Wish, scenario: str | None) -> list[Drilled]:
    kins: defaultdict[tuple[str, ...], list[Drilled]] = defaultdict(list)
    for run in runs:
        if wish.of(run):
            kins[run.kin].append(run)
    enough = [kin for kin in kins.values() if _suffice(kin, wish)]
    if enough:
        latest = max(enough, key=lambda kin: max(run.began for run in kin))
        return sorted(latest, key=lambda run: run.began)
    most = max(kins.values(), key=lambda kin: len({run.people for run in kin}), default=[])
    asked = scenario or "any scenario"
    raise ScenarioError(
        f"no scenario was drilled at {FEWEST} sizes alike in all else, the largest {_APART} times the smallest:"
        f" {_sizes(most, wish) if most else f'no usable run of {asked} was found'}",
        hint="play it with `drill run SCENARIO --people N` for three sizes or more, as far apart as the machine allows",
    )


def _sizes(runs: Sequence[Drilled], wish: Wish) -> str:
    """Those at which one kin was drilled, for people."""
    people = ", ".join(map(str, sorted({run.people for run in runs})))
    bytes_ = [(wish.of(run) or 0) / 1e6 for run in runs]
    held = f", in databases of {min(bytes_):.1f} to {max(bytes_):.1f} MB" if wish.people is None else ""
    return f"{runs[0].kin[0]} on {runs[0].kin[1]} was drilled with {people} people{held}"


def _suffice(runs: Sequence[Drilled], wish: Wish) -> bool:
    """Different numbers of people: databases of as many differ by some pages, which makes no other size of them."""
    sizes = [wish.of(run) or 0 for run in runs]
    return len({run.people for run in runs}) >= FEWEST and max(sizes) >= _APART * min(sizes)


def _data(runs: Sequence[Drilled], wish: Wish) -> Expected | None:
    """Bytes over people, where bytes are not what was asked for."""
    told = [(run.people, run.size) for run in runs if run.size is not None]
    if wish.people is None or len({people for people, _ in told}) < FEWEST:
        return None
    line = fit([float(people) for people, _ in told], [float(size) for _, size in told])
    return Expected.of("data", line, wish.people)


def _transfer(wish: Wish, data: Expected | None) -> float | None:
    size = wish.size if data is None else data.at
    if wish.link is None or size is None:
        return None
    line = 0.0 if wish.link.bandwidth is None else size * 8 / wish.link.bandwidth
    return line + (wish.link.rtt or 0.0)
