"""Measure, on this machine, what the program promises of itself; each figure beside its floor, on the same bytes.

python -m tests.bench [--people N,N] [--rounds N] [--json FILE] [GROUP...]
groups: program, outage, citizens, recoveries, drills
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from tests.bench.citizens import citizens
from tests.bench.drills import drills
from tests.bench.ground import filled
from tests.bench.known_outage import known_outages
from tests.bench.programs import copying, digesting, starting, verifying
from tests.bench.recoveries import copied, recoveries
from tests.bench.stopwatch import Figure
from tests.bench.table import Measured, options, rounds_for, tell

_FEWER = 2  # rounds of whole drills than of what they are made of
GROUPS = ("program", "outage", "citizens", "recoveries", "drills")


def measured(groups: Sequence[str], sizes: Sequence[int], rounds: int) -> Iterator[Measured]:
    """Each figure as it is measured; what does not depend on the number of people first."""
    for group, figures in (
        ("program", starting),
        ("program", verifying),
        ("outage", known_outages),
        ("citizens", citizens),
    ):
        if group in groups:
            yield from ((0, figure) for figure in figures(rounds))
    for people in sizes:
        yield from ((people, figure) for figure in _of_a_size(groups, people, rounds_for(people, rounds)))


def _of_a_size(groups: Sequence[str], people: int, rounds: int) -> Iterator[Figure]:
    if {"program", "recoveries"} & set(groups):
        with filled(people) as ground:
            if "program" in groups:
                yield from copying(ground, rounds)
                yield from digesting(ground, rounds)
            if "recoveries" in groups:
                with copied(ground) as copies:
                    yield from recoveries(copies, rounds)
    if "drills" in groups:
        yield from drills(people, max(1, rounds - _FEWER))


def main(arguments: Sequence[str]) -> None:
    """Measure what is asked for; everything, when nothing is named."""
    asked = options(__doc__)
    asked.add_argument("groups", nargs="*", type=_group, metavar="GROUP")
    wanted = asked.parse_args(arguments)
    tell(measured(wanted.groups or GROUPS, wanted.people, wanted.rounds), wanted.json)


def _group(name: str) -> str:
    if name not in GROUPS:
        raise argparse.ArgumentTypeError(f"there is no {name!r}; there are: {', '.join(GROUPS)}")
    return name


if __name__ == "__main__":
    main(sys.argv[1:])
