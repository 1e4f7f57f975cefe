"""People enter a drill that stands still with psql, and no other; nothing of the way in outlives the standstill."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from drill.errors import CannotRun
from drill.hosts import leftovers
from drill.hosts.mark import MARK_FILE, doors_folder, mark_of, new_run_id
from drill.registers import ALL
from drill.sites import doors
from tests.fix_site import Filled

ROOT = Path(__file__).parents[2]
SELECT = ["--", "-Atc", "select current_database() || ' ' || current_user"]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private folder of this test's own for the ways in."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def psql(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PGHOST": "192.0.2.1",
        "PGPASSWORD": "wrong",
        "COLUMNS": "200",
    }
    argv = [sys.executable, "-m", "drill", "psql", *words]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=False, stdin=-3)


@contextmanager
def standing(sites: tuple[Filled, Filled]) -> Iterator[doors.Doors]:
    """Both sites, as a drill opens them to people."""
    home, embassy = (each.site for each in sites)
    with doors.opened(new_run_id(), "before notice", (home, embassy), tuple(ALL)) as opened:
        yield opened


def test_the_first_register_or_the_one_that_is_named_at_either_site(sites: tuple[Filled, Filled]) -> None:
    with standing(sites) as opened:
        assert opened.open == ("home", "embassy")
        asked = psql("last", "home", *SELECT)
        assert (asked.returncode, asked.stdout, asked.stderr) == (0, f"{next(iter(ALL))} drill\n", "")
        assert psql(opened.run_id, "embassy", "land", *SELECT).stdout == "land drill\n"
        assert psql(str(Path("runs") / opened.run_id), "home", "land", *SELECT).stdout == "land drill\n"
    gone = psql(opened.run_id, "home", *SELECT)
    assert gone.returncode == 2
    assert "does not stand still" in gone.stderr


def test_the_way_in_is_private_and_its_passwords_are_nowhere_else(sites: tuple[Filled, Filled], state: Path) -> None:
    with standing(sites) as opened:
        folder = doors_folder(opened.run_id)
        files = [*folder.iterdir()]
        assert folder.is_relative_to(state)
        assert {path.stat().st_mode & 0o777 for path in (folder, folder.parent)} == {0o700}
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
        told = "".join(path.read_text() for path in files if path != opened.passfile)
        for filled in sites:
            assert filled.site.officers_password in opened.passfile.read_text()
            assert filled.site.officers_password not in told
    assert not folder.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("last", "home"), "no drill stands still, so there is no last one"),
        (("nonsense", "home"), "nonsense is no id of a run"),
        (("20300101-000000-abcdef", "embassy"), "does not stand still: it goes on, or has ended"),
        (("last", "moon"), "moon"),
    ],
)
def test_what_cannot_be_entered_is_said(words: tuple[str, ...], says: str) -> None:
    refused = psql(*words)
    assert refused.returncode == 2
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stderr.count("no drill stands still") <= 1


def test_a_register_that_the_drill_does_not_have(sites: tuple[Filled, Filled]) -> None:
    with standing(sites):
        refused = psql("last", "home", "lands", *SELECT)
    assert refused.returncode == 2
    assert "lands: no register of this drill\nhint: it has population," in refused.stderr


def test_a_site_at_which_nothing_runs(sites: tuple[Filled, Filled], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(sites[0].site.host), "running", lambda host: ())
    with standing(sites) as opened:
        assert opened.open == ()
        refused = psql("last", "home", *SELECT)
    assert refused.returncode == 4
    assert "home cannot be entered: nothing runs at home\nhint: the drill stands still before notice" in refused.stderr


def test_a_frozen_server_is_not_waited_for(sites: tuple[Filled, Filled]) -> None:
    broken = sites[1].site
    assert broken.data is not None
    postmaster = int(broken.host.read(broken.data / "postmaster.pid").split()[0])
    with standing(sites):
        os.kill(postmaster, signal.SIGSTOP)
        try:
            refused = psql("last", "embassy", *SELECT)
        finally:
            os.kill(postmaster, signal.SIGCONT)
    assert refused.returncode == 4
    assert "embassy does not answer within 5 s\nhint: it is frozen" in refused.stderr


def test_what_a_killed_drill_left_is_never_entered_and_is_removed(sites: tuple[Filled, Filled]) -> None:
    with standing(sites) as opened:
        folder = doors_folder(opened.run_id)
        dead = replace(mark_of(opened.run_id), pid_started="long ago")
        (folder / MARK_FILE).write_text(json.dumps(asdict(dead)))
        assert [each.kind for each in leftovers.find(opened.run_id) if each.name == str(folder)] == ["doors"]
        refused = psql("last", "home", *SELECT)
        assert refused.returncode == 2
        assert not folder.exists()


def test_clean_removes_what_a_killed_drill_left(sites: tuple[Filled, Filled]) -> None:
    with standing(sites) as opened:
        folder = doors_folder(opened.run_id)
        assert leftovers.find(opened.run_id) == []  # its drill lives
        dead = replace(mark_of(opened.run_id), pid_started="long ago")
        (folder / MARK_FILE).write_text(json.dumps(asdict(dead)))
        left = [each for each in leftovers.find(opened.run_id) if each.kind == "doors"]
        assert leftovers.remove(left) == []
        assert not folder.exists()


def test_a_private_folder_that_cannot_be_made_keeps_nobody_from_going_on(
    sites: tuple[Filled, Filled], state: Path
) -> None:
    state.write_text("a file where the folder should be")
    with pytest.raises(CannotRun, match="Not a directory"), standing(sites):
        pass
