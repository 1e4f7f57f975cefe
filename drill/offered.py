"""A copy that somebody already has, as it lies in files: what it is of. It is read, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drill.dumpfile import CutShort, DumpFile, Form, NoDump, globals_at
from drill.errors import ScenarioError
from drill.packing import ENDINGS

GLOBALS = "globals.sql"
_ENDINGS = (".dump", ".sql", ".tar", "")
_KNOWN = (
    "a dump of pg_dump (plain SQL, custom, tar, directory), a folder of dumps named after their databases, "
    "a base backup (a folder, or its tars) or a data directory"
)


@dataclass(frozen=True, slots=True)
class Offered:
    """Dumps by the database that they are of, and the roles beside them."""

    path: Path
    dumps: Mapping[str, DumpFile]
    roles: Path | None
    whole: bool = False  # a folder that is to hold every database
    roles_broken: str = ""  # why the roles beside them cannot be created at all

    @classmethod
    def recognised(cls, path: Path) -> Offered:
        """What lies there. ScenarioError says why it is no copy that can be verified, and what is."""
        try:
            if path.is_dir() and not (path / "toc.dat").is_file():
                return cls(path, dict(_members(path)), *_globals_of(path))
            dump = DumpFile.offered(path)
        except ValueError as wrong:
            raise ScenarioError(str(wrong), hint=f"a copy is {_KNOWN}") from wrong
        return cls(path, {_stem(path): dump}, None)

    @property
    def form(self) -> str:
        """What to call it."""
        if self.whole:
            return f"a folder of {len(self.dumps)} dumps"
        (dump,) = self.dumps.values()
        return f"a dump ({dump.form}{f', {dump.packing}' if dump.packing else ''})"

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(dump.size for dump in self.dumps.values())

    def named(self, databases: frozenset[str]) -> Offered:
        """The only dump under the name of the only database that was sealed, whatever its file is called."""
        if self.whole or len(databases) != 1:
            return self
        (name,), (dump,) = databases, self.dumps.values()
        return Offered(self.path, {name: dump}, self.roles)


def _members(folder: Path) -> list[tuple[str, DumpFile]]:
    found: dict[str, Path] = {}
    for entry in sorted(folder.iterdir()):
        if _unpacked(entry.name) == GLOBALS or entry.suffix in (".json", ".md") or entry.name.startswith("."):
            continue
        name = _stem(entry)
        if name in found:
            raise ValueError(f"{folder} holds two dumps of the database {name}: {found[name].name} and {entry.name}")
        found[name] = entry
    if not found and not any(_unpacked(entry.name) == GLOBALS for entry in folder.iterdir()):
        raise ValueError(f"{folder} holds no dump")
    return [(name, _member(path)) for name, path in found.items()]


def _member(path: Path) -> DumpFile:
    """In a folder of dumps a file that is none is a dump that is damaged."""
    try:
        return DumpFile.offered(path)
    except NoDump as wrong:
        return DumpFile(path, Form.PLAIN, cut=str(wrong))


def _globals_of(folder: Path) -> tuple[Path | None, bool, str]:
    """The file, that this is a whole folder, and why the file is broken if it is."""
    held = [entry for entry in sorted(folder.iterdir()) if _unpacked(entry.name) == GLOBALS]
    if len(held) > 1:
        raise ValueError(f"{folder} holds the roles twice: {held[0].name} and {held[1].name}")
    try:
        if held:
            globals_at(held[0])
    except (CutShort, NoDump) as broken:
        return None, True, str(broken)
    return next(iter(held), None), True, ""


def _stem(path: Path) -> str:
    """The name of the database: that of the file without the ending of its format."""
    if not path.is_file():
        return path.name
    name = Path(_unpacked(path.name))
    return name.stem if name.suffix in _ENDINGS else name.name


def _unpacked(name: str) -> str:
    """Of a file: without what says that it is compressed."""
    return Path(name).stem if Path(name).suffix in ENDINGS else name


__all__ = ["GLOBALS", "Form", "Offered"]
