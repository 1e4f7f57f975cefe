"""Shared memory that a killed PostgreSQL leaves: its number stands in `postmaster.pid`, on the seventh line."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

_IPC_RMID = 0
_TABLE = Path("/proc/sysvipc/shm")  # key shmid perms size cpid lpid nattch uid ...


def release(folder: Path) -> int:
    """Remove the segments that the data folders below name and nobody uses; call it before the folder is removed.

    Returns how many were removed; none on systems without a table of them.
    """
    unused = set(_unused())
    named = {segment for file in _postmaster_files(folder) for segment in _named(file)}
    return sum(ctypes.CDLL(None).shmctl(number, _IPC_RMID, None) == 0 for _, number in named & unused)


def _unused() -> Iterator[tuple[int, int]]:
    """Key and number of each segment that no process is attached to."""
    for line in _TABLE.read_text(encoding="ascii").splitlines()[1:] if _TABLE.exists() else []:
        row = [int(word) for word in line.split()[:7]]
        if row[6] == 0:
            yield row[0] % 2**32, row[1]  # the kernel prints the key signed, PostgreSQL unsigned


def _postmaster_files(folder: Path) -> Iterator[Path]:
    for top, _, files in os.walk(folder):  # follows no symlinks
        if "postmaster.pid" in files:
            yield Path(top, "postmaster.pid")


def _named(file: Path) -> Iterator[tuple[int, int]]:
    try:
        words = file.read_text(encoding="utf-8", errors="replace").splitlines()[6].split()
        yield int(words[0]) % 2**32, int(words[1])
    except (OSError, IndexError, ValueError):
        return
