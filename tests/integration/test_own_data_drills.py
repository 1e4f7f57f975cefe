"""Whole drills over somebody's own data: it comes back, and no row of it is in anything that a drill leaves or says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from drill.hosts.process import ProcessPremises
from drill.objectives import OWN_DATA
from drill.rehearsal import Rehearsal
from drill.result import Judged
from drill.scenario import Scenario
from drill.verdict import Verdict
from tests.fix_own_data import CANARY, ROOT, SHIPPED, Town
from tests.fix_stage import by

SCENARIO = """\
name: own data
registers: [own_data]
home: {load: dump, globals: globals}
copies: [{name: copy, COPY}]
citizens: {per_second: 20, timeout: 500ms, stable_for: 500ms}
calm: 1s
outage: {kind: power_loss}
response:
  detect: {every: 100ms, misses: 3}
  declare: {by: a test, after: 50ms}
  fence: cut
recovery: {kind: RECOVERY, from: copy}
objectives: {rto: 60s, rpo: 60s}
"""
COPIES = {
    "restore": "kind: dump, every: 5m",
    "promote": "kind: streaming, synchronous: true",
    "replay": "kind: archive, synchronous: true, restore_point_every: 1h",
}
BROKEN = f"""
create function f(t text) returns bool language plpgsql as $$ begin raise log 'saw %', t;
  if current_database() <> 'small' then raise exception 'saw %', t; end if; return true; end $$;
create table t (a text check (f(a))); insert into t values ('{CANARY}')
"""


@pytest.fixture(scope="module")
def folder(somewhere: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that can be loaded, with and without the table that no log holds; one that cannot; their roles."""
    made, origin = tmp_path_factory.mktemp("dumps"), somewhere.origin
    (made / "globals").write_text(origin.roles().read_text())
    (made / "whole").write_bytes(origin.dumped("hostile", "-Fc").read_bytes())
    (made / "logged").write_bytes(origin.dumped("hostile", "-Fc", "-T", "sessions").read_bytes())
    with origin.holding(BROKEN) as broken:
        (made / "broken").write_bytes(origin.dumped(broken, "-Fc").read_bytes())
    return made


@pytest.fixture
def stage(folder: Path, tmp_path: Path) -> Path:
    """A folder for one scenario, with its dump beside it."""
    (tmp_path / "globals").symlink_to(folder / "globals")
    return tmp_path


def written(stage: Path, recovery: str, dump: Path) -> Path:
    (stage / "dump").symlink_to(dump)
    (file := stage / "own.yaml").write_text(SCENARIO.replace("COPY", COPIES[recovery]).replace("RECOVERY", recovery))
    return file


def told(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """As its users call it."""
    argv = [sys.executable, "-m", "drill", "run", str(file), "--on", "embedded", "--runs", str(file.parent / "runs")]
    return subprocess.run([*argv, *options], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def played(file: Path, premises: ProcessPremises) -> Judged:
    judged: list[Judged] = []
    text = file.read_text()
    Rehearsal(Scenario.load(file), file, text, premises, file.parent / "runs").play(judged.append)
    return judged[-1]


def quotes_nothing(stage: Path) -> None:
    """Of the rows, in the evidence, the logs of both servers, and the reports."""
    left = {path.relative_to(stage): path.read_bytes() for path in stage.rglob("*") if _is_left(path)}
    assert {"events.jsonl", "home.log"} <= {path.name for path in left}
    assert [str(path) for path, content in left.items() if CANARY.encode() in content] == []


def _is_left(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


# -- it comes back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recovery", ["promote", pytest.param("replay", marks=pytest.mark.soak)])
def test_a_copy_of_the_log_brings_it_back_and_quotes_nothing(
    stage: Path, folder: Path, recovery: str, embedded_premises: ProcessPremises
) -> None:
    run = played(written(stage, recovery, folder / "logged"), embedded_premises)
    assert (by(run, Verdict.MISSED), by(run, Verdict.UNKNOWN)) == ({}, {})
    assert run.result.exit_code == 0
    assert len(run.evidence.holdings[OWN_DATA].receipts) > 5
    quotes_nothing(stage)


def test_a_dump_brings_it_back_and_no_report_quotes_it(stage: Path, folder: Path) -> None:
    file = written(stage, "restore", folder / "whole")
    reports = [f"--{kind}={stage / kind}" for kind in ("json", "junit", "markdown", "html")]
    run = told(file, *reports)
    assert (run.returncode, CANARY in run.stdout + run.stderr) == (0, False), run.stdout + run.stderr
    quotes_nothing(stage)
    assert {path.name for path in stage.iterdir()} >= {"json", "junit", "markdown", "html", "runs"}


@pytest.mark.soak
def test_what_no_log_holds_is_not_on_a_standby(stage: Path, folder: Path, embedded_premises: ProcessPremises) -> None:
    """An unlogged table of theirs is empty there, which is a loss, and is told as one."""
    run = played(written(stage, "promote", folder / "whole"), embedded_premises)
    assert by(run, Verdict.MISSED) == {"content": {OWN_DATA}, "recovery_time": {OWN_DATA}}
    (content,) = [finding for finding in run.result.findings if finding.check == "content"]
    assert content.actual == "differ: public.sessions (0 rows instead of 1)"
    quotes_nothing(stage)


# -- it cannot be loaded ---------------------------------------------------------------------------------------------


def test_rows_that_cannot_be_loaded_end_a_drill_with_4_and_are_quoted_nowhere(stage: Path, folder: Path) -> None:
    run = told(written(stage, "restore", folder / "broken"), f"--json={stage / 'json'}")
    assert run.returncode == 4
    assert 'cannot be loaded: in table "t": an error whose text may quote rows, so it is not shown' in run.stderr
    assert CANARY not in run.stdout + run.stderr
    quotes_nothing(stage)


def test_a_missing_role_is_named_and_ends_with_4(tmp_path: Path) -> None:
    (tmp_path / "globals").symlink_to(SHIPPED / "globals.sql")
    file = written(tmp_path, "restore", SHIPPED / "harbour.sql")
    file.write_text(file.read_text().replace(", globals: globals", ""))
    run = told(file)
    assert run.returncode == 4
    assert 'cannot be loaded: in line 29: role "harbour_master" does not exist' in run.stderr
    assert "hint: roles are no part of a dump; give them as `globals: FILE` of `home`" in run.stderr
    assert "Traceback" not in run.stderr


NO_DUMPS = [
    ("dump", b"create table t (a int);\n", "is no dump: pg_dump writes plain SQL"),
    ("dump", b"", "is empty"),
    ("globals", b"create role x;\n", "is not what pg_dumpall writes"),
]


@pytest.mark.parametrize(("name", "content", "says"), NO_DUMPS)
def test_what_is_no_dump_is_told_at_its_place_and_starts_nothing(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / "globals").write_bytes((SHIPPED / "globals.sql").read_bytes())
    file = written(tmp_path, "restore", SHIPPED / "harbour.sql")
    (tmp_path / name).unlink()
    (tmp_path / name).write_bytes(content)
    run = told(file)
    column = {"dump": 14, "globals": 29}[name]
    assert run.returncode == 2
    assert run.stderr.startswith(f"{file}:3:{column}: {tmp_path / name} {says}")
    assert not (tmp_path / "runs").exists()
