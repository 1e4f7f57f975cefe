"""What a killed run leaves is removed: by its watchdog at once, else by `drill clean`. Nothing else is touched."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import typer
from typer.testing import CliRunner

from drill.cli import machine
from drill.clock import wait_until
from drill.hosts import leftovers
from drill.hosts.mark import mark_of, new_run_id, read_mark, started, work_folder, write_mark
from drill.hosts.watchdog import watched

KINDS = [
    pytest.param("embedded"),
    pytest.param("docker", marks=pytest.mark.docker),
]

_SCRIPT = """
import sys, time
from drill.hosts.mark import work_folder
from drill.hosts.watchdog import watched
kind, run_id = sys.argv[1:]
if kind == "docker":
    from drill.hosts.container import choose
    premises = choose(why="a test")
else:
    from drill.hosts import binaries
    from drill.hosts.process import ProcessPremises
    premises = ProcessPremises(binaries.find(), why="a test")
with premises.hosts(run_id) as (home, embassy), home.open(), embassy.open():
    for host in (home, embassy):
        host.start(["/bin/sh", "-c", "sleep 301 & sleep 302 & wait"], log=host.disk / "log")
    print("ready", flush=True)
    time.sleep(600)
"""


@contextmanager
def _victim(kind: str, run_id: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has opened both hosts."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, kind, run_id],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        start_new_session=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def _left(kind: str, run_id: str) -> list[leftovers.Leftover]:
    return leftovers.of_run(run_id, work_folder(run_id), docker=kind == "docker")


def _watchdogs(run_id: str) -> list[psutil.Process]:
    found = psutil.process_iter(["cmdline"], ad_value=None)
    return [each for each in found if {"drill.hosts.watchdog", run_id} <= set(each.info["cmdline"] or [])]


def _drill(*words: str) -> tuple[int, str]:
    """The exit code and output of a command of this file's part of the program."""
    app = typer.Typer()
    machine.register(app)
    told = CliRunner().invoke(app, list(words), catch_exceptions=False)
    return told.exit_code, told.output


@pytest.mark.parametrize("kind", KINDS)
def test_the_watchdog_removes_what_a_killed_drill_leaves(kind: str) -> None:
    run_id = new_run_id()
    with _victim(kind, run_id) as victim:
        assert {each.kind for each in _left(kind, run_id)} > {"process"}
        os.killpg(victim.pid, signal.SIGTERM)  # to the group: the watchdog must not hear it
        victim.wait(60)
    wait_until("all is removed", lambda: not _left(kind, run_id), deadline=60, hint=lambda: str(_left(kind, run_id)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_watchdog_hears_a_sigkill(kind: str) -> None:
    run_id = new_run_id()
    with _victim(kind, run_id) as victim:
        victim.kill()
        victim.wait(10)
    wait_until("all is removed", lambda: not _left(kind, run_id), deadline=60, hint=lambda: str(_left(kind, run_id)))


@pytest.mark.parametrize("kind", KINDS)
def test_clean_removes_what_is_left_when_the_watchdog_dies_too(kind: str) -> None:
    run_id = new_run_id()
    with _victim(kind, run_id) as victim:
        code, told = _drill("clean", "--run", run_id)
        assert (code, leftovers.find(run_id)) == (0, []), "a living run is not touched"
        for dog in _watchdogs(run_id):
            dog.kill()
        victim.kill()
        victim.wait(10)
    assert _left(kind, run_id)
    code, told = _drill("clean", "--run", run_id, "--dry-run")
    assert code == 0
    assert "would remove" in told
    assert _left(kind, run_id)
    assert _drill("clean", "--run", run_id, "--older-than", "1h")[0] == 0
    assert _left(kind, run_id), "it is not older than an hour"
    code, told = _drill("clean", "--run", run_id)
    assert code == 0, told
    assert _left(kind, run_id) == []
    assert not work_folder(run_id).exists()


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRILL_WORK", str(tmp_path))
    return tmp_path


def _dead_run(parent: Path, run_id: str) -> Path:
    """The folder of a run whose process is dead: its pid has been used again."""
    folder = work_folder(run_id, parent)
    (folder / "home" / "data").mkdir(parents=True)
    (folder / "home" / "data" / "row").write_text("of a register")
    write_mark(folder, replace(mark_of(run_id), pid_started="1"))
    return folder


def test_the_folder_of_a_dead_run_is_removed(parent: Path) -> None:
    run_id = new_run_id()
    folder = _dead_run(parent, run_id)
    elsewhere = parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    (folder / "link").symlink_to(elsewhere)
    assert [each.name for each in leftovers.find(run_id)] == [str(folder)]
    assert leftovers.remove(leftovers.find(run_id)) == []
    assert not folder.exists()
    assert (elsewhere / "kept").exists()


def test_a_process_that_works_in_the_folder_of_a_dead_run_is_killed(parent: Path) -> None:
    run_id = new_run_id()
    folder = _dead_run(parent, run_id)
    with subprocess.Popen(["sleep", "300"], cwd=folder / "home", start_new_session=True) as sleeper:
        try:
            assert str(sleeper.pid) in {each.name for each in leftovers.find(run_id) if each.kind == "process"}
            assert leftovers.remove(leftovers.find(run_id)) == []
            assert sleeper.wait(5) == -signal.SIGKILL
        finally:
            sleeper.kill()


def test_the_shared_memory_of_a_killed_server_is_released(parent: Path) -> None:
    if not Path("/proc/sysvipc/shm").exists():
        pytest.skip("this system has no table of shared memory")
    folder, key = _dead_run(parent, run_id := new_run_id()), 0x7D110000 + os.getpid() % 0xFFFF
    number = ctypes.CDLL(None).shmget(key, 64, 0o1600)
    assert number >= 0
    (folder / "home" / "data" / "postmaster.pid").write_text(f"1\n/data\n0\n5432\n/s\n\n{key:9d} {number:9d}\nready\n")
    leftovers.remove(leftovers.find(run_id))
    table = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    assert [key, number] not in [[int(word) for word in line.split()[:2]] for line in table]


def test_what_is_not_surely_a_drill_s_is_not_touched(parent: Path) -> None:
    foreign = work_folder(new_run_id(), parent)  # the name alone
    foreign.mkdir()
    (foreign / "diary").touch()
    renamed = work_folder(new_run_id(), parent)  # a mark of another run
    _dead_run(parent, other := new_run_id()).rename(renamed)
    real = parent / "real"
    _dead_run(parent, linked := new_run_id()).rename(real)
    work_folder(linked, parent).symlink_to(real)  # a link with the right name and mark
    torn = work_folder(new_run_id(), parent)
    torn.mkdir()
    (torn / "run.json").write_text('{"run_id": ')
    assert [each for each in leftovers.find() if Path(each.name).is_relative_to(parent)] == []
    for run_id in (foreign.name[6:], renamed.name[6:], linked, other, torn.name[6:]):
        assert leftovers.find(run_id, force=True) == []
    for folder in (foreign, renamed, work_folder(linked, parent), torn):
        stayed = leftovers.remove([leftovers.Leftover(folder.name[6:], "folder", str(folder))])
        assert stayed, "asked in so many words, it is still refused"
    assert all(kept.exists() for kept in (foreign / "diary", renamed / "home", real / "home", torn / "run.json"))


def test_a_living_run_is_let_alone_unless_it_is_named_with_force(parent: Path) -> None:
    run_id = new_run_id()
    folder = work_folder(run_id, parent)
    folder.mkdir()
    mark = write_mark(folder)
    assert read_mark(folder) == mark
    assert mark.owner_lives()
    assert leftovers.find(run_id) == []
    assert _drill("clean", "--run", run_id)[0] == 0
    assert folder.exists()
    assert _drill("clean", "--run", run_id, "--force")[0] == 0
    assert not folder.exists()


def test_the_watchdog_of_a_living_run_that_has_made_nothing_yet_is_let_alone() -> None:
    run_id = new_run_id()
    with watched(run_id, None, docker=False):
        wait_until("it runs", lambda: len(_watchdogs(run_id)) == 1, deadline=10, hint="see the process list")
        assert leftovers.find(run_id) == []
    assert _watchdogs(run_id) == []


def test_another_boot_is_dead_and_another_machine_unknown(parent: Path) -> None:
    mark = mark_of(new_run_id())
    assert not replace(mark, boot_id="another.1").owner_lives()
    assert not replace(mark, pid_started="1").owner_lives()
    assert replace(mark, machine="elsewhere", pid_started="1").owner_lives()
    assert replace(mark, boot_id=mark.boot_id.partition(".")[0] + ".1", pid_started="1").owner_lives()


def test_a_process_is_known_by_when_it_was_started() -> None:
    with subprocess.Popen(["sleep", "300"]) as sleeper:
        first = started(sleeper.pid)
        time.sleep(0.05)
        assert first == started(sleeper.pid)
        sleeper.kill()
    assert started(sleeper.pid) is None
