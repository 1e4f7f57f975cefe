"""How fast something large is read, and how long the rest of it will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from drill.objectives import spoken

_UNITS = ("kB", "MB", "GB", "TB")


@dataclass
class Pace:
    """Tells of each part how large it is and, once anything was read, about how long the rest of it takes.

    What one part has taught holds for the next. Any thread may say what it has read.
    """

    tell: Callable[[str], None]
    now: Callable[[], float] = time.monotonic  # seconds
    every: float = 10.0  # seconds between two lines, at least
    _what: str = field(default="", init=False)
    _due: int = field(default=0, init=False)  # bytes, as the next three
    _done: int = field(default=0, init=False)
    _read: int = field(default=0, init=False)  # of all parts
    _spent: float = field(default=0.0, init=False)  # seconds, for all of that
    _marked: float = field(default=0.0, init=False)  # when that was counted last
    _told: float = field(default=0.0, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def begin(self, what: str, tables: int, size: int) -> None:
        """The next part: so many tables of so many bytes in all."""
        with self._lock:
            self._what, self._due, self._done = what, size, 0
            self._marked = self._told = self.now()
            self.tell(f"{what}: {tables} tables, {amount(size)} to read{self._left()}")

    def count(self, size: int) -> None:
        """So many more bytes of it were read."""
        with self._lock:
            now = self.now()
            self._spent += now - self._marked
            self._marked = now
            self._done += size
            self._read += size
            if self._done < self._due and now - self._told >= self.every:
                self._told = now
                self.tell(f"{self._what}: {amount(self._done)} of {amount(self._due)} read{self._left()}")

    def _left(self) -> str:
        """Nothing is said where nothing was read yet."""
        if not self._read or self._due <= self._done:
            return ""
        return f", about {spoken(max(1, round((self._due - self._done) * self._spent / self._read)))} left"


def amount(size: int) -> str:
    """Bytes, as PostgreSQL abbreviates them: 512 bytes, 8.0 kB, 1.5 GB."""
    shown, unit = float(size), "bytes"
    for larger in _UNITS:
        if shown < 1024:
            break
        shown, unit = shown / 1024, larger
    return f"{size} bytes" if unit == "bytes" else f"{shown:.1f} {unit}"
