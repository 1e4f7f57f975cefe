"""A physical copy of a whole server, as it lies in files: a base backup or a data directory. It is only read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from drill.errors import CannotRun, ScenarioError

LABEL, MANIFEST = "backup_label", "backup_manifest"
# Settings under which a server passes over damage instead of reporting it.
HIDING = ("zero_damaged_pages", "ignore_checksum_failure", "ignore_invalid_pages", "ignore_system_indexes")
_FILES = ("postgresql.conf", "postgresql.auto.conf")
_SETTING = re.compile(r"^\s*([a-zA-Z_.]+)\s*(?:=|\s)\s*'?([^'#\s]+)", re.M)
_ON = frozenset({"on", "true", "yes", "1", "t", "y", "tru", "tr", "ye"})
_LSN = re.compile(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}")
_FORMS = "latest, name:RESTORE_POINT, lsn:0/5000028 or time:2026-11-24T12:00:00+00:00"


@dataclass(frozen=True, slots=True)
class Aim:
    """Up to where the log is to be replayed."""

    says: str
    settings: Mapping[str, str]

    @property
    def latest(self) -> bool:
        """As far as the log reaches."""
        return not self.settings

    @classmethod
    def named(cls, written: str) -> Aim:
        """latest | name:X | lsn:X | time:X; ScenarioError for all else."""
        kind, _, value = written.partition(":")
        if written == "latest":
            return cls(written, {})
        if kind == "name" and 0 < len(value.encode()) < 64:
            return cls(written, {"recovery_target_name": value})
        if kind == "lsn" and _LSN.fullmatch(value):
            return cls(written, {"recovery_target_lsn": value})
        if kind == "time":
            return cls(written, {"recovery_target_time": instant(value).isoformat()})
        raise ScenarioError(f"{written!r} is no point of a log", hint=f"write {_FORMS}")


def instant(written: str) -> datetime:
    """A date, a time and its zone; ScenarioError where one of them lacks."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        hint = "write a date, a time and its zone, as 2026-11-24T12:00:00+00:00"
        raise ScenarioError(f"{written!r} is no point in time", hint=hint)
    return at


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder, and the archived log that goes with it."""

    path: Path
    wal: Path | None

    @classmethod
    def recognised(cls, path: Path, wal: Path | None) -> Cluster | None:
        """What lies there; None where it is no data folder. CannotRun where a server runs on it."""
        if not (path / "PG_VERSION").is_file() or not (path / "global").is_dir():
            return None
        if wal is not None and not wal.is_dir():
            raise ScenarioError(f"{wal} is no folder", hint="name the folder in which the archived segments lie: --wal")
        if (server := _running_on(path)) is not None:
            hint = "stop it, or take a copy of it with pg_basebackup"
            raise CannotRun(f"a server runs on {path} (process {server}), so it is no copy", hint=hint)
        return cls(path, wal)

    @property
    def form(self) -> str:
        """What to call it."""
        what = "a base backup" if self.labelled else "a data directory"
        return what if self.wal is None else f"{what} and an archived log"

    @property
    def labelled(self) -> bool:
        """Whether it says from where on the log must be replayed."""
        return (self.path / LABEL).is_file()

    @property
    def manifested(self) -> bool:
        """Whether it lists its own files with checksums."""
        return (self.path / MANIFEST).is_file()

    @property
    def major(self) -> str:
        """The version of the server that wrote it."""
        return (self.path / "PG_VERSION").read_text(encoding="utf-8", errors="replace").strip()[:20]

    @property
    def hiding(self) -> list[str]:
        """The settings of its own by which a server started on it would pass over damage."""
        last: dict[str, str] = {}
        for name in _FILES:
            file = self.path / name
            text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
            last |= {key.lower(): setting.lower() for key, setting in _SETTING.findall(text)}
        return [name for name in HIDING if last.get(name) in _ON]


def _running_on(path: Path) -> int | None:
    """The number of a process that serves from that folder."""
    try:
        number = int((path / "postmaster.pid").read_text(encoding="ascii").split()[0])
        runs = Path(psutil.Process(number).cwd()).samefile(path)
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return number if runs else None
