"""What is brought onto a host from the drill's own machine: a file or a folder, piece by piece."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from drill.errors import CannotRun

_CHUNK = 1024 * 1024  # bytes
_ITSELF = PurePosixPath()


@dataclass(frozen=True, slots=True)
class Piece:
    """One file or one folder of the cargo."""

    source: Path
    within: PurePosixPath  # below what the cargo is called where it goes to; "." for the cargo itself
    size: int | None  # bytes of a file; None for a folder

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The file, to be read; CannotRun where it cannot be."""
        try:
            descriptor = os.open(self.source, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as refused:
            raise _unreadable(self.source, refused) from refused
        with os.fdopen(descriptor, "rb") as file:
            yield file


def pieces(
    source: Path, within: PurePosixPath = _ITSELF, *, without: Collection[Path] = frozenset()
) -> Iterator[Piece]:
    """The cargo, each folder before what is in it, without these.

    CannotRun for what else is neither a file nor a folder, as a link is.
    """
    try:
        what = source.lstat()
        inside = sorted(source.iterdir()) if stat.S_ISDIR(what.st_mode) else []
    except OSError as refused:
        raise _unreadable(source, refused) from refused
    if not stat.S_ISDIR(what.st_mode) and not stat.S_ISREG(what.st_mode):
        raise CannotRun(f"{source} is neither a file nor a folder", hint="links are not followed: name what is meant")
    yield Piece(source, within, what.st_size if stat.S_ISREG(what.st_mode) else None)
    for entry in inside:
        if entry not in without:
            yield from pieces(entry, within / entry.name, without=without)


def packed(
    source: Path, name: str, owner: tuple[int, int], *, without: Collection[Path] = frozenset()
) -> Iterator[bytes]:
    """The cargo as a tar under that name, readable by its owner (user and group) only; never all of it in memory."""
    for piece in pieces(source, without=without):
        entry = tarfile.TarInfo(str(PurePosixPath(name) / piece.within))
        entry.uid, entry.gid = owner
        entry.type, entry.mode = (tarfile.DIRTYPE, 0o700) if piece.size is None else (tarfile.REGTYPE, 0o600)
        entry.size = piece.size or 0
        yield entry.tobuf(tarfile.PAX_FORMAT)
        if piece.size:
            yield from _content(piece, piece.size)
            yield bytes(-piece.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _content(piece: Piece, left: int) -> Iterator[bytes]:
    with piece.opened() as file:
        while left:
            chunk = file.read(min(left, _CHUNK))
            if not chunk:
                raise CannotRun(f"{piece.source} became shorter while it was read", hint="who writes to it?")
            left -= len(chunk)
            yield chunk


def _unreadable(path: Path, why: OSError) -> CannotRun:
    return CannotRun(f"{path} cannot be read: {why.strerror}", hint="does it exist, and may you read it?")
