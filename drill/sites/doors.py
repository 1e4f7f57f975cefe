"""The ways in to a drill that stands still, for people with psql.

They lie in a private folder of this user, with the run's mark, and are gone when the drill goes on:
`run.json` the mark, `doors.json` what is told here, `passfile` for psql.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from drill.errors import CannotRun, DrillError
from drill.hosts.mark import FOLDER_PREFIX, doors_folder, doors_parent, read_mark, write_mark
from drill.sites.site import Site

_DOORS, _PASSFILE = "doors.json", "passfile"


@dataclass(frozen=True, slots=True)
class Way:
    """To the server of one site; `shut` says why there is none, where there is none."""

    host: str = ""
    port: int = 0
    user: str = ""
    shut: str = ""


@dataclass(frozen=True, slots=True)
class Doors:
    """What another process of this user needs to enter; the passwords are in the passfile alone."""

    run_id: str
    why: str  # it stands still: "before outage", "kept"
    registers: tuple[str, ...]
    programs: str  # PostgreSQL's, as the hosts see them
    ways: Mapping[str, Way]  # by site

    @property
    def open(self) -> tuple[str, ...]:
        """The sites that can be entered."""
        return tuple(name for name, way in self.ways.items() if not way.shut)

    @property
    def passfile(self) -> Path:
        """Where psql finds the passwords."""
        return doors_folder(self.run_id) / _PASSFILE

    @classmethod
    def read(cls, folder: Path) -> Self:
        """As they were written. Raises OSError, ValueError, TypeError or KeyError for what is not theirs."""
        told = json.loads((folder / _DOORS).read_text(encoding="utf-8"))
        ways = {name: Way(**way) for name, way in told.pop("ways").items()}
        return cls(**{**told, "registers": tuple(told["registers"]), "ways": ways})


@contextmanager
def opened(run_id: str, why: str, sites: Sequence[Site], registers: Sequence[str]) -> Iterator[Doors]:
    """Let people in for as long as the drill stands still; CannotRun where they cannot be told how."""
    folder = doors_folder(run_id)
    try:
        try:
            doors = _write(folder, run_id, why, sites, registers)
        except OSError as failed:
            hint = "set XDG_STATE_HOME to a folder of this user's own"
            raise CannotRun(f"{folder}: {failed.strerror or failed}", hint=hint) from failed
        yield doors
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def standing() -> Iterator[Doors]:
    """Those of every drill of this user that stands still now, the oldest first; what killed ones left is removed."""
    for folder in sorted(doors_parent().glob(f"{FOLDER_PREFIX}*")):
        mark = read_mark(folder)
        if mark is None:
            continue
        if not mark.owner_lives():
            shutil.rmtree(folder, ignore_errors=True)
            continue
        with suppress(OSError, ValueError, TypeError, KeyError):  # it goes on at this very moment
            yield Doors.read(folder)


def forget_other_servers() -> None:
    """libpq obeys PGHOSTADDR and its like before what it is told: somebody else's server must never be reached."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def _write(folder: Path, run_id: str, why: str, sites: Sequence[Site], registers: Sequence[str]) -> Doors:
    """The doors come last, and whole: who reads them finds the rest."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    write_mark(folder)
    ways, lines = {}, ""
    for site in sites:
        ways[site.name], line = _way(site)
        lines += line
    _write_private(folder / _PASSFILE, lines)
    doors = Doors(run_id, why, tuple(registers), sites[0].program(""), ways)
    _write_private(folder / f"{_DOORS}.part", json.dumps(asdict(doors)))
    (folder / f"{_DOORS}.part").replace(folder / _DOORS)
    return doors


def _way(site: Site) -> tuple[Way, str]:
    """With its line of the passfile."""
    try:
        door = site.door()
    except DrillError as shut:
        return Way(shut=str(shut)), ""
    if not door.host:
        return Way(shut=f"nothing runs at {site.name}"), ""
    return Way(door.host, door.port, door.user), door.pass_line


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
        file.write(text)
