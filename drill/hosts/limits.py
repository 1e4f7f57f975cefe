"""What this machine grants the measurer: it must not wait for the measured, nor run out of connections before them."""

import os
import re
import resource
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_NICE = -10
_DESCRIPTORS = 16_384
_MEMORY = Path("/proc/meminfo")
_PRESSURE = Path("/proc/pressure")
_FRESH = 0.01  # seconds that what was read of it is taken for what it is now


def go_first() -> None:
    """Prefer the calling thread, and what it starts from now on, to the servers; root only, else nothing happens."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)


def open_many() -> None:
    """As many open files as this process may have, up to what the largest scenario needs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def free_memory() -> int | None:
    """Bytes that new programs can have without swapping, as the kernel estimates them; None where it does not say."""
    try:
        found = re.search(r"^MemAvailable: +([0-9]+) kB$", _MEMORY.read_text(encoding="ascii"), re.M)
    except (OSError, ValueError):
        return None
    return int(found[1]) * 1024 if found else None


@dataclass
class Strain:
    """How long programs of this machine had to wait for it: those of the drill, of its servers, and all others."""

    _read: float | None = field(default=None, init=False)
    _until: float = field(default=0.0, init=False)  # of the monotonic clock, in seconds

    def so_far(self) -> float | None:
        """Seconds in which any program waited for a processor, the disk or memory; None where the kernel does not say.

        Of two readings the difference counts. Waiting for two of the three at once counts twice: nothing can have been
        held up for longer.
        """
        if (now := time.monotonic()) >= self._until:
            self._read, self._until = _pressure(), now + _FRESH
        return self._read


def _pressure() -> float | None:
    try:
        texts = [(_PRESSURE / what).read_text(encoding="ascii") for what in ("cpu", "io", "memory")]
    except (OSError, ValueError):
        return None
    totals = [re.search(r"^some .*total=([0-9]+)$", text, re.M) for text in texts]
    return None if None in totals else sum(int(total[1]) for total in totals if total) / 1e6
