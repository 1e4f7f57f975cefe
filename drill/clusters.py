"""A physical copy of a whole server, as it lies in files: a base backup or a data directory. It is only read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from drill.errors import CannotRun, ScenarioError
from drill.log_pages import own_pages
from drill.packing import CHUNK, ENDINGS, Limits, opened

LABEL, MANIFEST = "backup_label", "backup_manifest"
_STARTED = "backup_label.old"  # what a server makes of the label
# Settings under which a server passes over damage instead of reporting it.
HIDING = ("zero_damaged_pages", "ignore_checksum_failure", "ignore_invalid_pages", "ignore_system_indexes")
_FILES = ("postgresql.conf", "postgresql.auto.conf")
_SETTING = re.compile(r"\s*([a-zA-Z_.]+)\s*(?:=|\s)\s*'?([^'#\s]+)")
_INCLUDE = re.compile(r"\s*(include|include_if_exists|include_dir)\s*(?:=|\s)\s*'?([^'#\n]*[^'#\s])", re.I)
_OUTSIDE = "include elsewhere"  # stands for the name of a setting
_DEEPEST = 10  # files that include one another, as servers allow
_PLACE = re.compile(r"([0-9A-F]{1,8})/([0-9A-F]{1,8})")
_BEGAN = re.compile(rf"^START WAL LOCATION: {_PLACE.pattern}", re.M)
_ON = frozenset({"on", "true", "yes", "1", "t", "y", "tru", "tr", "ye"})
_INCREMENT = re.compile(r"^INCREMENTAL FROM (?:LSN|TLI): ", re.M)
_MAPPED = re.compile(r"^(\d+) ((?:\\\n|[^\n])*)", re.M)  # a line end within a name is escaped
_LOGGED = re.compile(r"[0-9A-F]{24}(\.partial)?|[0-9A-F]{8}\.history")
LOG, SPACES, MAP = "pg_wal", "pg_tblspc", "tablespace_map"
# Of a data folder a server needs these; links to other things at its top, as to its configuration, are passed over.
_NEEDED = frozenset({"PG_VERSION", "base", "global", LABEL, MANIFEST, MAP, "pg_xact", "pg_multixact", "pg_commit_ts"})


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder, what belongs into it and lies elsewhere, and the archived log that goes with it."""

    path: Path
    wal: Path | None
    elsewhere: Mapping[str, Path] = field(default_factory=dict)  # place within it -> the folder that holds it
    unneeded: frozenset[Path] = frozenset()  # that is passed over: links, and what was unpacked
    unpacked: Path | None = None  # the segments of the archive that were compressed

    @classmethod
    def recognised(cls, path: Path, wal: Path | None, tablespaces: Mapping[str, Path] | None = None) -> Cluster | None:
        """What lies there, with the folders of tablespaces (by OID) that were named; None where it is no data folder.

        ScenarioError where a part of it lies elsewhere and nobody said where. CannotRun where a server runs on it, or
        where it is only what changed since an earlier backup.
        """
        if not (path / "PG_VERSION").is_file() or not (path / "global").is_dir():
            return None
        if (server := _running_on(path)) is not None:
            hint = "stop it, or take a copy of it with pg_basebackup"
            raise CannotRun(f"a server runs on {path} (process {server}), so it is no copy", hint=hint)
        refuse_increment(path)
        try:
            elsewhere = {**_log_of(path, wal), **_tablespaces(path, tablespaces or {})}
            links = {entry for entry in path.iterdir() if entry.is_symlink() and entry.name not in _NEEDED}
            links |= (
                {entry for entry in (path / SPACES).iterdir() if entry.is_symlink()} if _has_spaces(path) else set()
            )
        except OSError as refused:
            raise CannotRun(f"{path} cannot be read: {refused.strerror}", hint="may you read all of it?") from refused
        return cls(path, wal, elsewhere, frozenset(links))

    @property
    def packed_log(self) -> list[Path]:
        """The files of the archive that are compressed, each a segment or a history."""
        if self.wal is None:
            return []
        return sorted(file for file in self.wal.iterdir() if _LOGGED.fullmatch(file.stem) and file.suffix in ENDINGS)

    def with_log_unpacked(self, folder: Path) -> Cluster:
        """The same, the compressed part of its archive unpacked below that folder. Unloadable where one is damaged."""
        limits, there = Limits.of(folder), folder / "archive"
        there.mkdir()
        for file in self.packed_log:
            with opened(file, limits) as stream, (there / file.stem).open("wb") as plain:
                while chunk := stream.read(CHUNK):
                    plain.write(chunk)
        return replace(self, unneeded=self.unneeded | set(self.packed_log), unpacked=there)

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
        """Whether it lists its own files with checksums. Once a server was started on it, the list is of the past."""
        if not (self.path / MANIFEST).is_file():
            return False
        return not _begun_later(self.path) if self.labelled else not (self.path / _STARTED).exists()

    @property
    def major(self) -> str:
        """The version of the server that wrote it."""
        return (self.path / "PG_VERSION").read_text(encoding="utf-8", errors="replace").strip()[:20]

    def own_pages(self, segment: str, begins: int) -> Iterator[int]:
        """The places of the pages of a segment that belong there; an archive's comes before the copy's own."""
        log = self.elsewhere.get(LOG, self.path / LOG)
        folders = [folder for folder in (self.unpacked, self.wal, log) if folder]
        files = (folder / f"{segment}{part}" for part in ("", ".partial") for folder in folders)
        return own_pages(next(filter(Path.is_file, files), log / segment), begins)

    @property
    def hiding(self) -> list[str]:
        """The settings of its own by which a server started on it would pass over damage."""
        last = dict(self._set)
        return [name for name in HIDING if last.get(name) in _ON]

    @property
    def unread(self) -> list[str]:
        """The files of settings that it includes from elsewhere: what they say is not known."""
        return sorted({place for name, place in self._set if name == _OUTSIDE})

    @property
    def _set(self) -> Iterator[tuple[str, str]]:
        return (each for name in _FILES for each in _settings(self.path, self.path / name))


def _settings(copy: Path, file: Path, depth: int = 0) -> Iterator[tuple[str, str]]:
    """What a file of settings says, in its order, with the files within the copy that it includes."""
    if depth > _DEEPEST or not file.is_file() or not file.resolve().is_relative_to(copy.resolve()):
        return
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        if included := _INCLUDE.match(line):
            named = file.parent / included[2]
            if not named.resolve().is_relative_to(copy.resolve()):
                yield _OUTSIDE, included[2]
                continue
            for each in sorted(named.glob("*.conf")) if included[1].lower() == "include_dir" else (named,):
                yield from _settings(copy, each, depth + 1)
        elif said := _SETTING.match(line):
            yield said[1].lower(), said[2].lower()


def _begun_later(path: Path) -> bool:
    """Was the backup of that label begun after that of the manifest, which a server had kept from its own making?"""
    began = _BEGAN.search((path / LABEL).read_text(encoding="ascii", errors="replace"))
    try:
        listed = _PLACE.fullmatch(json.loads((path / MANIFEST).read_bytes())["WAL-Ranges"][0]["Start-LSN"])
    except (ValueError, LookupError, TypeError):
        return False  # pg_verifybackup says what is wrong with it
    return began is not None and listed is not None and _place(began) > _place(listed)


def _place(found: re.Match[str]) -> tuple[int, int]:
    return int(found[1], 16), int(found[2], 16)


def _running_on(path: Path) -> int | None:
    """The number of a process that serves from that folder."""
    try:
        number = int((path / "postmaster.pid").read_text(encoding="ascii").split()[0])
        runs = Path(psutil.Process(number).cwd()).samefile(path)
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return number if runs else None


def refuse_increment(path: Path) -> None:
    """CannotRun where the data folder is an incremental backup."""
    label = path / LABEL
    if label.is_file() and _INCREMENT.search(label.read_text(encoding="utf-8", errors="replace")):
        hint = "put it together with those before it: pg_combinebackup FULL ... LAST -o DIR, and name that folder"
        raise CannotRun(f"{path} is an incremental backup: it holds only what changed since an earlier one", hint=hint)


def _has_spaces(path: Path) -> bool:
    return (path / SPACES).is_dir()


def tablespaces_of(path: Path) -> dict[str, str]:
    """By OID where they were on their own machine, as far as the copy tells it in a map."""
    file = path / MAP
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    return {oid: where.replace("\\\n", "\n").replace("\\\\", "\\") for oid, where in _MAPPED.findall(text)}


def _tablespaces(path: Path, named: Mapping[str, Path]) -> dict[str, Path]:
    """By their place in the data folder: those that lie elsewhere. A link is followed only within the copy."""
    links = {e.name: e.resolve() for e in (path / SPACES).iterdir() if e.is_symlink()} if _has_spaces(path) else {}
    there = {e.name for e in (path / SPACES).iterdir() if e.name not in links} if _has_spaces(path) else set()
    known = {**tablespaces_of(path), **{oid: str(target) for oid, target in links.items()}}
    if strange := sorted(named.keys() - known.keys()):
        hint = f"it has: {', '.join(sorted(known)) or 'none'}"
        raise ScenarioError(f"{path} has no tablespace {', '.join(strange)} that lies elsewhere", hint=hint)
    found = {}
    for oid, where in known.items():
        if oid in named:
            found[f"{SPACES}/{oid}"] = named[oid]
        elif oid in links and links[oid].is_relative_to(path.resolve()):
            found[f"{SPACES}/{oid}"] = links[oid]
        elif oid not in there:
            hint = f"name the folder that holds its files in this copy: --tablespace {oid}=DIR"
            raise ScenarioError(f"the tablespace {oid} of {path} is at {where}, outside of the copy", hint=hint)
    for folder in found.values():
        if not any(folder.glob("PG_*")):
            hint = "a tablespace holds a folder called PG_, the version and a number"
            raise ScenarioError(f"{folder} holds no tablespace", hint=hint)
    return found


def _log_of(path: Path, wal: Path | None) -> dict[str, Path]:
    """Where the log of the copy itself is, when it is behind a link; nothing where another is named."""
    log = path / LOG
    if not log.is_symlink():
        return {}
    if (target := log.resolve()).is_relative_to(path.resolve()) and target.is_dir():
        return {LOG: target}
    if wal is None:
        hint = f"name the folder that holds the log of this copy: --wal DIR; {target} is only read"
        raise ScenarioError(f"{log} is a link to {target}, outside of the copy", hint=hint)
    return {}
