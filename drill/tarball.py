"""A tar of a data folder, unpacked file by file: whatever is no file and no folder in its own place is refused.

Read by its own rules, not by Python's: what those let through differs from one version to the next.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from drill.errors import CannotRun
from drill.packing import CHUNK, Limits, Unpacked, broken_off

BLOCK = 512  # bytes
_FILES, _FOLDER, _LINK, _LONG_NAME, _NOTES = (b"0", b"\0", b"7"), b"5", b"2", b"L", (b"x", b"g")
_MOST_NOTED = CHUNK  # bytes of a name, or of what pax says of a file
_TELLING = re.compile(rb"\d+ (path|linkpath|size|GNU\.sparse[^=]*)=")  # what would change what a header says


@dataclass(frozen=True, slots=True)
class Entry:
    """What a header says."""

    name: str
    kind: bytes
    size: int
    link: str


def header(block: bytes) -> Entry | None:
    """Of one block; None for one of zeros, which ends a tar. ValueError where it is no header."""
    if not block.strip(b"\0"):
        return None
    if len(block) < BLOCK or block[257:262] != b"ustar":
        raise ValueError("no header of a file is where one must be")
    if sum(block[:148]) + 8 * 32 + sum(block[156:]) != _number(block[148:156]):
        raise ValueError("a header is not what its checksum says")
    names = (_text(block[345:500]) if block[257:263] == b"ustar\0" else "", _text(block[:100]))
    return Entry("/".join(filter(None, names)), block[156:157], _number(block[124:136]), _text(block[157:257]))


def _text(field: bytes) -> str:
    return os.fsdecode(field.partition(b"\0")[0])


def _number(field: bytes) -> int:
    """Octal digits, or as GNU writes what has too many of them."""
    if field[0] & 0x80:
        number = int.from_bytes(field, "big") - (0x80 << 8 * (len(field) - 1))
        if field[0] & 0x40 or number < 0:
            raise ValueError("a header holds a negative number")
        return number
    digits = field.strip(b" \0")
    if not re.fullmatch(rb"[0-7]+", digits):
        raise ValueError("a header holds a number that is none")
    return int(digits, 8)


def unpack(stream: Unpacked, into: Path, limits: Limits) -> Mapping[str, str]:
    """Lay out what is in it below `into`, a new folder; returns the links of the log and of tablespaces: they are not
    made. Unloadable where it is damaged or cut short, CannotRun for what has no place in a data folder.
    """
    into.mkdir(mode=0o700, parents=True)
    links: dict[str, str] = {}
    for count, entry in enumerate(_entries(stream), 1):
        if count > limits.count:
            raise _refused(stream.path, f"it holds more than {limits.count} files and folders")
        name = _safe(stream.path, entry.name)
        if entry.kind == _LINK and _may_be_a_link(name):
            links[str(name)] = entry.link
            continue
        try:
            if entry.kind == _FOLDER:
                (into / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            elif entry.kind in _FILES:
                _write(stream, entry.size, into / name)
            else:
                raise _refused(stream.path, f"{entry.name!r} is neither a file nor a folder")
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as twice:
            raise _refused(stream.path, f"it holds {entry.name!r} twice") from twice
        except OSError as failed:
            hint = "make room, or set DRILL_WORK to another disk"
            raise CannotRun(f"{into / name} cannot be written: {failed.strerror}", hint=hint) from failed
    return links


def _entries(stream: Unpacked) -> Iterator[Entry]:
    """Each; whoever takes a file reads its content before the next."""
    long = ""
    while True:
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise broken_off(stream.path, "the end of the tar is missing")
        try:
            entry = header(block)
        except ValueError as wrong:
            raise broken_off(stream.path, str(wrong)) from wrong
        if entry is None:
            _prove_ended(stream)
            return
        if entry.kind == _LONG_NAME or entry.kind in _NOTES:
            long = _noted(stream, entry) or long
            continue
        yield Entry(long, entry.kind, entry.size, entry.link) if long else entry
        long = ""


def _prove_ended(stream: Unpacked) -> None:
    """Zeros alone follow, as programs fill the last of what they write at a time."""
    if len(block := stream.read(BLOCK)) < BLOCK:
        raise broken_off(stream.path, "the end of the tar is missing")
    while block:
        if block.strip(b"\0"):
            raise broken_off(stream.path, "something follows behind its end")
        block = stream.read(CHUNK)


def _noted(stream: Unpacked, entry: Entry) -> str:
    """A name that is too long for a header; what pax says of a file must not change what its header says."""
    if entry.size > _MOST_NOTED:
        raise _refused(stream.path, "it holds a name of more than a megabyte")
    content = _read(stream, entry.size)
    if entry.kind == _LONG_NAME:
        return _text(content)
    if found := _TELLING.search(content):
        raise _refused(stream.path, f"a header of pax says another {found[1].decode(errors='replace')}")
    return ""


def _write(stream: Unpacked, size: int, place: Path) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        for start in range(0, size, CHUNK):
            file.write(_exactly(stream, min(CHUNK, size - start)))
    _exactly(stream, -size % BLOCK)


def _read(stream: Unpacked, size: int) -> bytes:
    content = _exactly(stream, size)
    _exactly(stream, -size % BLOCK)
    return content


def _exactly(stream: Unpacked, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise broken_off(stream.path, "it ends within a file")
    return content


def _safe(path: Path, name: str) -> PurePosixPath:
    """Below the folder that it is unpacked to."""
    place = PurePosixPath(name)
    if not name or place.is_absolute() or ".." in place.parts or not name.isprintable():
        raise _refused(path, f"it names {name!r}")
    return place


def _may_be_a_link(name: PurePosixPath) -> bool:
    return str(name) == "pg_wal" or (len(name.parts) == 2 and name.parts[0] == "pg_tblspc")


def _refused(path: Path, what: str) -> CannotRun:
    hint = "pg_basebackup writes no such tar: look at it, and if you trust it, unpack it yourself and name the folder"
    return CannotRun(f"{path} is not unpacked: {what}", hint=hint)
