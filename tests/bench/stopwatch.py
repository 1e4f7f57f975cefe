"""How long things take: in turns with their floor, so that a noisy machine is noisy for both."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Act = Callable[[], object]
Measure = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """What several rounds measured, in `unit`, and what their floor did; medians are told, every round is kept."""

    name: str
    ours: Sequence[float]
    floor: Sequence[float] = ()
    unit: str = "s"
    target: str = ""  # "<= 1.25 x floor"

    @property
    def median(self) -> float:
        return statistics.median(self.ours)

    @property
    def floor_median(self) -> float | None:
        """None without a floor."""
        return statistics.median(self.floor) if self.floor else None

    @property
    def ratio(self) -> float | None:
        """Of the medians; None without a floor."""
        return None if self.floor_median is None else self.median / self.floor_median


def seconds(act: Act) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def in_turns(name: str, ours: Measure, floor: Measure, rounds: int, *, unit: str = "s", target: str = "") -> Figure:
    """Both return what they measured: what prepares a round is not timed. Each goes first every other time."""
    pairs: list[tuple[float, float]] = []
    for turn in range(rounds):
        if turn % 2:
            theirs = floor()
            pairs.append((ours(), theirs))
        else:
            pairs.append((ours(), floor()))
    return Figure(name, [mine for mine, _ in pairs], [theirs for _, theirs in pairs], unit, target)


def quiet(*warm: Path) -> None:
    """The same state for each round: nothing left to be written, and these folders in the page cache."""
    os.sync()
    for folder in warm:
        for top, _, files in os.walk(folder):
            for name in files:
                with Path(top, name).open("rb") as file:
                    while file.read(1 << 20):
                        pass
