"""The segments of the write-ahead log as they lie in a folder: their names, and whether one is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping

from drill.errors import StepFailed

SEGMENT = 16 * 1024 * 1024  # bytes, as initdb makes them unless told otherwise
NAME = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial)?")
HISTORY = re.compile(r"([0-9A-F]{8})\.history(\.partial)?")
_LOG = 1 << 32  # bytes before the middle part of their names counts on
_DAMAGED = "the archive is damaged; only an earlier base backup, or another copy, can help"


def segment_name(timeline: int, number: int, size: int = SEGMENT) -> str:
    """Of the segment that begins at number * size."""
    in_a_log = _LOG // size
    return f"{timeline:08X}{number // in_a_log:08X}{number % in_a_log:08X}"


def held_segments(files: Mapping[str, int], timeline: int, since: int, size: int = SEGMENT) -> range:
    """The numbers of the segments among these files (with their sizes), from the one in which the place `since` lies.

    A segment has `size` bytes.

    StepFailed that names what is wrong: nothing at all, a hole, one that is too short, another timeline.
    """
    found = list(filter(None, map(NAME.fullmatch, sorted(files))))
    others = [match[0] for match in (*found, *filter(None, map(HISTORY.fullmatch, files)))]
    if foreign := sorted(name for name in others if int(name[:8], 16) != timeline):
        raise damaged(f"{foreign[0]} is of timeline {int(foreign[0][:8], 16)}, the base backup of timeline {timeline}")
    held = {_number(match, size): match[0] for match in reversed(found)}  # a complete one before the part of the same
    first = since // size
    if not held:
        raise damaged("it holds no segment of the write-ahead log")
    if first not in held:
        raise damaged(f"{segment_name(timeline, first, size)}, at which the base backup begins, is missing")
    last = max(held)
    for due, number in enumerate(sorted(number for number in held if number >= first), first):
        if number != due:
            missing = segment_name(timeline, due, size)
            raise damaged(f"a hole: segment {missing} is missing between {held[due - 1]} and {held[number]}")
        if wrong := _wrong(held[number], held[last], files[held[number]], size):
            raise damaged(wrong)
    return range(first, last + 1)


def _number(name: re.Match[str], size: int) -> int:
    return int(name[2], 16) * (_LOG // size) + int(name[3], 16)


def _wrong(name: str, last: str, holds: int, size: int) -> str:
    """What is wrong with a segment that is there; nothing where it is as it must be."""
    if name.endswith(".partial") and name != last:
        return f"a hole: {name} was never completed, though {last} follows"
    return f"{name} is cut short: {holds} bytes of {size}" if holds != size else ""


def damaged(what: str) -> StepFailed:
    return StepFailed(f"the archive: {what}", hint=_DAMAGED)
