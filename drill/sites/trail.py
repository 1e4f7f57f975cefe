"""The log of a physical copy: which timeline it leads to, and whether it is whole from where the copy needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from drill.errors import StepFailed
from drill.sites.wal import Wal, place_of

if TYPE_CHECKING:
    from drill.sites.site import Site

_DEADLINE = 600.0  # seconds
_NAME = re.compile(r"([0-9A-F]{8})[0-9A-F]{16}(?:\.partial)?")
_HISTORY = re.compile(r"([0-9A-F]{8})\.history")
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
        if (found := _HISTORY.fullmatch(name))
    }
    later = [number for number, forks in forks_of.items() if timeline in forks]
    way = max(later, default=timeline)
    beyond = {int(found[1], 16) for found in map(_NAME.fullmatch, names) if found} - forks_of.keys()
    if lost := sorted(number for number in beyond if number > timeline):
        said = f"the archive: it holds segments of timeline {lost[0]} and no {lost[0]:08X}.history"
        raise StepFailed(said, hint="a server would not go there: find the history, or take those segments away")
    return Way(way, forks_of.get(way, {}) if way != timeline else {})


@contextmanager
def trail(site: Site, folder: PurePosixPath, timeline: int, since: int) -> Iterator[tuple[Way, Wal]]:
    """The way, and the log of the timeline at its end. StepFailed: a hole, a segment cut short, none at all."""
    names = site.host.run(["ls", str(folder)], deadline=_DEADLINE).split()
    texts = {name: site.host.read(folder / name) if name.endswith(".history") else "" for name in names}
    way = way_from(timeline, texts)
    own = folder.with_name(f"log-of-{way.timeline}")
    argv = ["/bin/sh", "-c", _OF_TIMELINE, "sh", str(folder), str(own), f"{way.timeline:08X}"]
    site.host.run(argv, deadline=_DEADLINE)
    start = max((place for place in way.forks.values()), default=since)
    with Wal.opened(site, own, way.timeline, max(start, since)) as wal:
        yield way, wal
