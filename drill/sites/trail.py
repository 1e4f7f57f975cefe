"""The log of a physical copy: which timeline it leads to, and whether it is whole from where the copy needs it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from drill.errors import StepFailed
from drill.sites.segments import HISTORY, NAME, damaged, segment_name
from drill.sites.wal import Wal, lsn_of, place_of

if TYPE_CHECKING:
    from drill.sites.physical import Physical

_DEADLINE = 600.0  # seconds
_FORK = re.compile(r"^\s*(\d+)\s+([0-9A-F]+/[0-9A-F]+)", re.M)
_OF_TIMELINE = """
mkdir "$2" || exit 1
for each in "$1"/"$3"????????????????*; do
  if test -f "$each"; then cp -l "$each" "$2"/ || exit 1; fi
done
"""


@dataclass(frozen=True, slots=True)
class Way:
    """From the copy's timeline to the one that the log leads to, as a server goes that replays all of it."""

    timeline: int
    forks: Mapping[int, int]  # timeline -> the place at which the next one left it


def way_from(timeline: int, names: Mapping[str, str]) -> Way:
    """By the names that lie there, each history with its text. StepFailed where segments belong to no known way."""
    forks_of = {
        int(found[1], 16): {int(number): place_of(lsn) for number, lsn in _FORK.findall(text)}
        for name, text in names.items()
        if (found := HISTORY.fullmatch(name)) and not found[2]
    }
    later = [number for number, forks in forks_of.items() if timeline in forks]
    way = max(later, default=timeline)
    beyond = {int(found[1], 16) for found in map(NAME.fullmatch, names) if found} - forks_of.keys()
    if lost := sorted(number for number in beyond if number > timeline):
        said = f"the archive: it holds segments of timeline {lost[0]} and no {lost[0]:08X}.history"
        raise StepFailed(said, hint="a server would not go there: find the history, or take those segments away")
    return Way(way, forks_of.get(way, {}))


def prove_way(way: Way, names: Collection[str], begins: tuple[int, int], segment: int) -> None:
    """The segments of the timelines before the last, each up to the one in which the next one left it: that has it too.

    A record in one of these that cannot be read is found by whether the replay comes to its end.
    """
    timeline, start = begins
    for number, fork in sorted(each for each in way.forks.items() if each[0] >= timeline):
        for each in range(start // segment, fork // segment):
            if (name := segment_name(number, each, segment)) not in names:
                raise damaged(f"a hole: segment {name} is missing, before timeline {number} was left at {lsn_of(fork)}")
        start = max(start, fork)


@contextmanager
def trail(physical: Physical, begins: tuple[int, int], segment: int) -> Iterator[tuple[Way, Wal]]:
    """The way from a timeline and a place on it, and the log of the timeline at its end, in segments of so many bytes.

    StepFailed: a hole, a segment cut short, none at all.
    """
    site, folder = physical.site, physical.log
    timeline, since = begins
    names = _names(physical)
    texts = {name: site.host.read(folder / name) if name.endswith(".history") else "" for name in names}
    way = way_from(timeline, texts)
    prove_way(way, frozenset(names), begins, segment)
    start = (way.timeline, max([since, *way.forks.values()]))
    with _of_one_timeline(physical, start, segment) as wal:
        yield way, wal


@contextmanager
def further_back(physical: Physical, wal: Wal, begins: tuple[int, int]) -> Iterator[Wal]:
    """The log of a timeline of its way from a place on, also from before the place at which the copy needs it.

    StepFailed: it does not go back so far, or has a hole.
    """
    timeline, place = begins
    if place // wal.segment in wal.segments:  # also of an earlier timeline: the next begins with a copy of its segment
        yield wal
        return
    first = segment_name(timeline, place // wal.segment, wal.segment)
    if not {first, f"{first}.partial"} & set(_names(physical)):
        raise StepFailed(f"it does not go back to segment {first}", hint="name an archive that does")
    with _of_one_timeline(physical, (timeline, place), wal.segment) as longer:
        yield longer


def _names(physical: Physical) -> list[str]:
    return physical.site.host.run(["ls", str(physical.log)], deadline=_DEADLINE).split()


@contextmanager
def _of_one_timeline(physical: Physical, begins: tuple[int, int], segment: int) -> Iterator[Wal]:
    site, (timeline, _) = physical.site, begins
    own = physical.log.with_name(f"log-of-{timeline}-{uuid4().hex}")
    argv = ["/bin/sh", "-c", _OF_TIMELINE, "sh", str(physical.log), str(own), f"{timeline:08X}"]
    site.host.run(argv, deadline=_DEADLINE)

    def pages(number: int) -> Iterable[int]:
        return physical.cluster.own_pages(segment_name(timeline, number, segment), number * segment)

    with Wal.opened(site, own, begins, segment=segment, pages=pages) as wal:
        yield wal
