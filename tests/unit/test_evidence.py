"""What is written as things happen is read back as it was; what is torn or missing is never taken for whole."""

import json
import threading
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from drill.cli.judge import register
from drill.clock import Clock
from drill.digest import Column, Digest, Form
from drill.errors import CannotRun, ScenarioError
from drill.evidence import Evidence, Holdings, Observation, Seal, Sequence, Structure
from drill.folder import Folder
from drill.judge import judge
from drill.ledger import Entry, Errand, Outcome, Receipt
from drill.timeline import Event, Timeline
from drill.verdict import Verdict
from tests.unit.stories import BEGAN, GOOD, event

text = st.text(max_size=8)
numbers = st.floats(0, 1e6)
digests = st.builds(Digest, st.integers(-5, 5), st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)))
changes = st.dictionaries(text, digests, max_size=2)
entries = st.builds(
    Entry,
    *(text, st.integers(0, 2**62), st.integers(0, 9), text, numbers, numbers, numbers),
    *(st.sampled_from(Outcome), changes, st.sampled_from(Errand), text),
)
structures = st.builds(
    Structure,
    st.dictionaries(text, st.lists(st.builds(Column, text, text), max_size=2).map(tuple), max_size=2),
    st.dictionaries(text, st.booleans(), max_size=2),
    st.dictionaries(text, st.booleans(), max_size=2),
    st.lists(st.builds(Sequence, text, text, st.integers(), st.none() | st.integers()), max_size=2).map(tuple),
)
receipts = st.builds(Receipt, st.tuples(text, st.integers(), st.integers()), changes)
seals = st.builds(Seal, st.dictionaries(text, digests, max_size=2), structures, text, text, st.none())
holdings = st.builds(
    Holdings,
    *(text, st.dictionaries(text, digests, max_size=2), st.lists(receipts, max_size=3).map(tuple), structures),
    st.dictionaries(text, st.integers(), max_size=2),
)
plain = st.none() | st.booleans() | st.integers() | numbers | text | st.lists(text, max_size=2)
events = st.builds(Event, st.just(GOOD.events[0].at), numbers, text, text, st.dictionaries(text, plain, max_size=3))
began = st.fixed_dictionaries(
    {
        "scenario": text,
        "lost": st.lists(text, max_size=2),
        "objectives": st.dictionaries(text, st.fixed_dictionaries({"rto": numbers, "rpo": numbers}), max_size=2),
        "expected": st.dictionaries(text, st.sampled_from(["all", "some"]) | st.lists(text, max_size=2), max_size=2),
        "stable_for": numbers,
    }
).map(lambda facts: event(0, "began", **facts))


def write(evidence: Evidence, folder: Folder) -> None:
    with folder.listener() as hear, folder.ledger() as ledger:
        for happened in evidence.events:
            hear(happened)
        for tried in evidence.ledger:
            ledger.add(tried)
    folder.write_seals(evidence.seals)
    folder.write_holdings(evidence.holdings)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder.create(tmp_path / "runs", "one", "name: x\n")
    write(GOOD, made)
    return made


@settings(max_examples=60, deadline=None)
@given(
    began,
    st.lists(events, max_size=3),
    st.lists(entries, max_size=4),
    st.dictionaries(text, seals, max_size=2),
    st.dictionaries(text, holdings, max_size=2),
)
def test_what_is_read_back_is_what_was_written(
    first: Event, then: list[Event], ledger: list[Entry], sealed: dict[str, Seal], found: dict[str, Holdings]
) -> None:
    evidence = Evidence.rebuilt((first, *then), tuple(ledger), seals=sealed, holdings=found)
    with TemporaryDirectory() as place:
        folder = Folder.create(Path(place), "run", "")
        write(evidence, folder)
        assert folder.read() == evidence


def test_the_misses_that_a_scenario_expects_are_read_as_they_were_written_down() -> None:
    facts = {**GOOD.events[0].facts, "expected": {"a": "all", "b": "some", "c": ["land", "tax"]}}
    evidence = Evidence.rebuilt((event(0, "began", **facts), *GOOD.events[1:]), (), seals={}, holdings={})
    assert evidence.expected == {"a": "all", "b": "some", "c": {"land", "tax"}}


def test_a_good_drill_is_judged_alike_from_its_folder(folder: Folder) -> None:
    assert folder.read() == GOOD
    assert judge(folder.read()) == judge(GOOD)
    assert (folder.path / "scenario.yaml").read_text() == "name: x\n"
    assert folder.logs.is_dir()


def test_every_file_says_which_schema_it_has(folder: Folder) -> None:
    folder.write_result({"run_id": "one"})
    for path in folder.path.glob("*.json*"):
        assert json.loads(path.read_text().splitlines()[0])["schema_version"] == 1
    seals = folder.path / "seals.json"
    seals.write_text(seals.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    with pytest.raises(CannotRun, match=r"seals.json: schema_version 2"):
        folder.read()


def shorten(path: Path, by: int) -> None:
    path.write_bytes(path.read_bytes()[:-by])


@pytest.mark.parametrize("name", ["ledger.jsonl", "events.jsonl"])
@pytest.mark.parametrize("by", [1, 20])
def test_a_torn_last_line_is_noted_and_leaves_the_verdict_unknown_at_most(folder: Folder, name: str, by: int) -> None:
    shorten(folder.path / name, by)
    evidence = folder.read()
    assert evidence.notes == (f"the last line of {name} is torn and was left out",)
    lost_entry = name == "ledger.jsonl"
    assert judge(evidence).verdict is (Verdict.UNKNOWN if lost_entry else Verdict.MET)


@pytest.mark.parametrize("name", ["ledger.jsonl", "seals.json", "holdings.json"])
def test_a_missing_file_leaves_the_verdict_unknown(folder: Folder, name: str) -> None:
    (folder.path / name).unlink()
    evidence = folder.read()
    assert evidence.notes == (f"{name} is missing",)
    assert judge(evidence).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("keep", [0, 5])
def test_a_ledger_without_even_its_header_is_empty(folder: Folder, keep: int) -> None:
    ledger = folder.path / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes()[:keep])
    assert "ledger.jsonl is empty" in folder.read().notes


@pytest.mark.parametrize("damage", [b"{torn\n", b'{"register": 5}\n', b"\n", b"\xff\n"])
def test_damage_elsewhere_is_an_error_with_its_place(folder: Folder, damage: bytes) -> None:
    ledger = folder.path / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join([*lines[:3], damage, *lines[3:]]))
    with pytest.raises(CannotRun, match=r"ledger.jsonl:4: "):
        folder.read()


@pytest.mark.parametrize("facts", [{}, {"objectives": {"land": {"rto": "soon", "rpo": 1}}}, {"expected": {"x": 5}}])
def test_events_that_do_not_tell_what_was_asked_cannot_be_judged(tmp_path: Path, facts: dict[str, Any]) -> None:
    folder = Folder.create(tmp_path, "one", "")
    with folder.listener() as hear:
        hear(event(0, "began", **({**BEGAN, **facts} if facts else {})))
    with pytest.raises(CannotRun, match="cannot be judged"):
        folder.read()


def test_a_folder_is_made_once(folder: Folder) -> None:
    with pytest.raises(CannotRun, match="File exists"):
        Folder.create(folder.path.parent, "one", "")


def test_a_folder_without_events_is_no_evidence(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no evidence"):
        Folder(tmp_path).read()


def test_events_that_were_taken_away_are_told_as_that(folder: Folder) -> None:
    (folder.path / "events.jsonl").unlink()
    with pytest.raises(ScenarioError, match=r"events\.jsonl is missing") as refused:
        folder.read()
    assert f"`drill evidence verify {folder.path}`" in refused.value.hint


def test_a_line_that_is_no_json_is_named_by_file_and_line(folder: Folder) -> None:
    lines = (folder.path / "events.jsonl").read_text().splitlines()
    lines[3] = "nonsense"
    (folder.path / "events.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(CannotRun, match=r"/events\.jsonl:4: this line is no JSON$"):
        folder.read()


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    folder = Folder.create(tmp_path, "one", "")
    with folder.listener() as hear, folder.ledger() as ledger:
        timeline = Timeline(Clock(), [hear])
        timeline.record("drill", "began", **BEGAN)
        work = [threading.Thread(target=lambda: list(map(ledger.add, GOOD.ledger))) for _ in range(8)]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        timeline.record("odd", "facts", path=tmp_path, outcome=Outcome.ACKED)
    evidence = folder.read()
    assert len(evidence.ledger) == 8 * len(GOOD.ledger)
    assert evidence.events[-1].facts == {"path": str(tmp_path), "outcome": "acked"}


def test_a_full_disk_is_told_once_and_nothing_is_written_after_a_torn_line(folder: Folder, tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with Folder.create(tmp_path, "two", "").listener() as hear:
        hear._file.close()
        hear._file = full.open("wb")
        with pytest.raises(CannotRun, match="No space left"):
            hear(event(1, "struck"))
        hear(event(2, "not undone"))


def test_answers_that_are_no_text_are_kept(tmp_path: Path) -> None:
    folder = Folder.create(tmp_path, "one", "")
    odd = "\ud800\x00\n"
    evidence = replace(
        GOOD, ledger=(replace(GOOD.ledger[0], says=odd),), events=(*GOOD.events, event(70, odd, reason=odd))
    )
    write(evidence, folder)
    assert folder.read() == evidence


def judged(*arguments: str) -> Any:
    app = typer.Typer()
    register(app)
    app.command()(lambda: None)
    return CliRunner().invoke(app, ["judge", *arguments])


def test_judge_reads_a_run_by_its_folder_or_its_id_and_changes_nothing(folder: Folder) -> None:
    before = {p: p.read_bytes() for p in folder.path.rglob("*") if p.is_file()}
    assert judged(str(folder.path)).exit_code == 0
    by_id = judged("one", "--runs", str(folder.path.parent), "--json", "-")
    assert json.loads(by_id.stdout)["runs"][0]["verdict"] == "met"
    assert {p: p.read_bytes() for p in folder.path.rglob("*") if p.is_file()} == before


def test_judge_exits_with_what_it_found(folder: Folder) -> None:
    (folder.path / "holdings.json").unlink()
    assert judged(str(folder.path)).exit_code == 3
    folder.write_holdings({"land": replace(GOOD.holdings["land"], receipts=())})
    assert judged(str(folder.path), "--quiet").exit_code == 1
    nowhere = judged("nowhere")
    assert nowhere.exit_code == 2
    assert "its whole id" in nowhere.stderr
    (folder.path / "seals.json").write_text("{")
    assert judged(str(folder.path)).exit_code == 4


def test_what_nobody_said_is_nothing_and_not_something() -> None:
    seen, seal = Observation(), Seal({})
    assert (seen.looked_at, seen.wrong, seen.unseen, seen.excused) == (0, (), {}, {})
    assert (seal.structure, seal.system_identifier, seal.lsn, seal.taken_at) == (Structure(), "", "", None)
    assert (seal.files, seal.form, seal.loose, seal.logins, seal.buckets) == ({}, Form.NATIVE, {}, None, {})
    held = Holdings("home", {}, ())
    assert (held.structure, held.strangers, held.observations, held.buckets) == (Structure(), {}, {}, {})
    bare = Evidence("x", {}, frozenset(), {}, {}, {}, (), ())
    assert (bare.stable_for, bare.manners, bare.notes, bare.registers) == (2.0, {}, (), ())
    assert (Structure().columns, Structure().constraints, Structure().indexes) == ({}, {}, {})
    assert (Structure().sequences, Structure().objects) == ((), {})


def test_materialized_views_are_tables_to_a_copy_of_files_and_the_rest_of_the_seal_stays() -> None:
    table, view = Digest(2, (1, 2)), Digest(3, (4, 5))
    seal = Seal({"public.title": table}, lsn="0/1", views={"public.owners": view})
    assert seal.with_views == replace(seal, tables={"public.title": table, "public.owners": view}, views={})
