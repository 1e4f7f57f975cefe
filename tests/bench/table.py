"""What a bench was asked for, and its figures as they come: a table in Markdown, and all of it as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from tests.bench.machine import machine
from tests.bench.stopwatch import Figure

SIZES = (13_000, 130_000, 1_300_000)
Measured = tuple[int, Figure]  # with the number of people; 0 where it does not depend on them

_HEAD = (
    "| what / its floor | people | ours | floor | ratio | least to most (rounds) | target |",
    "|---|---:|---:|---:|---:|---:|---|",
)
_FEW = {1_300_000: 3, 130_000: 4}  # rounds at most, of what takes minutes


def options(says: str | None) -> argparse.ArgumentParser:
    """What every bench can be asked; its first line of help is that of `says`."""
    asked = argparse.ArgumentParser(description=says, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--people", type=_sizes, default=SIZES, metavar="N,N")
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--json", type=Path, metavar="FILE")
    return asked


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


def rounds_for(people: int, rounds: int) -> int:
    """Fewer for a country than for a town."""
    return min([rounds, *(few for size, few in _FEW.items() if people >= size)])


def tell(figures: Iterable[Measured], file: Path | None) -> None:
    """Print each figure as it is measured; where a file is named, all so far are in it, also when a later one fails."""
    where = machine()
    _say("; ".join(f"{name}: {said}" for name, said in where.items()) + "\n")
    for line in _HEAD:
        _say(line)
    told: list[dict[str, object]] = []
    for people, figure in figures:
        _say(_row(people, figure))
        medians = {"median": figure.median, "floor_median": figure.floor_median, "ratio": figure.ratio}
        told.append({"people": people or None, **asdict(figure), **medians})
        if file is not None:
            document = {"schema_version": 1, "machine": where, "figures": told}
            file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _row(people: int, figure: Figure) -> str:
    floor, ratio = figure.floor_median, figure.ratio
    cells = (
        figure.name,
        f"{people:,}" if people else "",
        f"{_short(figure.median)} {figure.unit}",
        "" if floor is None else _short(floor),
        "" if ratio is None else f"{ratio:.2f}",
        f"{_short(min(figure.ours))} to {_short(max(figure.ours))} ({len(figure.ours)})",
        figure.target,
    )
    return f"| {' | '.join(cells)} |"


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
