"""A copy that somebody already has, as it lies in files: what it is of. It is read, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drill.dumpfile import DumpFile, Form, globals_at
from drill.errors import ScenarioError

GLOBALS = "globals.sql"
_ENDINGS = (".dump", ".sql", ".tar", "")
_KNOWN = "a dump of pg_dump (plain SQL, custom, tar, directory), or a folder of dumps named after their databases"


@dataclass(frozen=True, slots=True)
class Offered:
    """Dumps by the database that they are of, and the roles beside them."""

    path: Path
    dumps: Mapping[str, DumpFile]
    roles: Path | None
    whole: bool = False  # a folder that is to hold every database

    @classmethod
    def recognised(cls, path: Path) -> Offered:
        """What lies there. ScenarioError says why it is no copy that can be verified, and what is."""
        try:
            if path.is_dir() and not (path / "toc.dat").is_file():
                return cls(path, dict(_members(path)), _globals_of(path), whole=True)
            dump = DumpFile.recognised(path)
        except ValueError as wrong:
            raise ScenarioError(str(wrong), hint=f"a copy is {_KNOWN}") from wrong
        return cls(path, {_stem(path): dump}, None)

    @property
    def form(self) -> str:
        """What to call it."""
        if self.whole:
            return f"a folder of {len(self.dumps)} dumps"
        (dump,) = self.dumps.values()
        return f"a dump ({dump.form})"

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
        if entry.name == GLOBALS or entry.suffix in (".json", ".md") or entry.name.startswith("."):
            continue
        name = _stem(entry)
        if name in found:
            raise ValueError(f"{folder} holds two dumps of the database {name}: {found[name].name} and {entry.name}")
        found[name] = entry
    if not found:
        raise ValueError(f"{folder} holds no dump")
    return [(name, DumpFile.recognised(path)) for name, path in found.items()]


def _globals_of(folder: Path) -> Path | None:
    roles = folder / GLOBALS
    if not roles.exists():
        return None
    globals_at(roles)
    return roles


def _stem(path: Path) -> str:
    """The name of the database: that of the file without the ending of its format."""
    return path.stem if path.suffix in _ENDINGS and path.is_file() else path.name


__all__ = ["GLOBALS", "Form", "Offered"]
