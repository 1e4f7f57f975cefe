"""What this machine grants the measurer: it must not wait for the measured, nor run out of connections before them."""

import os
import re
import resource
from contextlib import suppress
from pathlib import Path

_NICE = -10
_DESCRIPTORS = 16_384
_MEMORY = Path("/proc/meminfo")


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
