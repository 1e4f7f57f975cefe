"""Which processes belong to a folder of a drill: PostgreSQL overwrites what else would tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

_DELETED = " (deleted)"  # what Linux adds to the name of a folder that is gone


def inhabitants(folder: Path) -> Iterator[psutil.Process]:
    """Every process that works below the folder or runs a program from there, zombies left out.

    A person who looks in with a shell is none: what a drill starts has a session of its own, without a terminal.
    """
    for process in psutil.process_iter(["cwd", "exe", "name", "status"], ad_value=None):
        if process.info["status"] != psutil.STATUS_ZOMBIE and belongs(process, folder):
            yield process


def belongs(process: psutil.Process, folder: Path) -> bool:
    """Whether a process, of which `cwd` and `exe` were asked, belongs to the folder."""
    cwd, exe = ((process.info[name] or "").removesuffix(_DELETED) for name in ("cwd", "exe"))
    if Path(exe).is_relative_to(folder):
        return True
    return Path(cwd).is_relative_to(folder) and not _has_terminal(process)


def _has_terminal(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.terminal() is not None
    return False
