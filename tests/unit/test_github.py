"""What a workflow is told: within the runner's limits, and no command but ours."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from drill.errors import CannotRun, ScenarioError
from drill.judge import judged
from drill.reports import Wanted, github
from tests.unit.pages import hostile_evidence
from tests.unit.stories import GOOD, without
from tests.unit.test_reports import EXPECTED, LOST

GOOD_RUN, LOST_RUN, HOSTILE_RUN = judged(GOOD), judged(LOST), judged(hostile_evidence())


def test_a_surprise_is_an_error_the_unknown_a_warning_and_the_expected_a_notice() -> None:
    kinds = [line.split(" ")[0] for line in github.commands([LOST_RUN])]
    assert kinds == ["::error"] * (len(kinds) - 1) + ["::notice"]
    assert {line.split(" ")[0] for line in github.commands([judged(EXPECTED)])} == {"::notice"}
    assert "::warning" in {line.split(" ")[0] for line in github.commands([judged(without(GOOD, "outage proven"))])}


def test_one_finding_is_one_line_that_the_runner_reads() -> None:
    line = next(line for line in github.commands([LOST_RUN]) if "data_loss" in line)
    assert line.startswith("::error title=power loss%3A data_loss missed::land: 2 of 2 transactions")


def test_of_each_kind_as_many_as_are_shown_and_the_last_says_how_many_are_not() -> None:
    found = github.commands([LOST_RUN] * 30)
    for kind in ("error", "notice"):
        lines = [line for line in found if line.startswith(f"::{kind} ")]
        assert len(lines) == github.MOST_ANNOTATIONS
        assert lines[-1].endswith("more are in the summary of this step")


def test_names_are_no_commands() -> None:
    for line in github.commands([HOSTILE_RUN]):
        head, _, says = line.removeprefix("::").partition("::")
        kind, _, title = head.partition(" title=")
        assert kind in {"error", "warning", "notice"}
        assert not set(title) & set(":,\r\n")
        assert line.isprintable()
        assert len(says) < 3500


@pytest.mark.parametrize("room", [0, 10, 500, 2000, 1 << 20])
def test_a_summary_stays_within_its_room(room: int) -> None:
    text = github.summary([LOST_RUN, HOSTILE_RUN], room)
    whole = github.summary([LOST_RUN, HOSTILE_RUN])
    assert len(text.encode()) <= room
    assert text == whole or not text or text.endswith("see the report itself.\n")
    assert all(line in whole.splitlines() for line in text.splitlines()[:-1])


def test_a_workflow_is_told_all_of_it_in_its_files(tmp_path: Path) -> None:
    summary, outputs, stream = tmp_path / "s", tmp_path / "o", io.StringIO()
    summary.write_text("from an earlier command\n")
    environment = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(outputs)}
    github.tell([GOOD_RUN, LOST_RUN], environment, stream)
    assert summary.read_text().startswith("from an earlier command\n# power loss: MET")
    assert outputs.read_text() == "verdict=missed\nexit-code=1\nas-expected=false\n"
    assert stream.getvalue().splitlines() == github.commands([GOOD_RUN, LOST_RUN])


def test_what_was_written_already_counts(tmp_path: Path) -> None:
    summary = tmp_path / "s"
    summary.write_bytes(b"x" * (github.MOST_SUMMARY - 400))
    github.tell([GOOD_RUN], {"GITHUB_STEP_SUMMARY": str(summary)}, io.StringIO())
    assert summary.stat().st_size <= github.MOST_SUMMARY


def test_outside_a_workflow_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError):
        github.tell([GOOD_RUN], {}, io.StringIO())
    with pytest.raises(CannotRun):
        github.tell([GOOD_RUN], {"GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "s")}, io.StringIO())


def test_what_is_said_in_between_is_not_heeded() -> None:
    stream = io.StringIO()
    with suppress(KeyError), github.unheeded(stream):
        stream.write("::add-mask::x\n")
        raise KeyError
    first, _, last = stream.getvalue().splitlines()
    token = first.removeprefix("::stop-commands::")
    assert len(token) == 32
    assert last == f"::{token}::"


def test_outputs_hold_no_free_text() -> None:
    assert github.outputs([HOSTILE_RUN]).splitlines()[0] in {"verdict=missed", "verdict=unknown"}
    assert len(github.outputs([replace(HOSTILE_RUN)]).splitlines()) == 3


@pytest.mark.parametrize(
    "wanted", [{"json": "-", "html": "-"}, {"github": True, "markdown": "-"}, {"pdf": "-"}, {"junit": "-", "json": "-"}]
)
def test_documents_that_would_run_into_one_another_are_refused(wanted: dict[str, str]) -> None:
    with pytest.raises(ScenarioError):
        Wanted(**wanted)  # type: ignore[arg-type]
