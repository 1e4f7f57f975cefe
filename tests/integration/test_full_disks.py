"""A disk that is full, or cannot be written to, is said in so many words; it says nothing of the recovery."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from drill.clock import wait_until
from drill.hosts.mark import work_parent
from tests.fix_victim import ROOT, Victim, drill, unused_segments, victim

_ENDS = 60.0  # seconds
_BLOCK = b"\0" * 65536


def _may_mount() -> bool:
    """Whether this user may have mounts of its own, which nobody else sees and which end with their process."""
    try:
        return subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture
def disk() -> Iterator[Path]:
    """A folder that every user may enter, on which a small disk is mounted."""
    if os.getuid() != 0 or not _may_mount():
        pytest.skip("only root may mount a small disk")
    folder = Path(tempfile.mkdtemp(dir=work_parent(), prefix="disk-"))
    folder.chmod(0o755)
    yield folder
    folder.rmdir()


def _mounted(disk: Path, options: str) -> list[str]:
    """What goes before a command, for it to see a disk of its own there."""
    return ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o mode=755,{options} none "{disk}" && exec "$@"', "sh"]


def _fill(pid: int, disk: Path) -> None:
    """As that process sees it; something else has taken all the room."""
    with suppress(OSError), Path(f"/proc/{pid}/root{disk}/filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(_BLOCK)


def _ended(full: Victim, disk: Path) -> None:
    wait_until("it ends", lambda: full.process.poll() is not None, deadline=_ENDS, hint=full.said.read_text)
    said = full.said.read_text()
    assert full.process.returncode == 4, said
    assert str(disk) in said
    assert "DRILL_WORK" in said
    assert "Traceback" not in said


def test_too_small_a_disk_is_refused_before_anything_starts(disk: Path, tmp_path: Path) -> None:
    with victim(tmp_path, "embedded", before=_mounted(disk, "size=60m"), DRILL_WORK=str(disk)) as full:
        _ended(full, disk)
        assert not full.runs.exists()


def test_a_copy_that_finds_no_room_is_no_bad_copy(disk: Path, tmp_path: Path) -> None:
    rows = "insert into t select repeat(md5(i::text), 90) from generate_series(1, 600000) i"
    ends = "PostgreSQL database dump"
    (dump := tmp_path / "reg.sql").write_text(
        f"--\n-- {ends}\n--\ncreate table t (x text storage external);\n{rows};\n--\n-- {ends} complete\n--\n"
    )
    argv = [*_mounted(disk, "size=800m"), sys.executable, "-m", "drill", "verify", str(dump), "--on", "embedded"]
    full = subprocess.run(
        argv, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "DRILL_WORK": str(disk)}
    )
    assert (full.returncode, full.stdout) == (4, ""), full.stderr
    assert f"{disk}" in full.stderr
    assert "DRILL_WORK" in full.stderr


@pytest.mark.parametrize("event", ["established", pytest.param("sealed", marks=pytest.mark.soak)])
def test_a_disk_that_runs_full_is_no_verdict_over_the_recovery(event: str, disk: Path, tmp_path: Path) -> None:
    with victim(tmp_path, "embedded", before=_mounted(disk, "size=1g"), DRILL_WORK=str(disk)) as full:
        full.reach(event)
        before = unused_segments()
        full.look()
        _fill(full.process.pid, disk)
        _ended(full, disk)
        assert full.traces() == []
        full.claims_nothing()
    # other drills on this machine have such segments too, but only while their home is without power
    wait_until("none is left", lambda: unused_segments() <= before, deadline=30, hint="see /proc/sysvipc/shm")


def test_runs_cannot_be_kept_where_nothing_may_be_written(disk: Path, tmp_path: Path) -> None:
    scenario = ROOT / "scenarios" / "power-loss.yaml"
    argv = [sys.executable, "-m", "drill", "run", str(scenario), "--on", "embedded", "--runs", str(disk / "runs")]
    told = subprocess.run(
        [*_mounted(disk, "ro"), *argv], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 4
    assert f"{disk}/runs" in told.stderr
    assert "hint: choose a writable folder with free space: --runs DIR" in told.stderr


def test_runs_cannot_be_kept_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    told = drill("run", "power-loss", "--on", "embedded", "--runs", str(tmp_path / "runs"))
    assert told.returncode == 4
    assert f"{tmp_path}/runs" in told.stderr
    assert "hint: choose a writable folder with free space: --runs DIR" in told.stderr


@pytest.mark.soak
def test_evidence_that_finds_no_room_ends_the_drill(disk: Path, tmp_path: Path) -> None:
    """The runs folder lies on the small disk, the sites do not."""
    runs = disk / "runs"
    with victim(tmp_path, "embedded", before=_mounted(disk, "size=1m"), runs=runs, calm="30s") as full:
        inside = Path(f"/proc/{full.process.pid}/root{runs}")
        full.runs = inside
        full.reach("act began", act="prepare")
        full.look()
        _fill(full.process.pid, disk)
        assert full.process.wait(_ENDS) == 4, full.said.read_text()
        said = full.said.read_text()
        assert f"{runs}/" in said
        assert "hint: choose a writable folder with free space: --runs DIR" in said
        assert "Traceback" not in said
    shutil.rmtree(runs, ignore_errors=True)
