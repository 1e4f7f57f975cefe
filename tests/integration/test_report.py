"""`drill report`: from an evidence folder, at any time, with what people tell; and what a workflow gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from drill.folder import Folder
from drill.head import REPORTS, Head
from drill.history import History
from drill.signature import PRIVATE, Signer, new_key
from tests.fix_victim import ROOT, SCENARIO, drill
from tests.unit.pages import Page, hostile_evidence
from tests.unit.stories import GOOD
from tests.unit.test_evidence import write
from tests.unit.test_reports import LOST

ID = "20300101-000000-abcdef"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """With one run that met everything, one that lost work, and one whose names are hostile."""
    for name, story in ((ID, GOOD), ("lost", LOST), ("hostile", hostile_evidence())):
        write(story, Folder.create(tmp_path / "runs", name, "name: power loss\n"))
    return tmp_path / "runs"


def listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_report_is_made_from_the_folder_and_nothing_in_it_changes(runs: Path, tmp_path: Path) -> None:
    before = listing(runs / ID)
    files = {kind: tmp_path / f"r.{kind}" for kind in ("html", "markdown", "junit", "json")}
    made = drill("report", ID, "--runs", str(runs), *(f"--{kind}={file}" for kind, file in files.items()))
    assert (made.returncode, made.stdout) == (0, ""), made.stderr
    assert made.stderr.splitlines() == [f"written: {files[kind]}" for kind in ("html", "markdown", "junit", "json")]
    assert "MET" in Page.of(files["html"].read_text()).text
    assert "## 15. Conclusion" in files["markdown"].read_text()
    assert json.loads(files["json"].read_text())["runs"][0]["verdict"] == "met"
    assert ET.parse(files["junit"]).getroot().tag == "testsuites"  # noqa: S314 - written by us
    assert listing(runs / ID) == before


def test_a_missed_run_is_reported_with_0_and_judged_with_1(runs: Path) -> None:
    made = drill("report", "lost", "--runs", str(runs), "--html", "-")
    assert (made.returncode, made.stdout.startswith("<!DOCTYPE html>")) == (0, True)
    assert drill("judge", "lost", "--runs", str(runs)).returncode == 1


def test_several_runs_are_one_page(runs: Path) -> None:
    page = Page.of(drill("report", ID, "lost", "hostile", "--runs", str(runs), "--html", "-").stdout)
    assert len(page.all("article")) == 3
    assert page.all("script") == []


def test_what_people_tell_is_taken_from_the_folder_or_from_a_file(runs: Path, tmp_path: Path) -> None:
    (runs / ID / "meta.yaml").write_text("title: as it was kept\n")
    assert "as it was kept" in drill("report", ID, "--runs", str(runs), "--markdown", "-").stdout
    (tmp_path / "later.yaml").write_text("title: as it was told later\n")
    later = drill("report", ID, "--runs", str(runs), "--markdown", "-", "--meta", str(tmp_path / "later.yaml"))
    assert "as it was told later" in later.stdout
    assert "as it was kept" not in later.stdout
    (tmp_path / "later.yaml").write_text("titel: x\n")
    wrong = drill("report", ID, "--runs", str(runs), "--markdown", "-", "--meta", str(tmp_path / "later.yaml"))
    assert (wrong.returncode, "later.yaml:1:1: unknown key 'titel'" in wrong.stderr) == (2, True)
    refused = drill("run", "power-loss", "--on", "embedded", "--meta", str(tmp_path / "later.yaml"))
    assert (refused.returncode, "unknown key 'titel'" in refused.stderr) == (2, True)


@pytest.mark.parametrize("sample", ["meta", "mapping"])
def test_samples_are_printed_and_can_be_given_back(runs: Path, tmp_path: Path, sample: str) -> None:
    printed = drill("report", "--sample", sample)
    assert printed.returncode == 0
    (tmp_path / "own.yaml").write_text(printed.stdout)
    used = drill("report", ID, "--runs", str(runs), "--markdown", "-", f"--{sample}", str(tmp_path / "own.yaml"))
    assert used.returncode == 0, used.stderr


def test_open_actions_of_the_scenario_are_carried_over(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRILL_HISTORY_URL", f"sqlite:///{tmp_path}/history.sqlite")
    words = ("report", ID, "--runs", str(runs), "--markdown", "-")
    assert "Not known: there is no history here." in drill(*words).stdout
    assert not (tmp_path / "history.sqlite").exists()
    history = History.here()
    history.act("power loss", "mend the list", "an officer", None, None)
    history.act("another", "something else", "an officer", None, None)
    told = drill(*words).stdout
    assert "| 1 | mend the list | an officer | no day | open |" in told
    assert "something else" not in told
    assert "Not known: the history was not asked." in drill(*words, "--no-history").stdout
    (tmp_path / "history.sqlite").write_bytes(b"no database")
    broken = drill(*words)
    assert (broken.returncode, "Not known: the history at" in broken.stdout) == (0, True)


def test_a_workflow_gets_annotations_a_summary_and_outputs(runs: Path, tmp_path: Path) -> None:
    named = {"GITHUB_STEP_SUMMARY": str(tmp_path / "s"), "GITHUB_OUTPUT": str(tmp_path / "o")}
    told = drill("report", ID, "lost", "hostile", "--runs", str(runs), "--github", **named)
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert all(line.startswith(("::error title=", "::warning title=", "::notice title=")) for line in lines)
    assert (tmp_path / "o").read_text().splitlines()[0] == "verdict=missed"
    assert "# power loss: MISSED" in (tmp_path / "s").read_text()
    nowhere = drill("report", ID, "--runs", str(runs), "--github", GITHUB_STEP_SUMMARY="")
    assert (nowhere.returncode, "GITHUB_STEP_SUMMARY is not set" in nowhere.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((ID,), "no report is asked for"),
        (("nothing-there", "--html", "-"), "there is no such run"),
        ((ID, "--html", "-", "--json", "-"), "only one document"),
        ((ID, "--pdf", "-"), "a PDF cannot go to the standard output"),
    ],
)
def test_what_cannot_be_reported_is_refused(runs: Path, words: tuple[str, ...], said: str) -> None:
    refused = drill("report", *words, "--runs", str(runs))
    assert (refused.returncode, said in refused.stderr) == (2, True), refused.stderr


def test_a_report_in_the_folder_of_its_run_is_signed_with_it(tmp_path: Path) -> None:
    new_key(tmp_path / "config" / "drill")
    signer = Signer.read(tmp_path / "config" / "drill" / PRIVATE)
    head = Head.opened(tmp_path / "runs", ID, "name: power loss\n", signer)
    write(GOOD, head.folder)
    head.close()
    own = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    target = head.folder.path / "report.html"
    assert drill("report", str(head.folder.path), "--html", str(target), **own).returncode == 0
    assert "report.html" in (head.folder.path / REPORTS).read_text()
    assert drill("evidence", "verify", str(head.folder.path), **own).returncode == 0
    target.write_text(target.read_text().replace("MET", "met"))
    assert drill("evidence", "verify", str(head.folder.path), **own).returncode == 1


def test_the_action_of_github_drills_and_reports(tmp_path: Path) -> None:
    """Its own script, in the shell that the runner takes."""
    action = yaml.safe_load((ROOT / ".github" / "actions" / "drill" / "action.yml").read_text(encoding="utf-8"))
    (step,) = [step for step in action["runs"]["steps"] if step.get("id") == "drill"]
    assert step["env"].keys() == {"SCENARIOS", "STANDS_ON", "META"}
    assert "${{" not in step["run"]  # what somebody gives is never pasted into the script
    (tmp_path / "small.yaml").write_text(SCENARIO.replace("CALM", "1s"))
    (tmp_path / "meta.yaml").write_text("title: in a pipeline\n")
    given = {"SCENARIOS": "small.yaml", "STANDS_ON": "embedded", "META": "meta.yaml"}
    named = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(tmp_path / "output")}
    found = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    environment = {**os.environ, **given, **named, **found}
    told = subprocess.run(
        shell, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert told.returncode == 0, told.stderr
    first, *_, last = told.stdout.splitlines()
    assert first.startswith("::stop-commands::")
    assert last.startswith("::notice title=small::met, as expected")
    assert (tmp_path / "output").read_text() == "verdict=met\nexit-code=0\nas-expected=true\n"
    assert "# small: MET" in (tmp_path / "summary").read_text()
    assert "in a pipeline" in Page.of((tmp_path / "drill-report.html").read_text()).text
    (run,) = [path for path in (tmp_path / "drill-evidence").iterdir() if path.is_dir()]
    assert (run / "meta.yaml").read_text() == "title: in a pipeline\n"
