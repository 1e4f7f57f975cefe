"""Drills are kept in the history of whoever plays them, and later ones held against earlier ones."""

from __future__ import annotations

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from drill.errors import ScenarioError
from drill.history import Filter, History, Record, tables
from drill.history.folders import of_folder
from drill.history.opening import opened
from drill.verdict import Verdict
from tests.fix_site import Filled
from tests.fix_victim import SCENARIO, drill
from tests.unit.test_history import record

PLAYED = 3


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of one small scenario, in a folder with their history."""
    folder = tmp_path_factory.mktemp("played")
    (folder / "small.yaml").write_text(SCENARIO.replace("CALM", "1s"))
    ran = run(folder, "--repeat", str(PLAYED))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    words = ("run", str(folder / "small.yaml"), "--on", "embedded", "--runs", str(folder / "runs"), "--quiet")
    return drill(*words, *more, DRILL_HISTORY_URL=address(folder))


def address(folder: Path) -> str:
    return f"sqlite:///{folder}/history.sqlite"


def told(folder: Path, *words: str, code: int = 0) -> str:
    ended = drill(*words, DRILL_HISTORY_URL=address(folder))
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout


def test_every_run_is_kept_shown_compared_and_moved(played: Path, tmp_path: Path) -> None:
    listed = told(played, "history", "list")
    ids = re.findall(r"\d{8}-\d{6}-[0-9a-f]{6}", listed)
    assert len(ids) == PLAYED
    shown = told(played, "history", "show", ids[0])
    assert all(words in shown for words in ("small: met", "population", "state_gazette", "declared by a test"))
    assert f"median of the latest {PLAYED}" in told(played, "history", "trend", str(played / "small.yaml"))
    compared = told(played, "history", "compare", ids[0], ids[1])
    assert "not comparable" not in compared
    assert "phase detect" in compared
    assert f"in {PLAYED} earlier runs" in told(played, "plan", str(played / "small.yaml"))

    exported = tmp_path / "all.jsonl"
    told(played, "history", "export", str(exported))
    assert [json.loads(line)["run_id"] for line in exported.read_text().splitlines()] == ids
    assert told(tmp_path, "history", "import", str(exported)) == f"{PLAYED} of {PLAYED} runs were new\n"
    again = told(tmp_path, "history", "import", str(exported), str(played / "runs" / ids[0]))
    assert again == f"0 of {PLAYED + 1} runs were new\n"
    assert told(tmp_path, "history", "export") == exported.read_text()


def test_a_folder_makes_the_record_that_was_kept(played: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRILL_HISTORY_URL", address(played))
    history = History.here()
    for kept in history.runs(whole=True):
        assert of_folder(played / "runs" / kept.run_id) == kept


def test_what_was_drilled_is_not_overdue_and_what_was_not_is(played: Path) -> None:
    assert "overdue" not in told(played, "overdue", "--every", "90d")
    assert "overdue  scenario  dc fire" in told(played, "overdue", "dc-fire", "small", code=1)
    assert "overdue" in told(played, "overdue", "--every", "1ms", code=1)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["overdue", "small", "nope"], "nope: there is no such file"),
        (["action", "add", "nope", "train", "--owner", "Mari"], "nope: there is no such file"),
        (["action", "add", "small", " ", "--owner", "Mari"], "it says nothing"),
        (["action", "add", "small", "train", "--owner", ""], "it says nothing"),
        (["action", "close", "1", "--outcome", ""], "it says nothing"),
    ],
)
def test_what_nobody_knows_and_what_says_nothing_is_refused(played: Path, words: list[str], says: str) -> None:
    refused = drill(*words, COLUMNS="200", DRILL_HISTORY_URL=address(played))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert says in refused.stderr
    assert told(played, "action", "list") == "there are none\n"


@pytest.mark.parametrize("every", ["2026-11-25", "5"])
def test_how_old_a_drill_may_be_is_a_duration(tmp_path: Path, every: str) -> None:
    refused = drill("overdue", "--every", every, COLUMNS="200", DRILL_HISTORY_URL=address(tmp_path))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "nor a day" not in refused.stderr
    assert "Invalid value for '--every'" in refused.stderr


def test_a_run_is_held_against_those_before_it(played: Path, tmp_path: Path) -> None:
    """The history is a copy: the others of this module stay three."""
    for name in ("small.yaml", "history.sqlite"):
        (tmp_path / name).write_bytes((played / name).read_bytes())
    ran = run(tmp_path, "--regress", "500%", "--json", str(tmp_path / "fine.json"))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (fine,) = _regressions(tmp_path / "fine.json")
    assert fine["verdict"] == "met"
    assert f"of {PLAYED} comparable runs" in fine["target"]

    first = run(tmp_path, "--regress", "20%", "--people", "900", "--json", str(tmp_path / "first.json"))
    assert first.returncode == 3, first.stdout + first.stderr
    assert _regressions(tmp_path / "first.json")[0]["actual"] == "0 of 3 earlier runs"


def _regressions(file: Path) -> list[dict[str, str]]:
    (of_run,) = json.loads(file.read_text())["runs"]
    return [finding for finding in of_run["findings"] if finding["check"] == "regression"]


def test_a_history_that_cannot_be_kept_is_told_and_the_verdict_stands(played: Path, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_bytes((played / "small.yaml").read_bytes())
    (tmp_path / "history.sqlite").write_text("this is no database, and was never one")
    ran = run(tmp_path)
    assert ran.returncode == 0
    assert "is not kept: the history at sqlite:" in ran.stderr
    assert "--no-history" in ran.stderr


@pytest.mark.parametrize(
    "words",
    [
        *(["history", "list"], ["history", "show", "x"], ["history", "trend", "x"], ["history", "compare", "x", "y"]),
        *(["history", "export"], ["action", "list"], ["action", "close", "1", "--outcome", "x"]),
    ],
    ids=" ".join,
)
def test_reading_begins_no_history(words: list[str], tmp_path: Path) -> None:
    ended = drill(*words, DRILL_HISTORY_URL=f"sqlite:///{tmp_path}/nope/h.sqlite")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"there is no history at sqlite:///{tmp_path}/nope/h.sqlite yet" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_was_ever_drilled_all_is_overdue(tmp_path: Path) -> None:
    ended = drill("overdue", DRILL_HISTORY_URL=f"sqlite:///{tmp_path}/nope/h.sqlite")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert ended.stdout.startswith("no drill was ever kept: there is no history at sqlite:")
    assert list(tmp_path.iterdir()) == []


def test_a_postgresql_keeps_it_as_well(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when several drills open it for the first time at once."""
    with filled.site.console() as console:
        console.execute("create database history")
    door = filled.site.door()
    where = f"host={door.host}&port={door.port}"
    monkeypatch.setenv("DRILL_HISTORY_URL", f"postgresql://{door.user}:{door.password}@/history?{where}")
    for _ in range(2):  # the first made none
        with pytest.raises(ScenarioError, match="no history"):
            History.kept()
    kept = [record(number) for number in range(8)]
    with ThreadPoolExecutor(4) as crowd:
        assert all(crowd.map(_added, kept))
    history = History.here()
    assert history.runs(whole=True) == kept[::-1]
    assert history.runs(Filter(verdict=Verdict.MISSED)) == []
    one = history.act("fire", "train the deputy", "Mari", None, kept[0].run_id)
    assert history.actions() == [one]
    with opened().connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def _added(kept: Record) -> bool:
    history = History.here()
    return history.add(kept)
