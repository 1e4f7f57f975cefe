"""What `drill verify` refuses before it starts anything, with what to write instead."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import pytest

from tests.fix_victim import ended_at
from tests.integration.test_cli import drill
from tests.unit.test_dumpfile import PLAIN
from tests.unit.test_tarball import HOSTILE


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--allow", "losses"], "it knows: roles, unlogged"),
        (["--target", "noon"], "is no point of a log"),
        (["--target", "time:noon"], "write a date, a time and its zone"),
        (["--expect-after", "yesterday"], "write a date, a time and its zone"),
        (["--timeout", "soon"], "write it with its unit, as 200ms, 30s"),
        (["--tablespace", "space=there"], "write the number of the tablespace and a folder"),
        (["--tablespace", "16385=/nowhere"], "/nowhere is no folder"),
        (["--wal", "/nowhere"], "/nowhere is no folder"),
        (["--target", "name:nightly"], "a dump is of one moment, and holds no log"),
        (["--json", "/nowhere/x.json"], "/nowhere/x.json: there is no folder /nowhere"),
        (["--junit", "/"], "/: it is a folder"),
        (["--seal", "/nowhere/seal.json"], "name the file that `drill seal` wrote"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "land.sql").write_bytes(PLAIN)
    done = drill("verify", str(tmp_path / "land.sql"), *words)
    assert (done.returncode, says in " ".join(done.stderr.split())) == (2, True), done.stderr


def test_a_copy_that_is_none_is_refused(tmp_path: Path) -> None:
    for none in (tmp_path / "nothing", Path("/dev/null")):
        done = drill("verify", str(none))
        assert (done.returncode, "a base backup (a folder, or its tars) or a data directory" in done.stderr) == (
            2,
            True,
        )
    assert drill("verify", str(tmp_path)).returncode == 2
    (tmp_path / "land.sql.lz4").write_bytes(b"\x04\x22\x4d\x18" + bytes(20))
    done = drill("verify", str(tmp_path / "land.sql.lz4"), PATH="/nowhere")
    assert (done.returncode, "install the program lz4" in done.stderr) == (4, True), done.stderr


def test_an_interrupted_verification_says_that_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "land.sql").write_bytes(PLAIN)
    words = ("verify", str(tmp_path / "land.sql"), "--on", "embedded")
    with tempfile.TemporaryDirectory() as work:  # of a short name, for the sake of sockets
        Path(work).chmod(0o755)
        code, says = ended_at("starting an empty server", *words, DRILL_WORK=work)
        assert (code, says.splitlines()[-1]) == (130, "interrupted: the sandbox was removed"), says
        assert list(Path(work).iterdir()) == []


def test_a_verification_over_its_time_could_not_run(tmp_path: Path) -> None:
    (tmp_path / "land.sql").write_bytes(PLAIN)
    done = drill("verify", str(tmp_path / "land.sql"), "--on", "embedded", "--timeout", "100ms")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (4, "hint: give it more with --timeout"), done.stderr
    assert "longer than --timeout allows (0.1 s)" in done.stderr


def test_a_hostile_tar_is_refused_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    (work := tmp_path / "work").mkdir()
    (tmp_path / "base.tar.gz").write_bytes(gzip.compress(HOSTILE["out of it further down"]))
    done = drill("verify", str(tmp_path / "base.tar.gz"), "--on", "embedded", DRILL_WORK=str(work))
    assert (done.returncode, "is not unpacked" in done.stderr) == (4, True), done.stderr
    assert list(work.iterdir()) == []
