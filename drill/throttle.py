"""A limit to how fast somebody's server is read, on average, by all who read it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Event, Lock

_UNITS = {"k": 1024, "M": 1024**2, "G": 1024**3}  # as PostgreSQL writes sizes
_RATE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)([kMG])B/s")
_LOOSE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?) ?([kmg])i?(b|bit|bits|byte|bytes)?(?:/s|/sec|ps)?", re.I)
_SLOWEST, _FASTEST = 64 * 1024, 100 * 1024**3  # bytes a second
_BREATH = 0.5  # seconds of the rate that are read at a time
_SMALLEST, _LARGEST = 512 * 1024, 64 * 1024**2  # bytes


def bytes_a_second(text: str) -> float:
    """'500kB/s', '50MB/s', '1.5GB/s' -> bytes a second. All else: ValueError that says what to write."""
    if (found := _RATE.fullmatch(text)) is None:
        raise ValueError(f"{_shown(text)} is no rate{_meant(text)}: write it as 500kB/s, 50MB/s or 1GB/s")
    rate = float(Decimal(found[1]) * _UNITS[found[2]])
    if not _SLOWEST <= rate <= _FASTEST:
        raise ValueError(f"{text} is no rate at which a server can be sealed: write 64kB/s to 100GB/s")
    return rate


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 30 else f"{text[:27]!r}..."


def _meant(text: str) -> str:
    """Bits are not turned into bytes: who writes them is asked."""
    if (found := _LOOSE.fullmatch(text.strip())) is None:
        return " without its unit" if re.fullmatch(r"[0-9.]+", text) else ""
    if (found[3] or "").lower().startswith("bit"):
        return ", which is counted in bytes"
    return f" (did you mean {found[1]}{'k' if found[2] in 'kK' else found[2].upper()}B/s?)"


@dataclass
class Throttle:
    """Whoever is about to read waits here until what was read before is within the rate. Any thread may come."""

    rate: float  # bytes a second
    now: Callable[[], float] = time.monotonic  # seconds
    rest: Callable[[float], object] | None = None  # for so many seconds; None: until then or until it is lifted
    _free: float = field(default=0.0, init=False)  # when all that was asked for is within the rate
    _lifted: Event = field(default_factory=Event, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    @property
    def piece(self) -> int:
        """Bytes that should be read at a time, at most."""
        return int(min(max(self.rate * _BREATH, _SMALLEST), _LARGEST))

    def wait(self, size: int) -> None:
        """Until the turn of the next so many bytes."""
        with self._lock:
            now = self.now()
            turn = max(now, self._free)
            self._free = turn + size / self.rate
        if turn > now:
            (self.rest or self._lifted.wait)(turn - now)

    def lift(self) -> None:
        """Nobody waits any more: the reading has come to its end, or was broken off."""
        self._lifted.set()
