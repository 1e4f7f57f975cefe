"""Which machine this is, so that times of two machines are never set beside one another."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

import psutil

VARIABLE = "DRILL_MACHINE"


def fingerprint() -> str:
    """Of this machine, its processor and its memory; or the name that DRILL_MACHINE gives to machines that are alike.

    Runners of a CI service are a new machine each time: only who rents them can say that they are alike.
    """
    if named := os.environ.get(VARIABLE):
        return named
    memory = round(psutil.virtual_memory().total / 2**30)
    told = (_identity(), _processor(), str(os.cpu_count()), str(memory))
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def _identity() -> str:
    """What the system drew when it was installed; else its name."""
    try:
        return Path("/etc/machine-id").read_text(encoding="ascii").strip() or platform.node()
    except (OSError, UnicodeDecodeError):
        return platform.node()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
