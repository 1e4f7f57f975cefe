"""Compressed files: read as a stream, with what this machine offers for it, and within limits."""

from __future__ import annotations

import bz2
import gzip
import importlib
import lzma
import os
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, BinaryIO

from drill.errors import CannotRun, Unloadable

CHUNK = 1024 * 1024  # bytes that are read at a time
_MOST = 10_000_000  # files and folders of one archive: more than a server of ten thousand databases has
_FREELY = 4 * 1024**3  # bytes up to which no ratio is asked for: segments of a log are zeros for the most part
_RATIO = 1100  # beyond what gzip can make of zeros


class Packing(StrEnum):
    """How a file is compressed; the name is that of the program."""

    GZIP = "gzip"
    ZSTD = "zstd"
    LZ4 = "lz4"
    XZ = "xz"
    BZIP2 = "bzip2"


_MAGIC = {
    b"\x1f\x8b": Packing.GZIP,
    b"\x28\xb5\x2f\xfd": Packing.ZSTD,
    b"\x04\x22\x4d\x18": Packing.LZ4,
    b"\xfd7zXZ": Packing.XZ,
    b"BZh": Packing.BZIP2,
}
ENDINGS = {".gz": Packing.GZIP, ".zst": Packing.ZSTD, ".lz4": Packing.LZ4, ".xz": Packing.XZ, ".bz2": Packing.BZIP2}
_BREAKS = (EOFError, OSError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may come out of a packed file."""

    size: int  # bytes
    count: int = _MOST  # files and folders
    freely: int = _FREELY  # bytes up to which `ratio` is not asked for
    ratio: int = _RATIO  # times the size of the packed file

    @classmethod
    def of(cls, folder: Path) -> Limits:
        """Half of what is free there: what is unpacked is copied once more, into the sandbox."""
        free = os.statvfs(folder)
        return cls(free.f_bavail * free.f_frsize // 2, min(_MOST, free.f_favail // 2) if free.f_files else _MOST)


@dataclass
class Unpacked:
    """What comes out of a file, in order. `read` raises Unloadable where it breaks off, CannotRun beyond a limit."""

    path: Path
    limits: Limits
    source: IO[bytes]
    breaks: tuple[type[BaseException], ...] = _BREAKS
    prove_whole: Callable[[], None] = lambda: None  # once everything was read
    seen: int = field(default=0, init=False)  # bytes so far

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only at the end."""
        parts: list[bytes] = []
        while size:
            try:
                part = self.source.read(min(size, CHUNK))
            except self.breaks as broken:
                raise broken_off(self.path, str(broken)) from broken
            if not part:
                self.prove_whole()
                break
            self._count(len(part))
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _count(self, size: int) -> None:
        self.seen += size
        if self.seen > self.limits.size:
            hint = "make room, or set DRILL_WORK to a larger disk: it is unpacked there and copied into the sandbox"
            raise CannotRun(f"{self.path} unpacks to more than {self.limits.size} bytes", hint=hint)
        if self.seen > max(self.limits.freely, self.limits.ratio * self.path.stat().st_size):
            hint = "no dump and no backup is packed like that; look at it, and unpack it yourself if you trust it"
            raise CannotRun(f"{self.path} unpacks to more than {self.limits.ratio} times its size", hint=hint)


def broken_off(path: Path, why: str) -> Unloadable:
    """What a packed file that is damaged or cut short is told as."""
    return Unloadable(f"{path} is damaged or cut short: {' '.join(why.split())[:200]}", hint="copy or make it again")


def packing_of(path: Path) -> Packing | None:
    """By its first bytes; None where it is not compressed, or in no way that is known here. OSError."""
    with path.open("rb") as file:
        head = file.read(max(map(len, _MAGIC)))
    return next((packing for magic, packing in _MAGIC.items() if head.startswith(magic)), None)


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Unpacked]:
    """Its content, unpacked if it is packed. CannotRun where this machine cannot unpack it, or it cannot be read."""
    try:
        packing = packing_of(path)
        file = path.open("rb")
    except OSError as refused:
        raise CannotRun(f"{path} cannot be read: {refused.strerror}", hint="may you read it?") from refused
    with file:
        if packing is None:
            yield Unpacked(path, limits, file)
        elif packing in _ITSELF:
            yield Unpacked(path, limits, _ITSELF[packing](file))
        elif packing is Packing.ZSTD and (library := _library()) is not None:
            yield Unpacked(path, limits, library.ZstdFile(file), (*_BREAKS, library.ZstdError))
        else:
            with _through(packing, path, file) as (stream, prove_whole):
                yield Unpacked(path, limits, stream, prove_whole=prove_whole)


_ITSELF: dict[Packing, Callable[[BinaryIO], Any]] = {
    Packing.GZIP: lambda file: gzip.GzipFile(fileobj=file),
    Packing.XZ: lzma.LZMAFile,
    Packing.BZIP2: bz2.BZ2File,
}


def _library() -> Any:
    """Python's own for zstd, which it has from 3.14 on."""
    try:
        return importlib.import_module("compression.zstd")
    except ImportError:
        return None


@contextmanager
def _through(packing: Packing, path: Path, file: BinaryIO) -> Iterator[tuple[IO[bytes], Callable[[], None]]]:
    """Through a program of this machine."""
    if (program := shutil.which(packing)) is None:
        hint = f"install the program {packing}, or unpack it yourself and name what was in it"
        raise CannotRun(f"{path} is packed with {packing}, which cannot be read here", hint=hint)
    with tempfile.TemporaryFile() as errors:
        argv = [program, "-d", "-c", "-q"]
        with subprocess.Popen(argv, stdin=file, stdout=subprocess.PIPE, stderr=errors) as process:

            def prove_whole() -> None:
                if process.wait() != 0:
                    errors.seek(0)
                    raise broken_off(path, errors.read(4096).decode(errors="replace") or f"{packing} says so")

            try:
                assert process.stdout is not None  # noqa: S101 - it is a pipe
                yield process.stdout, prove_whole
            finally:
                process.kill()
