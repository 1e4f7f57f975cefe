"""With what the log of a copy is damaged, and led astray."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from drill.sites.segments import SEGMENT
from tests.sabotage.copies import Copy
from tests.sabotage.damage import Act
from tests.sabotage.means import put

Chosen = tuple[int, int]  # a timeline, and which of its segments


def segment(copy: Copy, chosen: Chosen) -> Path:
    return copy.segments(chosen[0])[chosen[1]]


def gone(*chosen: Chosen) -> Act:
    def done(copy: Copy) -> None:
        for path in [segment(copy, each) for each in chosen]:
            path.unlink()

    return done


def gone_from(chosen: Chosen) -> Act:
    """That one, and all later ones."""

    def done(copy: Copy) -> None:
        for path in copy.segments(chosen[0])[chosen[1] :]:
            path.unlink()

    return done


def in_segment(chosen: Chosen, change: Callable[[bytes], bytes]) -> Act:
    return lambda copy: put(segment(copy, chosen), change(segment(copy, chosen).read_bytes()))


def bit(at: int) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]


def part(length: int) -> Callable[[bytes], bytes]:
    """As a segment is that was still being received, under the name of a whole one."""
    return lambda whole: whole[:length] + bytes(SEGMENT - length)


def aimed(point: str) -> Act:
    """Replayed up to there; `{lsn}` is a place far behind all of the log."""

    def done(copy: Copy) -> None:
        copy.aim = point

    return done
