"""Every reader is told the same, also by a scenario whose names were written by somebody hostile."""

import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from drill.checks import ALL
from drill.cli.report import must_be_deliverable
from drill.dossier import Dossier
from drill.errors import CannotRun, ScenarioError
from drill.evidence import Evidence
from drill.judge import judged
from drill.phases import NAMES
from drill.reports import Wanted, deliver
from drill.reports import json as json_report
from drill.reports.junit import junit
from drill.reports.markdown import markdown, plain_text
from drill.reports.plain import plain
from drill.reports.progress import Progress
from drill.reports.screen import screen
from drill.reports.text import duration, printable
from drill.reports.unchecked import OF_REGISTERS
from drill.result import Judged
from tests.unit.stories import EVENTS, GOOD, LEDGER, event, held, told, with_events, without

HOSTILE = "\x1b[31m[bold]<b>&\"'\x00\u202e]]>\nnot as expected\ud800 :warning:"
EMPTY = Evidence("x", {}, frozenset(), {}, seals={}, holdings={}, events=(), ledger=())
LOST = told(GOOD, LEDGER, held())
EXPECTED = replace(LOST, expected={f.check: "all" for f in judged(LOST).result.findings if f.verdict == "missed"})
STORIES = {
    "good": GOOD,
    "cut short": replace(GOOD, holdings={}, events=EVENTS[:4], notes=("ledger.jsonl is missing",)),
    "lost": LOST,
    "lost as expected": EXPECTED,
    "empty": EMPTY,
    "hostile": replace(
        with_events(GOOD, event(26, "refused", register="land", reasons=[HOSTILE]), event(62, "broke", reason=HOSTILE)),
        scenario=HOSTILE,
    ),
}


@pytest.fixture(params=STORIES)
def run(request: pytest.FixtureRequest) -> Judged:
    return judged(STORIES[request.param])


def test_of_a_report_that_cannot_be_written_the_result_and_the_others_are_there_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = judged(GOOD)
    wanted = Wanted(json="/dev/full", junit=str(tmp_path / "x.xml"), quiet=True)
    with pytest.raises(CannotRun, match=r"^/dev/full: No space left on device$") as refused:
        deliver([Dossier(run, date(2030, 1, 1))], 0, wanted)
    assert f"`drill report {run.run_id} --json FILE`" in refused.value.hint
    assert capsys.readouterr().out == f"{plain(run)}\n"
    assert (tmp_path / "x.xml").read_text() == junit([run])


def test_a_report_may_go_to_the_folder_that_the_drill_will_make(tmp_path: Path) -> None:
    wanted = Wanted(json=str(tmp_path / "runs" / "x.json"))
    must_be_deliverable(wanted, tmp_path / "runs")
    with pytest.raises(ScenarioError, match="there is no folder"):
        must_be_deliverable(wanted, tmp_path / "others")


def schema() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json_report.SCHEMA.read_text(encoding="utf-8"))
    return read


def test_the_document_is_what_its_schema_says(run: Judged) -> None:
    Draft202012Validator.check_schema(schema())
    written = json_report.text([run, run], 1)
    assert written.isascii()
    Draft202012Validator(schema()).validate(json.loads(written))


def test_the_schema_knows_every_phase() -> None:
    assert schema()["$defs"]["phase"]["properties"]["name"]["enum"] == list(NAMES)


def test_the_document_of_a_good_drill() -> None:
    document = json_report.document([judged(GOOD)], 0)
    (run,) = document["runs"]
    assert (run["run_id"], run["host"], run["verdict"], run["as_expected"]) == ("20300101-abc", "embedded", "met", True)
    assert (run["rta_s"], run["rto_s"], run["rpa_s"], run["comparable"]) == (15.0, 15.0, 0.0, True)
    assert sum(p["seconds"] for p in run["phases"]) == pytest.approx(run["rta_s"], abs=1e-9)
    assert run["registers"]["land"]["verdict"] == "met"
    assert document["summary"]["rta_s"]["p95"] == 15.0


def test_a_document_of_no_runs_says_nothing_is_known() -> None:
    document = json_report.document([], 4)
    Draft202012Validator(schema()).validate(document)
    assert (document["summary"]["verdict"], document["summary"]["as_expected"]) == ("unknown", False)


def test_figures_that_do_not_exist_are_null() -> None:
    run = json_report.run_document(judged(without(GOOD, "outage proven")))
    assert (run["rta_s"], run["rpa_s"], run["phases"]) == (None, None, [])


def test_junit_counts_surprises_as_failures_and_the_unknown_as_errors(run: Judged) -> None:
    (suite,) = ET.fromstring(junit([run]))  # noqa: S314 - written by us
    assert next(child.tag for child in suite) == "properties"
    whole = suite.findall("testcase")
    skipped = [c for c in whole if c.find("skipped") is not None]
    cases = [c for c in whole if c not in skipped]
    assert len(cases) == len(run.result.findings) == int(suite.attrib["tests"]) - int(suite.attrib["skipped"])
    assert len(skipped) == int(suite.attrib["skipped"])
    assert len({c.attrib["name"] for c in whole}) == len(whole)
    failures = [c for c in cases if c.find("failure") is not None]
    errors = [c for c in cases if c.find("error") is not None]
    assert len(failures) == int(suite.attrib["failures"]) == sum(map(run.result.surprising, run.result.findings))
    assert len(errors) == int(suite.attrib["errors"])
    assert (not failures and not errors and bool(cases)) is run.result.as_expected


def test_junit_skips_what_does_not_apply_and_says_why() -> None:
    (suite,) = ET.fromstring(junit([judged(GOOD)]))  # noqa: S314 - written by us
    skipped = {
        c.attrib["name"]: c[0].attrib["message"] for c in suite.findall("testcase") if c.find("skipped") is not None
    }
    assert skipped["undisturbed[land]"] == "does not apply: the outage takes this register"
    assert skipped["agreement[land]"] == "does not apply: there is no other register to agree with"
    assert skipped["heap[land]"] == "does not apply: the evidence holds nothing of this kind"
    assert "content[land]" not in skipped


def test_a_check_that_is_of_registers_is_known_to_be() -> None:
    whole = {"outage", "single_home", "regression"}
    assert set(OF_REGISTERS) | whole == {check.__name__ for check in ALL}


def shown(run: Judged, **options: Any) -> str:
    stream = io.StringIO()
    screen([run, run], Console(file=stream, width=80, highlight=False, markup=False, emoji=False, **options))
    return stream.getvalue()


def test_the_screen_reads_at_80_columns_without_colour(run: Judged) -> None:
    text = shown(run, no_color=True)
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert str(run.result.verdict).upper() in text
    for finding in run.result.findings:
        if finding.verdict != "met":
            assert finding.check in text


def test_markup_in_names_is_shown_and_does_nothing() -> None:
    text = shown(judged(STORIES["hostile"]), force_terminal=True, color_system="standard")
    assert "[bold]" in text
    assert ":warning:" in text
    assert "\x1b[31m[bold]" not in text


def test_plain_lines_stay_lines(run: Judged) -> None:
    text = plain(run)
    assert printable(text.replace("\n", "")) == text.replace("\n", "")
    assert ("as expected" in text) or ("not as expected" in text)
    assert "not as expected" not in text.splitlines()[1:]


def test_progress_is_a_line_for_what_somebody_waits_for() -> None:
    stream = io.StringIO()
    hear = Progress(stream).event
    hear(event(12.34, "accepted", register="land"))
    hear(event(1.0, "surveyed", register="land"))
    hear(event(100.5, "failed", reason=HOSTILE))
    first, second = stream.getvalue().splitlines()
    assert first == "  12.34 s  test       land accepted"
    assert second.startswith(" 100.50 s  test       all registers failed: ")
    assert "\x1b" not in second


def test_progress_to_nobody_does_not_stop_the_drill() -> None:
    stream = io.StringIO()
    stream.close()
    Progress(stream).event(event(1, "struck", kind="power_loss"))


def test_every_event_of_a_drill_has_its_sentence_or_none() -> None:
    stream = io.StringIO()
    for happened in EVENTS:
        Progress(stream).event(happened)
    assert len(stream.getvalue().splitlines()) == 14


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0.0, "0.00 s"), (119.99, "119.99 s"), (119.999, "2 min 00 s"), (15000.0, "4 h 10 min")],  # noqa: RUF001
)
def test_durations_have_the_size_of_a_person(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


# -- Markdown ----------------------------------------------------------------------------------------------------------


def test_markdown_tells_verdict_figures_findings_phases_and_facts(run: Judged) -> None:
    text = markdown([run])
    heading, *lines = text.splitlines()
    assert heading.startswith("# ")
    assert heading.endswith(
        f": {str(run.result.verdict).upper()}, {'' if run.result.as_expected else 'not '}as expected"
    )
    for finding in run.result.findings:
        if finding.verdict != "met":
            assert plain_text(finding.check) in text
    tables = [line for line in lines if line.startswith("|")]
    assert {line.count("|") for line in tables} <= {3, 9}  # no cell has broken out of its table
    assert ("## Phases of the slowest register" in text) == (run.slowest is not None)
    assert "| figure | median | p95 | worst | without |" in markdown([run, run]).splitlines()


@pytest.mark.parametrize(
    "name", [HOSTILE, "a|b", "`x`", "a\n\n# b", "<script>", "[x](http://y)", "https://y", "@all", "\\|"]
)
def test_hostile_names_do_nothing_in_markdown(name: str) -> None:
    registers = {name: GOOD.objectives["land"]}
    lost = replace(GOOD, scenario=name, objectives=registers, lost=frozenset({name}), seals={}, holdings={})
    text = markdown([judged(lost)])
    assert not set(text) & set("<>`[]@\\\x1b\u202e")
    assert "://" not in text
    assert len([line for line in text.splitlines() if line.startswith("#")]) == 4  # title, figures, findings, run


def test_plain_words_stay_readable_in_markdown() -> None:
    assert plain_text("state gazette 12") == "state gazette 12"
    assert plain_text("recovery_time, at 05:03:58: 2.5 s") == "recovery_time, at 05:03:58: 2.5 s"
    assert plain_text("_x_ :100: www.a") == "&#95;x&#95; &#58;100: www&#46;a"
