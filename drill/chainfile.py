"""A chain of lines on disk that several processes add to, one at a time."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from drill.chain import START, Tip, linked, whole_lines
from drill.errors import CannotRun, unwritable

_PATIENCE = 30.0  # seconds for another drill that adds its line, which takes it milliseconds
_EVERY = 0.02


@dataclass
class Held:
    """The file, while nobody else adds to it."""

    descriptor: int
    lines: list[bytes] = field(default_factory=list)
    start: str = START

    @property
    def tip(self) -> Tip:
        """How far its chain goes."""
        return Tip.of(self.lines, self.start)

    def add(self, document: Mapping[str, object]) -> None:
        """One more line, whole or not at all. Raises OSError."""
        line, _ = linked(document, self.tip)
        size = os.fstat(self.descriptor).st_size
        try:
            left = line + b"\n"
            while left:
                left = left[os.write(self.descriptor, left) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self.descriptor, size)
            raise
        self.lines.append(line)


@contextmanager
def held(path: Path, header: Mapping[str, object], start: str = START) -> Iterator[Held]:
    """The file for as long as this lasts, made with this header where there is none. CannotRun where it cannot be had.

    What a killed process left of a line is taken away: nothing ever rested on it.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            _lock(descriptor, path)
            lines, torn = whole_lines(_content(descriptor))
            if torn:
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - len(torn))
            file = Held(descriptor, lines, start)
            if not lines:
                file.add(header)
            yield file
        finally:
            os.close(descriptor)  # gives the lock back
    except OSError as failed:
        raise unwritable(path, failed) from failed


def _lock(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                hint = "see with `lsof` which process that is; another --runs DIR is not affected"
                raise CannotRun(f"{path}: another process holds it for {_PATIENCE:g} s", hint=hint) from None
            time.sleep(_EVERY)
        else:
            return


def _content(descriptor: int) -> bytes:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        return file.read()
