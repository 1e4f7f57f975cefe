"""What somebody's dump is, and whether it is whole, told before anything is started."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drill.dumpfile import DumpFile, Form, globals_at

ROOT = Path(__file__).parents[2]
PLAIN = b"""--
-- PostgreSQL database dump
--

\\restrict x

-- Dumped from database version 18.6 (Debian 18.6-1.pgdg13+1)
-- Dumped by pg_dump version 18.6 (Debian 18.6-1.pgdg13+1)

COPY public.t (a) FROM stdin;
1
\\.

--
-- PostgreSQL database dump complete
--

\\unrestrict x

"""
CREATING = PLAIN.replace(b"COPY", b"CREATE DATABASE t;\n\\connect t\nCOPY")
CUSTOM = b"PGDMP\x01\x10\x00\x04\x08\x01" + bytes(100)
TOC = b"PGDMP\x01\x10\x00\x04\x08\x03" + bytes(100)
ROLES = b"""--
-- PostgreSQL database cluster dump
--

\\restrict x

CREATE ROLE reader;
ALTER ROLE reader WITH NOSUPERUSER PASSWORD 'SCRAM-SHA-256$4096:x';

--
-- PostgreSQL database cluster dump complete
--

"""
ROWS = b"1\n2\n\\.\n\n\n"


def tarred(*names: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What pg_dump -Fd writes, of two tables and a large object."""
    made = tmp_path / "folder"
    made.mkdir()
    contents = {"toc.dat": TOC, "1.dat.gz": gzip.compress(ROWS, mtime=0), "2.dat": ROWS}
    objects = {"blob_16.dat.gz": gzip.compress(b"any\0thing", mtime=0), "blobs_9.toc": b"16 blob_16.dat\n"}
    for name, content in {**contents, **objects}.items():
        (made / name).write_bytes(content)
    return made


def made(tmp_path: Path, content: bytes) -> Path:
    (file := tmp_path / "dump").write_bytes(content)
    return file


def why_not(path: Path) -> str:
    with pytest.raises(ValueError, match=re.escape(str(path))) as refused:
        DumpFile.recognised(path)
    return str(refused.value)


# -- which it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (PLAIN, Form.PLAIN),
        (PLAIN.replace(b"\n", b"\r\n"), Form.PLAIN),
        (b"-- the nightly one\n\n" + PLAIN, Form.PLAIN),
        (b"\xef\xbb\xbf" + PLAIN, Form.PLAIN),
        (CUSTOM, Form.CUSTOM),
        (tarred("toc.dat", "1.dat", "restore.sql"), Form.TAR),
    ],
)
def test_each_form_of_a_file_is_recognised(tmp_path: Path, content: bytes, form: Form) -> None:
    dump = DumpFile.recognised(made(tmp_path, content))
    assert (dump.form, dump.path, dump.size) == (form, tmp_path / "dump", len(content))
    assert list(dump.cut_short()) == []


def test_a_folder_is_recognised_and_all_its_files_count(folder: Path) -> None:
    dump = DumpFile.recognised(folder)
    assert (dump.form, dump.path) == (Form.DIRECTORY, folder)
    assert dump.size == sum(file.stat().st_size for file in folder.iterdir())
    assert list(dump.cut_short()) == []


def test_the_shipped_dump_is_one() -> None:
    dump = DumpFile.recognised(ROOT / "scenarios" / "own-data" / "harbour.sql")
    assert (dump.form, dump.written_for()) == (Form.PLAIN, "18.6")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (PLAIN[: PLAIN.index(b"-- PostgreSQL database dump complete")], "is cut short: pg_dump's last line is missing"),
        (PLAIN.replace(b"\n", b"\r\n")[:200], "is cut short"),
        (gzip.compress(PLAIN, mtime=0), "is compressed: unpack it with gunzip"),
        (b"\x28\xb5\x2f\xfd" + bytes(9), "is compressed: unpack it with unzstd"),
        (b"\xfd7zXZ\0" + bytes(9), "is compressed: unpack it with unxz"),
        (b"BZh91AY", "is compressed: unpack it with bunzip2"),
        (b"PK\x03\x04", "is compressed: unpack it with unzip"),
        (PLAIN.decode().encode("utf-16"), "is UTF-16, as PowerShell writes .* use pg_dump's own option -f FILE"),
        (b"\xfe\xff" + PLAIN.decode().encode("utf-16-be"), "is UTF-16"),
        (ROLES, "is of pg_dumpall, not of one database: .*roles can come beside it, in `globals`"),
        (ROLES[:-90] + PLAIN, "is of pg_dumpall, not of one database"),
        (CREATING, r"creates a database of its own: dump it without --create \(-C\), or with -Fc"),
        (CREATING.replace(b"\n", b"\r\n"), "creates a database of its own"),
        (b"create table t (a int);\n", "is no dump: pg_dump writes plain SQL, or .* make it with `pg_dump -Fc"),
        (b"\x7fELF" + bytes(500), "is no dump"),
        (TOC, "is only a part of what pg_dump -Fd writes: name its folder"),
        (CUSTOM[:8], "is only a part"),
        (tarred("holiday.jpg"), "is a tar, but not one of pg_dump -Ft: unpack it"),
        (tarred("folder/toc.dat"), "is a tar, but not one of pg_dump -Ft: unpack it"),
        (tarred("toc.dat", "1.dat")[:1024], "is cut short: the end of a tar is missing"),
    ],
)
def test_what_is_no_dump_is_told_with_what_to_do(tmp_path: Path, content: bytes, says: str) -> None:
    assert re.search(says, why_not(made(tmp_path, content)))


def test_a_plain_dump_that_is_cut_anywhere_is_none(tmp_path: Path) -> None:
    for end in range(PLAIN.index(b"dump complete") + len(b"dump complete")):
        assert re.search("is empty|is no dump|is cut short", why_not(made(tmp_path, PLAIN[:end])))


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=600)
    | st.sampled_from([PLAIN, CUSTOM, TOC, ROLES]).flatmap(lambda c: st.permutations(c)).map(bytes)
)
def test_any_file_is_a_dump_or_is_told_why_not(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        said = ""
        try:
            DumpFile.recognised(Path(file.name))
        except ValueError as refused:
            said = str(refused)
        assert not said or file.name in said


def test_a_folder_without_its_table_of_contents_is_none(folder: Path) -> None:
    (folder / "toc.dat").unlink()
    assert "is a folder without toc.dat, so it is not what pg_dump -Fd writes" in why_not(folder)


# -- where it is -----------------------------------------------------------------------------------------------------


def test_a_link_is_followed_to_the_dump_itself(tmp_path: Path) -> None:
    made(tmp_path, PLAIN)
    (tmp_path / "latest").symlink_to("dump")
    assert DumpFile.recognised(tmp_path / "latest").path == tmp_path / "dump"


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "to nothing").symlink_to("nothing")
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    os.mkfifo(tmp_path / "pipe")
    assert "No such file" in why_not(tmp_path / "nothing")
    assert "No such file" in why_not(tmp_path / "to nothing")
    assert re.search("(?i)symlink loop|symbolic links", why_not(tmp_path / "a"))
    assert "is neither a file nor a folder" in why_not(tmp_path / "pipe")
    assert "null byte" in why_not(tmp_path / "nul\0nul")
    assert "Not a directory" in why_not(made(tmp_path, PLAIN) / "x")


@contextmanager
def _as_anybody() -> Iterator[Path]:
    """Root may read everything, so for a while this is somebody else, who may enter this folder."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_what_cannot_be_read_is_told() -> None:
    with _as_anybody() as folder:
        (whole := folder / "whole").mkdir()
        for file in (folder / "dump", whole / "toc.dat", whole / "1.dat"):
            file.write_bytes(PLAIN)
        for file in (folder / "dump", whole / "1.dat"):
            file.chmod(0)
        with _somebody_else():
            assert "dump cannot be read: Permission denied" in why_not(folder / "dump")
            with pytest.raises(ValueError, match=r"1\.dat cannot be read: Permission denied"):
                DumpFile.recognised(whole)
            with pytest.raises(ValueError, match="dump cannot be read: Permission denied"):
                globals_at(folder / "dump")


@contextmanager
def _somebody_else() -> Iterator[None]:
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


# -- what it is known by ---------------------------------------------------------------------------------------------


def test_a_file_is_known_by_its_sha256(tmp_path: Path) -> None:
    file = made(tmp_path, PLAIN)
    assert DumpFile.recognised(file).fingerprint() == hashlib.sha256(PLAIN).hexdigest() == _summed(file)


def test_a_folder_is_known_by_the_sums_of_its_files(folder: Path) -> None:
    lines = "".join(f"{_summed(folder / name)}  {name}\n" for name in sorted(file.name for file in folder.iterdir()))
    first = DumpFile.recognised(folder).fingerprint()
    assert first == hashlib.sha256(lines.encode()).hexdigest()
    (folder / "2.dat").rename(folder / "3.dat")
    renamed = DumpFile.recognised(folder).fingerprint()
    (folder / "3.dat").write_bytes(ROWS + b"\n")
    assert len({first, renamed, DumpFile.recognised(folder).fingerprint()}) == 3


def _summed(file: Path) -> str:
    return subprocess.run(["sha256sum", file], capture_output=True, text=True, check=True).stdout.split()[0]


def test_only_a_plain_dump_tells_the_version_itself(tmp_path: Path, folder: Path) -> None:
    assert DumpFile.recognised(made(tmp_path, PLAIN)).written_for() == "18.6"
    assert DumpFile.recognised(made(tmp_path, PLAIN.replace(b"\n", b"\r\n"))).written_for() == "18.6"
    assert DumpFile.recognised(made(tmp_path, PLAIN.replace(b"Dumped from", b"From"))).written_for() == ""
    assert DumpFile.recognised(folder).written_for() == ""


@pytest.mark.parametrize(
    ("name", "content", "whole"),
    [
        ("1.dat.gz", gzip.compress(ROWS, mtime=0)[:-9], False),
        ("1.dat.gz", gzip.compress(ROWS, mtime=0)[:15], False),
        ("1.dat.gz", b"", False),
        ("1.dat.gz", gzip.compress(b"1\n2\n", mtime=0), False),
        ("1.dat.gz", gzip.compress(b"1\n" * 3_000_000 + b"\\.\n\n\n", mtime=0), True),
        ("2.dat", b"1\n2", False),
        ("2.dat", b"", False),
        ("2.dat", b"INSERT INTO t VALUES (1", False),
        ("2.dat", b"INSERT INTO t VALUES (1);\n\n\n", True),
        ("2.dat", b"\n\n", True),  # of a table without rows, as INSERTs
        ("blob_16.dat.gz", gzip.compress(b"any\0thing", mtime=0)[:-3], False),
        ("blobs_9.toc", b"16 blob_16.d", False),
        ("blobs_9.toc", b"", False),
        ("blob_17.dat", b"any", True),
        ("notes.txt", b"restore this first", True),
    ],
)
def test_a_file_of_a_folder_that_ends_too_early_is_named(folder: Path, name: str, content: bytes, whole: bool) -> None:
    (folder / name).write_bytes(content)
    assert list(DumpFile.recognised(folder).cut_short()) == ([] if whole else [name])
