"""What this machine grants the measurer: it must not wait for the measured, nor run out of connections before them."""

import os
import resource
from contextlib import suppress

_NICE = -10
_DESCRIPTORS = 16_384


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
