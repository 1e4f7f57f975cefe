"""A base backup as pg_basebackup -Ft writes it: base.tar, the log and the tablespaces beside it. It is only read."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from drill.clusters import MANIFEST, Cluster, refuse_increment, tablespaces_of
from drill.errors import CannotRun, ScenarioError, Unloadable
from drill.packing import Limits, opened
from drill.tarball import BLOCK, header, unpack

_TAR = re.compile(r"(base|pg_wal|\d+)\.tar(?:\.gz|\.zst|\.lz4|\.xz|\.bz2)?|(base|pg_wal|\d+)\.tgz")
_DUMPS = "toc.dat"  # what a tar of pg_dump begins with
_PEEK = Limits(BLOCK)


@dataclass(frozen=True, slots=True)
class PackedBackup:
    """The tars of one base backup, and the archived log that goes with it."""

    path: Path  # as it was named
    base: Path
    others: Mapping[str, Path]  # place within the data folder -> the tar of what belongs there
    manifest: Path | None
    wal: Path | None
    tablespaces: Mapping[str, Path] = field(default_factory=dict)  # by OID: folders that were named beside it

    @classmethod
    def recognised(cls, path: Path, wal: Path | None, tablespaces: Mapping[str, Path]) -> PackedBackup | None:
        """What lies there; None where it is no tar of a data folder, nor a folder that holds one."""
        named = _TAR.fullmatch(path.name)
        if path.is_dir() or (named and "base" in named.groups()):  # what lies beside it belongs to it
            tars = dict(_tars(path if path.is_dir() else path.parent))
        else:
            tars = {"base": path}
        if "base" not in tars or not _is_tar(tars["base"]):
            return None
        manifest = tars["base"].parent / MANIFEST
        others = {_place(stem): tar for stem, tar in tars.items() if stem != "base"}
        return cls(path, tars["base"], others, manifest if manifest.is_file() else None, wal, tablespaces)

    @property
    def form(self) -> str:
        """What to call it."""
        what = f"a base backup as {1 + len(self.others)} tar file{'s' if self.others else ''}"
        return what if self.wal is None else f"{what} and an archived log"

    def unpack(self, folder: Path) -> Cluster:
        """Below that folder. Unloadable where it is damaged or not whole; CannotRun for what is not to be unpacked."""
        limits, data = Limits.of(folder), folder / "data"
        with opened(self.base, limits) as stream:
            links = unpack(stream, data, limits)
        if not (data / "PG_VERSION").is_file() or not (data / "global").is_dir():
            hint = "a base backup is what pg_basebackup wrote; unpack another tar yourself, and name what was in it"
            raise CannotRun(f"{self.base} holds no data folder at its top", hint=hint)
        refuse_increment(data)
        elsewhere: dict[str, Path] = {}
        for place, tar in self.others.items():
            elsewhere[place] = folder / place
            with opened(tar, limits) as stream:
                unpack(stream, folder / place, limits)
        if self.manifest is not None:
            shutil.copyfile(self.manifest, data / MANIFEST)
        elsewhere |= {_place(oid): there for oid, there in self.tablespaces.items()}
        self._prove_complete(data, links, elsewhere)
        return Cluster(data, self.wal, elsewhere)

    def _prove_complete(self, data: Path, links: Mapping[str, str], elsewhere: Mapping[str, Path]) -> None:
        known = tablespaces_of(data) | {place.rpartition("/")[2]: to for place, to in links.items() if "/" in place}
        if strange := sorted(self.tablespaces.keys() - known.keys()):
            hint = f"it has: {', '.join(sorted(known)) or 'none'}"
            raise ScenarioError(f"{self.base} has no tablespace {', '.join(strange)}", hint=hint)
        for oid, where in known.items():
            if _place(oid) not in elsewhere and not (data / "pg_tblspc" / oid).is_dir():
                hint = f"if it lies elsewhere, name its folder: --tablespace {oid}=DIR"
                raise Unloadable(f"{oid}.tar is missing, the tablespace that was at {where}", hint=hint)
        if "pg_wal" in links and not ("pg_wal" in elsewhere or self.wal is not None):
            hint = "name the folder that holds the log: --wal DIR"
            raise Unloadable(f"{self.base} holds no log, only a link to {links['pg_wal']}", hint=hint)


def _place(stem: str) -> str:
    return stem if stem == "pg_wal" else f"pg_tblspc/{stem}"


def _tars(folder: Path) -> Iterator[tuple[str, Path]]:
    """Those of a base backup, by what is in them. ScenarioError where there are two of one."""
    seen: dict[str, Path] = {}
    for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
        found = _TAR.fullmatch(entry.name)
        if found is None or not entry.is_file():
            continue
        stem = found[1] or found[2]
        if stem in seen:
            hint = "leave one of them there"
            raise ScenarioError(f"{folder} holds both {seen[stem].name} and {entry.name}", hint=hint)
        seen[stem] = entry
        yield stem, entry


def _is_tar(path: Path) -> bool:
    """Whether it begins as one, and not as one of pg_dump."""
    if not path.is_file():
        return False
    try:
        with opened(path, _PEEK) as stream:
            entry = header(stream.read(BLOCK))
    except (Unloadable, ValueError):
        return _TAR.fullmatch(path.name) is not None  # a damaged one: its name says what it was
    return entry is not None and entry.name != _DUMPS
