"""What a tar of a data folder is unpacked to, and that nothing of a hostile one lands anywhere."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drill.errors import CannotRun, Unloadable
from drill.packing import Limits, Packing, opened, packing_of
from drill.tarball import unpack

ROOMY = Limits(10**9)
Member = tuple[str, bytes | tarfile.TarInfo]


def tarred(*members: Member, form: int = tarfile.USTAR_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        for name, content in members:
            entry = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            entry.name = name
            if isinstance(content, bytes):
                entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content) if isinstance(content, bytes) else None)
    return file.getvalue()


def entry(kind: bytes, link: str = "", **more: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo()
    made.type, made.linkname = kind, link
    for name, value in more.items():
        setattr(made, name, value)
    return made


PLAIN: tuple[Member, ...] = (
    ("PG_VERSION", b"18\n"),
    ("base", entry(tarfile.DIRTYPE)),
    ("base/1/1259", b"x" * 8192),
    ("empty", b""),
)


def unpacked(tmp_path: Path, content: bytes, limits: Limits = ROOMY) -> Mapping[str, str]:
    (file := tmp_path / "base.tar").write_bytes(content)
    with opened(file, limits) as stream:
        return unpack(stream, tmp_path / "data", limits)


def laid_out(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


DUE = {"PG_VERSION": b"18\n", "base/1/1259": b"x" * 8192, "empty": b""}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("before", ["", "./"])
def test_each_form_of_a_tar_is_laid_out(tmp_path: Path, form: int, before: str) -> None:
    unpacked(tmp_path, tarred(*((before + name, content) for name, content in PLAIN), form=form))
    assert laid_out(tmp_path / "data") == DUE


def test_a_long_name_of_gnu_and_a_time_of_pax_are_understood(tmp_path: Path) -> None:
    long = "/".join(["a" * 60] * 3)
    unpacked(tmp_path, tarred((long, b"1"), form=tarfile.GNU_FORMAT))
    assert laid_out(tmp_path / "data") == {long: b"1"}
    shutil.rmtree(tmp_path / "data")
    timed = tarfile.TarInfo()
    timed.mtime = 1.5
    unpacked(tmp_path, tarred(("a", timed), form=tarfile.PAX_FORMAT))
    assert laid_out(tmp_path / "data") == {"a": b""}


def test_links_of_the_log_and_of_tablespaces_are_told_and_not_made(tmp_path: Path) -> None:
    links = {"pg_wal": "/srv/wal", "pg_tblspc/16385": "/srv/space"}
    content = tarred(*PLAIN, *((name, entry(tarfile.SYMTYPE, to)) for name, to in links.items()))
    assert unpacked(tmp_path, content) == links
    assert laid_out(tmp_path / "data") == DUE


@pytest.mark.parametrize("packing", Packing)
def test_each_packing_is_unpacked(tmp_path: Path, packing: Packing) -> None:
    if packing is not Packing.GZIP and shutil.which(packing) is None:
        pytest.skip(f"no {packing} here")
    content = tarred(*PLAIN)
    argv = [packing, "-c", "-q"]
    packed = gzip.compress(content) if packing is Packing.GZIP else _run(argv, content)
    (file := tmp_path / "base.tar.packed").write_bytes(packed)
    assert packing_of(file) is packing
    with opened(file, ROOMY) as stream:
        unpack(stream, tmp_path / "data", ROOMY)
    assert laid_out(tmp_path / "data") == DUE
    file.write_bytes(packed[: len(packed) * 2 // 3])
    with pytest.raises(Unloadable, match="damaged or cut short"), opened(file, ROOMY) as stream:
        unpack(stream, tmp_path / "again", ROOMY)


def _run(argv: list[str], content: bytes) -> bytes:
    return subprocess.run(argv, input=content, capture_output=True, check=True, timeout=60).stdout


def test_what_cannot_be_unpacked_here_is_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (file := tmp_path / "base.tar.lz4").write_bytes(b"\x04\x22\x4d\x18" + bytes(9))
    with pytest.raises(CannotRun, match="packed with lz4, which cannot be read here") as told, opened(file, ROOMY):
        pass
    assert "install the program lz4, or unpack it yourself" in told.value.hint


HOSTILE: dict[str, bytes] = {
    "an absolute name": tarred(("/etc/owned", b"1")),
    "out of the folder": tarred(("../owned", b"1")),
    "out of it further down": tarred(("base/../../owned", b"1")),
    "a link": tarred(("base", entry(tarfile.SYMTYPE, "/etc"))),
    "a link for a tablespace further down": tarred(("pg_tblspc/1/2", entry(tarfile.SYMTYPE, "/etc"))),
    "through a link": tarred(
        ("pg_tblspc/1", entry(tarfile.SYMTYPE, "/srv")), ("pg_tblspc/1", b""), ("pg_tblspc/1/x", b"1")
    ),
    "a hard link": tarred(("a", b"1"), ("b", entry(tarfile.LNKTYPE, "a"))),
    "a device": tarred(("a", entry(tarfile.CHRTYPE))),
    "a pipe": tarred(("a", entry(tarfile.FIFOTYPE))),
    "a file with holes": tarred(("a", entry(b"S"))),
    "a file twice": tarred(("a", b"1"), ("a", b"2")),
    "a file as a folder": tarred(("a", b"1"), ("a/b", b"2")),
    "a name that acts on a terminal": tarred(("a\x1b[2J", b"1")),
    "another name in pax": tarred(("a", entry(b"0", pax_headers={"path": "../owned"})), form=tarfile.PAX_FORMAT),
    "another size in pax": tarred(("a", entry(b"0", pax_headers={"size": "9"})), form=tarfile.PAX_FORMAT),
    "a long name out of it": tarred(("../" * 60 + "owned", b"1"), form=tarfile.GNU_FORMAT),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_tar_is_refused_and_nothing_lands_elsewhere(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CannotRun, match="is not unpacked"):
        unpacked(tmp_path, content)
    assert {p.name for p in tmp_path.iterdir()} == {"base.tar", "data"}
    assert not any(p.is_symlink() for p in tmp_path.rglob("*"))


def test_bombs_are_stopped(tmp_path: Path) -> None:
    large = gzip.compress(tarred(("a", bytes(30_000_000))))
    for limits, says in (
        (Limits(10_000_000), "more than 10000000 bytes"),
        (Limits(10**9, freely=10_000_000, ratio=100), "more than 100 times its size"),
    ):
        with pytest.raises(CannotRun, match=says):
            unpacked(tmp_path, large, limits)
        assert (tmp_path / "data" / "a").stat().st_size < 12_000_000
        shutil.rmtree(tmp_path / "data")
    with pytest.raises(CannotRun, match="more than 9 files and folders"):
        unpacked(tmp_path, tarred(*((str(n), b"") for n in range(10))), Limits(10**9, 9))


def test_one_that_is_cut_anywhere_is_damaged(tmp_path: Path) -> None:
    whole = tarred(*PLAIN).rstrip(b"\0")
    ends = len(whole) + -len(whole) % 512 + 1024
    content = whole + bytes(ends - len(whole))
    for end in [0, *range(1, len(content), 111), ends - 1]:
        with pytest.raises(Unloadable, match="damaged or cut short"):
            unpacked(tmp_path, content[:end])
        shutil.rmtree(tmp_path / "data")
    unpacked(tmp_path, content)


def test_a_header_that_rots_is_damaged(tmp_path: Path) -> None:
    content = bytearray(tarred(*PLAIN))
    for at in (0, 130, 150, 156, 260):
        rotten = bytes(content[:at]) + bytes([content[at] ^ 4]) + bytes(content[at + 1 :])
        with pytest.raises(Unloadable, match="damaged or cut short"):
            unpacked(tmp_path, rotten)
        shutil.rmtree(tmp_path / "data")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_in_it_nothing_lands_elsewhere(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("any")
    content = bytearray(data.draw(st.sampled_from([tarred(*PLAIN), *HOSTILE.values()])))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, min(len(content), 2048) - 1))] = data.draw(st.integers(0, 255))
    with suppress(CannotRun):
        unpacked(folder, bytes(content))
    assert {p.name for p in folder.iterdir()} <= {"base.tar", "data"}
