"""The distance between the sites: what crosses waits for its turn on a shared wire, and then travels.

Nothing is lost or reordered, and no byte arrives before it could: the bandwidth and half of the round trip are lower
bounds. What is on its way is bounded, and whoever sends more is made to wait, as TCP would.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

_QUEUE = 0.05  # seconds of bandwidth that may wait for their turn: as long as a busy machine may keep the relay waiting
_SMALLEST, _LARGEST = 1460, 256 * 1024  # bytes of a chunk: a packet, and what the relay takes at once elsewhere
_GRAIN = 0.001  # seconds of bandwidth that a chunk should take: it arrives when its last byte does
_WINDOW = 32 * 1024 * 1024  # bytes of one connection on their way where only the distance is shaped
_GLANCE = 1.0  # seconds between two looks at whether a dark line was severed


class Wire:
    """One direction between the sites, shared by everything that crosses."""

    def __init__(self, travel: float, rate: float | None) -> None:
        """`travel` seconds for each byte, `rate` bytes a second; None for as fast as it comes."""
        self.travel = travel
        self.rate = rate
        self.chunk = _LARGEST if rate is None else int(max(_SMALLEST, min(_LARGEST, rate * _GRAIN)))
        self.window = _WINDOW if rate is None else int(rate * (travel + _QUEUE)) + 2 * self.chunk
        self._free_at = 0.0
        self._turn = threading.Lock()

    def room_in(self, now: float) -> float:
        """Seconds until another chunk may queue for its turn; 0 for now."""
        return 0.0 if self.rate is None else max(0.0, self._free_at - now - _QUEUE)

    def enter(self, size: int, now: float) -> float:
        """When the last of so many bytes will have arrived."""
        if self.rate is None:
            return now + self.travel
        with self._turn:
            self._free_at = max(self._free_at, now) + size / self.rate
            return self._free_at + self.travel


@dataclass
class Flow:
    """One direction of one connection that crosses. Both sockets must not block.

    `lit` carries while it is set; `severed` says that what is on its way is never delivered; `send` hands over to the
    far end what it takes of a chunk, and returns how much, or None where the line went dark meanwhile.
    """

    source: socket.socket
    sink: socket.socket
    wire: Wire
    lit: threading.Event
    severed: Callable[[], bool]
    send: Callable[[memoryview], int | None]
    _coming: deque[tuple[float, memoryview]] = field(default_factory=deque)  # when it arrives; an empty one: the end
    _held: int = 0  # bytes in it
    _over: bool = False  # the source has ended

    def carry(self) -> None:
        """Until the end of the source has arrived, or the line is severed. OSError when the far end is gone."""
        while not (self._coming and self._arrived() and not self._coming[0][1]):
            if self.severed():
                return
            if self.lit.wait(_GLANCE):
                self._step()

    def _step(self) -> None:
        """Wait for what comes first: bytes from the source, or the arrival of those that are on their way."""
        now = time.monotonic()
        room, due = self._room_in(now), self._coming[0][0] - now if self._coming else None
        poll = select.poll()
        if room == 0:
            poll.register(self.source, select.POLLIN)
        if due is not None and due <= 0:
            poll.register(self.sink, select.POLLOUT)
        waits = [seconds for seconds in (room, due) if seconds is not None and seconds > 0]
        if waits and min(waits) < 0.001:  # finer than poll can wait
            time.sleep(min(waits))
        ready = poll.poll(int(min(waits) * 1000) if waits else None)
        for descriptor, _ in ready:
            if descriptor == self.source.fileno():
                self._read()
            else:
                self._deliver()

    def _room_in(self, now: float) -> float | None:
        """Seconds until it may read; None where something must arrive first, or nothing more comes."""
        if self._over or self._held >= self.wire.window:
            return None
        return self.wire.room_in(now)

    def _arrived(self) -> bool:
        return self._coming[0][0] <= time.monotonic()

    def _read(self) -> None:
        try:
            said = self.source.recv(self.wire.chunk)
        except BlockingIOError:
            return
        except OSError:  # the source was torn off: what it sent before is still on its way
            said = b""
        now = time.monotonic()
        if said:
            self._held += len(said)
            self._coming.append((self.wire.enter(len(said), now), memoryview(said)))
            return
        self._over = True
        last = self._coming[-1][0] if self._coming else now
        self._coming.append((max(now + self.wire.travel, last), memoryview(b"")))

    def _deliver(self) -> None:
        at, chunk = self._coming[0]
        if not chunk:
            return
        try:
            taken = self.send(chunk)
        except BlockingIOError:
            return
        if taken is None:
            return
        self._held -= taken
        self._coming.popleft()
        if taken < len(chunk):
            self._coming.appendleft((at, chunk[taken:]))
