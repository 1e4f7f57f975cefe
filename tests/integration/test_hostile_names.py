"""A scenario whose names were written by somebody hostile: no shell and no server acts on them, no reader is fooled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drill.errors import ScenarioError
from drill.reports.text import printable
from drill.scenario import Scenario
from tests.fix_victim import ROOT, drill
from tests.unit.mistakes import GOOD
from tests.unit.pages import Page

_ENDS = 180.0  # seconds

SCENARIO = """\
name: {name}
people: 300
registers: [state_gazette]
copies:
  - {{name: {archive}, kind: archive, restore_point_every: 1s}}
  - {{name: {dump}, kind: dump, every: 5m}}
  - {{name: {other}, kind: dump, every: 5m}}
  - {{name: {standby}, kind: streaming, synchronous: false}}
citizens: {{per_second: 20, timeout: 1s, stable_for: 500ms}}
calm: 1s
outage: {{kind: power_loss}}
response:
  detect: {{every: 200ms, misses: 3}}
  declare: {{by: {by}, after: 100ms}}
recovery: {{kind: replay, from: {archive}, to: {{restore_point: {point}}}}}
objectives: {{rto: 60s, rpo: 60s}}
"""


@dataclass(frozen=True)
class Names:
    """What is put into every place where a scenario has a free text; whoever obeys one leaves a trace in the folder."""

    traces: Path

    @property
    def words(self) -> dict[str, str]:
        at = self.traces
        archive = f"\"';--$(>{at}/a);&\\ %n"
        return {
            "name": f"<script>x</script>\"'; drop table x--$(>{at}/n)`>{at}/m` [bold]%s{{0}}|#@\\",
            "archive": archive,
            "point": f"{archive}-1",
            "dump": f"../../$(>{at}/c);&\\ %n *",
            "other": f"../../$(>{at}/c);&\\ %n !",  # alike, but for what no folder should be called by
            "standby": f"'\"; create table x(); --|`>{at}/e`",
            "by": f"[red]<b>&lt; $(>{at}/f) \\n\\x1b[31m ${{PATH}} https://x @all",
        }

    @property
    def text(self) -> str:
        """The scenario, each name between single quotes."""
        return SCENARIO.format(**{key: "'" + word.replace("'", "''") + "'" for key, word in self.words.items()})

    @property
    def meta(self) -> str:
        """What people tell of the drill, in the same words."""
        quoted = "'" + self.words["name"].replace("'", "''") + "'"
        return f"title: {quoted}\nparticipants: [{{name: {quoted}, role: {quoted}}}]\n"


@pytest.fixture(scope="module")
def names() -> Iterator[Names]:
    """Traces can be left by every user; the folder's name is short, as names of copies are."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="t") as folder:
        Path(folder).chmod(0o777)
        yield Names(Path(folder))


@dataclass(frozen=True)
class Told:
    """What was said and left by a drill of such a scenario."""

    ended: subprocess.CompletedProcess[str]
    folder: Path

    def report(self, kind: str) -> str:
        return (self.folder / kind).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def told(names: Names, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "drill.yaml").write_text(names.text, encoding="utf-8")
    reports = [f"--{kind}={folder / kind}" for kind in ("json", "junit", "markdown", "html")]
    argv = [sys.executable, "-m", "drill", "run", str(folder / "drill.yaml"), "--on", "embedded", *reports]
    (folder / "meta.yaml").write_text(names.meta, encoding="utf-8")
    argv += ["--runs", str(folder / "runs"), "--meta", str(folder / "meta.yaml")]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=_ENDS, check=False)
    return Told(ended, folder)


def test_such_a_drill_is_played_and_nobody_has_obeyed(told: Told, names: Names) -> None:
    assert told.ended.returncode == 0, told.ended.stderr
    assert list(names.traces.iterdir()) == []
    (run,) = (told.folder / "runs").glob("*/")
    logs = "".join(path.read_text(encoding="utf-8") for path in (run / "logs").iterdir())
    assert "syntax error" not in logs


def test_each_reader_is_told_the_names_as_they_are(told: Told, names: Names) -> None:
    name = names.words["name"]
    assert json.loads(told.report("json"))["runs"][0]["scenario"] == name
    assert told.report("json").isascii()
    suite = ET.fromstring(told.report("junit")).find("testsuite")  # noqa: S314 - written by us
    assert suite is not None
    assert suite.attrib["name"].startswith(name)
    assert "<script>" not in told.report("junit")
    assert not set(told.report("markdown")) & set("<>`[]@\\")
    page = Page.of(told.report("html"))
    assert (page.all("script"), page.wrong) == ([], [])
    assert page.text.count(name) > 5  # as a title, a scenario, a title that people gave, a person
    said = told.ended.stdout + told.ended.stderr
    assert printable(said.replace("\n", "")) == said.replace("\n", "")
    assert "[bold]" in told.ended.stdout.replace("\n", "")
    assert names.words["by"] in told.ended.stderr


def test_what_can_be_judged_again_and_planned_tells_the_same(told: Told, names: Names) -> None:
    (run,) = (told.folder / "runs").glob("*/")
    judged = drill("judge", str(run), "--json", "-")
    assert (judged.returncode, json.loads(judged.stdout)["runs"][0]["scenario"]) == (0, names.words["name"])
    planned = drill("plan", str(told.folder / "drill.yaml"))
    assert (planned.returncode, planned.stdout.splitlines()[0]) == (0, names.words["name"])
    assert list(names.traces.iterdir()) == []


# -- what is no text of one line is refused -------------------------------------------------------------------------

UNSHOWN = {  # as YAML writes them
    "a line break": "\\n",
    "a return": "\\r",
    "an escape": "\\e[31m",
    "a bell": "\\a",
    "a NUL": "\\0",
    "a control sequence of one byte": "\\x9b31m",
    "a mark that turns the writing": "\\u202e",
    "an isolate": "\\u2066",
    "a line of Unicode": "\\L",
    "nothing that is shown": "\\u200b",
    "half a letter": "\\ud800",
    "a private letter": "\\ue000",
}
PLACES = {
    "name": ("name: power loss", 'name: "x{}"'),
    "a copy": ("name: standby", 'name: "standby{}"'),
    "the officer": ("by: officer", 'by: "officer{}"'),
    "the source": ("from: standby", 'from: "standby{}"'),
    "a key": ("seed", '"seed{}"'),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", UNSHOWN)
def test_what_no_reader_would_see_is_refused_at_its_place(what: str, place: str) -> None:
    old, new = PLACES[place]
    text = (GOOD + "seed: 1\n").replace(old, new.format(UNSHOWN[what]), 1)
    with pytest.raises(ScenarioError) as wrong:
        Scenario.read(text.encode(), named="f.yaml")
    assert "control characters are not allowed" in str(wrong.value)
    assert all(line.startswith("f.yaml:") and line.isprintable() for line in str(wrong.value).split("\n"))


# -- names of files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("list", "."), ("validate",), ("plan",), ("run", "--on", "embedded")])
def test_names_of_files_do_nothing_on_the_terminal(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Of a folder that somebody else has filled."""
    file = tmp_path / "\x1b[31m\u202eevil\n\x07.yaml"
    file.write_text("# Good.\nname: [\n")
    named = [] if words[0] == "list" else [file.name]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "drill", *words, *named]
    said = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == (0 if words[0] == "list" else 2)
    shown = said.stdout + said.stderr
    assert "evil" in shown
    assert printable(shown.replace("\n", "")) == shown.replace("\n", "")
