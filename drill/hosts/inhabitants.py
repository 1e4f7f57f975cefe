"""Which processes belong to a folder of a drill: PostgreSQL overwrites what else would tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from drill.clock import wait_until
from drill.errors import StepFailed

_PATIENCE = 10.0  # seconds until all must stand still, or all go on
_STANDS = (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
_DELETED = " (deleted)"  # what Linux adds to the name of a folder that is gone


@dataclass(frozen=True, slots=True)
class Inhabitant:
    """A process, and what it was when it was looked at."""

    process: psutil.Process
    name: str
    stands: bool  # it was stopped
    began: float  # seconds since 1970

    @property
    def told(self) -> str:
        """Its number and its name."""
        return f"{self.process.pid} {self.name}"


def inhabitants(folder: Path) -> Iterator[Inhabitant]:
    """Every process that works below the folder or runs a program from there, zombies left out.

    A person who looks in with a shell is none: what a drill starts has a session of its own, without a terminal.
    """
    for process in psutil.process_iter(["cwd", "exe"], ad_value=None):
        if not belongs(process, folder):
            continue
        with suppress(psutil.NoSuchProcess):  # the rest would take long to ask of all processes of the machine
            seen = process.as_dict(["name", "status", "create_time"], ad_value=None)
            if seen["status"] != psutil.STATUS_ZOMBIE:
                yield Inhabitant(process, seen["name"] or "", seen["status"] in _STANDS, seen["create_time"] or 0.0)


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


def stand_still(folder: Path) -> bool:
    """Whether there are inhabitants, and none of them does anything."""
    here = list(inhabitants(folder))
    return bool(here) and not _moving(here)


def stop(folder: Path) -> None:
    """SIGSTOP to all, parents before children, until twice the same are there and stand still; NotInTime if not."""
    seen: list[set[int]] = []

    def none_moves() -> bool:
        here = _oldest_first(folder)
        if moving := _moving(here):
            seen.clear()
            for each in moving:
                with suppress(psutil.Error):
                    each.process.suspend()
            raise StepFailed(f"not stopped: {', '.join(each.told for each in moving)}", hint="")
        seen.append({each.process.pid for each in here})
        return seen[-2:] == 2 * seen[-1:]

    hint = "does one of them wait in the kernel, for its disk perhaps?"
    wait_until(f"everything in {folder} stands still", none_moves, deadline=_PATIENCE, every=0.002, hint=hint)


def wake(folder: Path) -> None:
    """SIGCONT to all that stand still, children before parents; NotInTime when some stay so."""

    def all_move() -> bool:
        standing = [each for each in reversed(_oldest_first(folder)) if each.stands]
        for each in standing:
            with suppress(psutil.Error):
                each.process.resume()
        return not standing

    hint = "does a debugger hold them?"
    wait_until(f"everything in {folder} goes on", all_move, deadline=_PATIENCE, every=0.002, hint=hint)


def _oldest_first(folder: Path) -> list[Inhabitant]:
    """No child comes before its parent."""
    return sorted(inhabitants(folder), key=lambda each: (each.began, each.process.pid))


def _moving(here: list[Inhabitant]) -> list[Inhabitant]:
    return [each for each in here if not each.stands]
