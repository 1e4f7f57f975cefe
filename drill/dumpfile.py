"""Somebody's own dump: what pg_dump wrote it as, and whether it is whole. It is read, never changed."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from drill.errors import CannotRun, Unloadable
from drill.packing import CHUNK, Limits, Packing, opened, packing_of

_HEAD, _FOOT = 64 * 1024, 4 * 1024  # bytes
_MOST_GLOBALS = 64 * 1024 * 1024  # bytes
_OPENS, _ENDS = b"-- PostgreSQL database dump\n", b"-- PostgreSQL database dump complete"
_CLUSTER_OPENS, _CLUSTER_ENDS = (
    b"-- PostgreSQL database cluster dump\n",
    b"-- PostgreSQL database cluster dump complete",
)
_TAR_ENDS = bytes(1024)
_CUSTOM = b"\x01"
_PACKED = {b"\x1f\x8b": "gunzip", b"\x28\xb5\x2f\xfd": "unzstd", b"\xfd7zXZ": "unxz", b"BZh": "bunzip2", b"PK": "unzip"}
_OTHER_LETTERS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16
_ROWS = re.compile(r"\d+\.dat(\.gz)?")  # the rows of one table
# names, settings and comments of roles may hold line ends, semicolons and backslashes
_STATEMENT = re.compile(r"""(?:\s+|--[^\n]*|\\[^\n]*)|((?:"[^"]*"|'[^']*'|[^;"'])++;)""")
_MADE = "make it with `pg_dump -Fc -f FILE DATABASE`"


class Form(StrEnum):
    """The formats of pg_dump."""

    PLAIN = "plain SQL"
    CUSTOM = "custom"
    DIRECTORY = "directory"
    TAR = "tar"


_PLACED = re.compile(rb'SET default_tablespace = ("(?:[^"]|"")+"|[^\s;"\']+);\s*$')


class CutShort(ValueError):
    """It is a dump of that form, or an empty file, and its end is missing."""

    def __init__(self, says: str, form: Form = Form.PLAIN) -> None:
        super().__init__(says)
        self.form = form


class NoDump(ValueError):
    """Nothing that any program of PostgreSQL writes: the wrong file, or one whose beginning is destroyed."""


@dataclass(frozen=True, slots=True)
class DumpFile:
    """A dump of one database."""

    path: Path
    form: Form
    packing: Packing | None = None  # it is compressed as a whole
    cut: str = ""  # that its end is missing, as far as it is known before it is loaded

    @classmethod
    def recognised(cls, path: Path) -> DumpFile:
        """What lies at that path. ValueError says why it is no dump that can be loaded, and what to do."""
        path = _found(path)
        if path.is_dir():
            if not (path / "toc.dat").is_file():
                raise ValueError(f"{path} is a folder without toc.dat, so it is not what pg_dump -Fd writes: {_MADE}")
            folder = cls(path, Form.DIRECTORY)
            for file in folder._files():
                _opened(file)
            return folder
        return cls(path, _form(path, _ends_of(path)))

    @classmethod
    def offered(cls, path: Path) -> DumpFile:
        """As `recognised`; but one that is compressed, or cut short, is a dump too, which can be judged.

        CannotRun where this machine cannot unpack it.
        """
        found = _found(path)
        try:
            if not found.is_file() or (packing := packing_of(_opened(found))) is None:
                return cls.recognised(path)
            with opened(found, Limits(_HEAD)) as stream:
                head = stream.read(_HEAD).replace(b"\r\n", b"\n")
            return cls(found, _form(found, (head, _ENDS + _TAR_ENDS)), packing)
        except CutShort as cut:
            return cls(found, cut.form, cut=str(cut))
        except Unloadable as broken:
            return cls(found, Form.PLAIN, cut=str(broken))

    def unpacked(self, folder: Path) -> DumpFile:
        """What is in it, below that folder. Unloadable where it is damaged or cut short."""
        file, limits = folder / "dump", Limits.of(folder)
        with opened(self.path, limits) as stream, file.open("wb") as plain:
            while chunk := stream.read(CHUNK):
                plain.write(chunk)
        try:
            return DumpFile.recognised(file)
        except ValueError as wrong:
            said = str(wrong).replace(str(file), str(self.path))
            raise Unloadable(said, hint="dump it or copy it again") from wrong

    @property
    def size(self) -> int:
        """Bytes, of all its files together."""
        return sum(file.stat().st_size for file in self._files())

    def fingerprint(self) -> str:
        """SHA-256 of the file; of a folder, of the lines that sha256sum writes for its files, sorted by name."""
        if self.form is not Form.DIRECTORY:
            return sha256(self.path)
        lines = (f"{sha256(file)}  {file.relative_to(self.path)}\n" for file in self._files())
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def written_for(self) -> str:
        """The version of PostgreSQL that a plain dump says it was made from; empty where it does not say."""
        if self.form is not Form.PLAIN:
            return ""  # the others tell it to pg_restore
        found = re.search(rb"^-- Dumped from database version ([0-9.]+)", _ends_of(self.path)[0], re.M)
        return found[1].decode() if found else ""

    def tablespaces(self) -> set[str]:
        """Those that plain SQL puts tables and indexes in, named as it names them."""
        if self.form is not Form.PLAIN:
            return set()  # pg_restore can be told to leave them out
        with self.path.open("rb") as file:
            found = map(_PLACED.match, iter(lambda: file.readline(CHUNK), b""))
            return {each[1].decode(errors="replace") for each in found if each}

    def cut_short(self) -> Iterator[str]:
        """The files of a folder that end too early: pg_restore itself would load what is left without a word."""
        for file in self._files() if self.form is Form.DIRECTORY else ():
            if _breaks_off(file):
                yield file.name

    def _files(self) -> list[Path]:
        if self.form is not Form.DIRECTORY:
            return [self.path]
        return sorted(file for file in self.path.rglob("*") if file.is_file())


def globals_at(path: Path) -> str:
    """What pg_dumpall --globals-only wrote. ValueError says why it is not that, and what to do."""
    path = _found(path)
    made = "make it with `pg_dumpall --globals-only -f FILE`"
    if path.is_dir() or path.stat().st_size > _MOST_GLOBALS:
        raise ValueError(f"{path} cannot be a file of roles: {made}")
    content = _content(_opened(path))
    if _CLUSTER_OPENS not in content[:_FOOT].replace(b"\r\n", b"\n"):
        raise NoDump(f"{path} is not what pg_dumpall writes: {made}")
    if _CLUSTER_ENDS not in content[-_FOOT:]:
        raise CutShort(f"{path} is cut short: its end is missing; {made}")
    if _OPENS in content.replace(b"\r\n", b"\n"):
        raise ValueError(f"{path} is of whole databases and not of roles alone: {made}")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8: {made} --encoding=UTF8") from None


def _content(path: Path) -> bytes:
    """Unpacked where it is compressed; ValueError where that cannot be done."""
    try:
        with opened(path, Limits(_MOST_GLOBALS)) as stream:
            return stream.read(_MOST_GLOBALS)
    except CannotRun as refused:
        raise ValueError(f"{refused}; {refused.hint}") from refused


def statements_of(roles: str) -> Iterator[str]:
    """What pg_dumpall wrote, statement by statement; what stands between them, psql's own commands too, is left out."""
    return filter(None, _STATEMENT.findall(roles))


def _found(path: Path) -> Path:
    """The file or folder itself, links followed."""
    try:
        found = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as wrong:  # RuntimeError: links in a circle
        reason = wrong.strerror if isinstance(wrong, OSError) and wrong.strerror else str(wrong)
        raise ValueError(f"{path}: {reason}") from wrong
    if not (found.is_dir() or found.is_file()):
        raise ValueError(f"{path} is neither a file nor a folder")
    return found


def _opened(path: Path) -> Path:
    try:
        path.open("rb").close()
    except OSError as refused:
        raise ValueError(f"{path} cannot be read: {refused.strerror}") from refused
    return path


def _ends_of(path: Path) -> tuple[bytes, bytes]:
    """Its first and its last bytes, with the line ends of Unix."""
    with _opened(path).open("rb") as file:
        head = file.read(_HEAD)
        file.seek(max(0, file.seek(0, 2) - _FOOT))
        return head.replace(b"\r\n", b"\n"), file.read()


def _form(path: Path, ends: tuple[bytes, bytes]) -> Form:
    head, foot = ends
    if head.startswith(b"PGDMP"):
        if head[10:11] != _CUSTOM:
            raise ValueError(f"{path} is only a part of what pg_dump -Fd writes: name its folder")
        return Form.CUSTOM
    if head[257:262] == b"ustar":
        if not head.startswith(b"toc.dat\0"):
            raise ValueError(f"{path} is a tar, but not one of pg_dump -Ft: unpack it, and name what was in it")
        if not foot.endswith(_TAR_ENDS):  # over some of them pg_restore would sit for ever
            raise CutShort(f"{path} is cut short: the end of a tar is missing; dump or copy it again", Form.TAR)
        return Form.TAR
    if not head:
        raise CutShort(f"{path} is empty")
    if wrong := _why_not_here(head):
        raise ValueError(f"{path} {wrong}")
    if _OPENS not in head[:_FOOT]:
        what = "pg_dump writes plain SQL, or the formats custom, directory and tar"
        raise NoDump(f"{path} is no dump: {what}; {_MADE}")
    if _ENDS not in foot:  # psql takes anything, also half of a dump, and would say nothing
        raise CutShort(f"{path} is cut short: pg_dump's last line is missing; dump or copy it again")
    return Form.PLAIN


def _why_not_here(head: bytes) -> str:
    """Why something is of a kind that cannot be loaded as it is; empty where it may be."""
    unpack = next((program for magic, program in _PACKED.items() if head.startswith(magic)), None)
    if unpack is not None:
        return f"is compressed: unpack it with {unpack}"
    if head.startswith(_OTHER_LETTERS):
        return "is UTF-16, as PowerShell writes what is sent to a file with `>`: use pg_dump's own option -f FILE"
    if _CLUSTER_OPENS in head[:_FOOT]:
        return f"is of pg_dumpall, not of one database: {_MADE}; roles can come beside it, in `globals`"
    if _OPENS in head[:_FOOT] and re.search(rb"^\\connect ", head, re.M):
        return "creates a database of its own: dump it without --create (-C), or with -Fc"
    return ""


def sha256(file: Path) -> str:
    """Of its content, hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _breaks_off(file: Path) -> bool:
    rows, blobs = _ROWS.fullmatch(file.name), file.suffix == ".toc"
    if not (rows or blobs or file.suffix == ".gz"):
        return False
    last = _last_bytes(file)
    if last is None:
        return True
    return not last.endswith(b"\n") if blobs else bool(rows) and not _is_end(last)


def _last_bytes(file: Path) -> bytes | None:
    """Of what is in it; None where what was compressed breaks off."""
    with file.open("rb") as plain:
        content: BinaryIO = plain if file.suffix != ".gz" else gzip.GzipFile(fileobj=plain)  # type: ignore[assignment]
        last = b""
        try:
            while chunk := content.read(CHUNK):
                last = (last + chunk)[-_FOOT:]
        except (EOFError, OSError, zlib.error):
            return None
        return last


def _is_end(rows: bytes) -> bool:
    """COPY ends with a dot of its own, INSERTs with a semicolon; where there are none stand two line ends."""
    return rows == b"\n\n" or rows.rstrip().endswith((b"\\.", b";"))
