"""Runs go into the history once and come out as they went in; only alike runs are compared."""

from __future__ import annotations

import statistics
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from drill import checks
from drill.errors import CannotRun, ScenarioError
from drill.history import Filter, History, Record, lines, tables
from drill.history.opening import opened
from drill.history.overdue import dues
from drill.history.records import kin_of
from drill.history.told import expected, listed
from drill.history.trends import Baseline, apart, comparable, held_against
from drill.judge import judged
from drill.reports.json import run_document
from drill.verdict import Verdict
from tests.unit.stories import GOOD, event, instead, with_events

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
FACTS = {**GOOD.began, "scenario_sha256": "ab" * 32, "fingerprint": "m1", "ran_by": "clerk"}


def record(number: int, **other: Any) -> Record:
    """Of the good story, as if it had been played so many days before now."""
    run = judged(instead(GOOD, "began", **{**FACTS, "run_id": f"20300101-{number:06}-abcdef"}))
    return replace(Record.of(run, run_document(run)), began_at=NOW - timedelta(days=number), **other)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    monkeypatch.setenv("DRILL_HISTORY_URL", f"sqlite:///{tmp_path}/deep/history.sqlite")
    return History.here()


def test_a_run_comes_out_as_it_went_in_and_goes_in_once(history: History) -> None:
    kept = record(1)
    assert history.add(kept)
    assert not history.add(replace(kept, verdict=Verdict.MISSED))
    assert history.run(kept.run_id) == kept
    assert history.runs(whole=True) == [kept]
    assert history.runs() == [replace(kept, registers=(), document={})]
    assert kept.registers[0].register == "land"
    assert (kept.ran_by, kept.declared_by) == ("clerk", "officer")


def test_runs_are_found_by_scenario_verdict_and_time(history: History) -> None:
    for number, verdict in enumerate((Verdict.MET, Verdict.MISSED, Verdict.MET, Verdict.UNKNOWN)):
        history.add(record(number, verdict=verdict, scenario="fire" if number % 2 else "flood"))

    def found(**wanted: Any) -> list[int]:
        return [int(each.run_id[9:15]) for each in history.runs(Filter(**wanted))]

    assert found() == [3, 2, 1, 0]
    assert found(scenario="fire") == [3, 1]
    assert found(verdict=Verdict.MET) == [2, 0]
    assert found(since=NOW - timedelta(days=2)) == [2, 1, 0]
    assert found(until=NOW - timedelta(days=2)) == [3, 2]
    assert found(last=2) == [1, 0]


def test_a_run_is_found_by_a_beginning_that_is_its_alone(history: History) -> None:
    for number in (1, 20):
        history.add(record(number))
    assert history.run("20300101-000001").run_id == "20300101-000001-abcdef"
    with pytest.raises(ScenarioError, match="more than one run"):
        history.run("2030")
    with pytest.raises(ScenarioError, match="no run"):
        history.run("%")


def test_the_migrations_make_the_tables_that_the_program_uses(history: History) -> None:
    with opened().connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_a_history_of_a_newer_program_is_refused(history: History) -> None:
    with opened().connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(CannotRun, match="newer"):
        History.here()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://a:secret@b/c", "names a mysql"),
        ("nonsense secret", "no address"),
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(
    url: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRILL_HISTORY_URL", url)
    with pytest.raises(ScenarioError, match=says) as refused:
        History.here()
    assert "secret" not in str(refused.value)


def test_a_database_that_does_not_answer_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRILL_HISTORY_URL", "postgresql://me:secret@127.0.0.1:1/x?connect_timeout=2")
    with pytest.raises(CannotRun, match=r"me:\*\*\*@127") as refused:
        History.here()
    assert "secret" not in str(refused.value)


def test_lines_are_read_as_they_were_written(history: History) -> None:
    kept = [record(1), record(2)]
    text_of = list(lines.written(kept))
    assert list(lines.read(text_of, "a")) == kept
    assert all(line.isascii() for line in text_of)


@pytest.mark.parametrize("line", ["{", "[]", '{"schema_version": 9}', '{"schema_version": 1}', "1"])
def test_a_line_that_is_no_run_is_named(line: str) -> None:
    with pytest.raises(ScenarioError, match="a:2: no run"):
        list(lines.read(["", line], "a"))


def test_actions_are_open_until_they_are_closed(history: History) -> None:
    one = history.act("fire", "train the deputy", "Mari", date(2030, 7, 1), None)
    two = history.act("flood", "order pumps", "Jaan", None, "20300101-000001-abcdef")
    assert history.actions() == [one, two]
    assert history.actions("fire") == [one]
    assert (one.overdue(date(2030, 7, 1)), one.overdue(date(2030, 7, 2))) == (False, True)
    history.close(one.number, "trained")
    assert history.actions() == [two]
    (closed, _) = history.actions(closed=True)
    assert (closed.open, closed.outcome) == (False, "trained")
    assert not closed.overdue(date(2031, 1, 1))
    with pytest.raises(ScenarioError, match="no open action"):
        history.close(one.number, "again")


# -- what may be compared ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other", [{"host": "docker"}, {"machine": "m2"}, {"people": 5}, {"scenario_sha256": "x"}, {"postgres": "17.1"}]
)
def test_only_runs_of_one_kin_are_compared(other: dict[str, Any]) -> None:
    one, two = record(1), record(2, **other)
    assert apart(one, two)
    assert comparable([two], one.kin) == []
    assert apart(one, record(3, postgres="18.9")) == []


def test_a_run_that_is_not_comparable_is_left_out() -> None:
    assert comparable([record(1, comparable=False)], record(1).kin) == []
    assert apart(record(1), record(2, comparable=False)) == ["20300101-000002-abcdef is not comparable with any"]


def test_other_people_make_another_kin_and_other_objectives_no_comparable_run() -> None:
    def of(*overridden: str) -> Record:
        run = judged(instead(GOOD, "began", **{**FACTS, "overridden": list(overridden)}))
        return Record.of(run, run_document(run))

    assert of("people", "seed").comparable
    assert not of("rto").comparable
    paused = with_events(instead(GOOD, "began", **FACTS), event(0.5, "paused"), event(1.5, "resumed"))
    run = judged(paused)
    assert not Record.of(run, run_document(run)).comparable


def test_one_earlier_run_is_no_plural() -> None:
    assert expected([record(1)]).startswith("in 1 earlier run (median): ")
    assert expected([record(1), record(2)]).startswith("in 2 earlier runs (median): ")


def test_a_run_that_begins_is_of_the_kin_that_it_will_be_kept_under() -> None:
    assert kin_of(FACTS) == record(1).kin


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=40))
def test_a_baseline_is_the_median_of_the_latest_that_have_a_time(times: list[float | None]) -> None:
    template = record(1)
    baseline = Baseline.of([replace(template, rta_s=each) for each in times])
    known = [each for each in times if each is not None][-20:]
    if not known:
        assert baseline is None
        return
    assert baseline is not None
    assert (baseline.median_s, baseline.runs) == (statistics.median(known), len(known))
    assert baseline.spread_s == statistics.median(abs(each - baseline.median_s) for each in known)


@pytest.mark.parametrize(
    ("earlier", "verdict"),
    [
        ([], Verdict.UNKNOWN),
        ([1.0, 1.0], Verdict.UNKNOWN),
        ([100.0, 100.0, 100.0], Verdict.MET),
        ([0.01, 0.01, 0.01], Verdict.MISSED),
    ],
)
def test_a_regression_is_missed_only_beside_enough_earlier_runs(earlier: list[float], verdict: Verdict) -> None:
    asked = held_against([record(n, rta_s=each) for n, each in enumerate(earlier)], record(1).kin, 0.2)
    (found,) = checks.regression(instead(GOOD, "began", **FACTS, regress=asked))
    assert (found.check, found.verdict) == ("regression", verdict)


def test_the_limit_of_a_regression_is_exact() -> None:
    rta = record(1).rta_s
    assert rta is not None
    for share, verdict in ((0.0, Verdict.MET), (-0.001, Verdict.MISSED)):
        asked = held_against([record(n) for n in range(3)], record(1).kin, share)
        (found,) = checks.regression(instead(GOOD, "began", **FACTS, regress=asked))
        assert found.verdict is verdict
        assert f"{rta:.2f} s" in found.actual


def test_a_recovery_without_a_time_is_no_regression_and_none_is_judged_unasked() -> None:
    asked = held_against([record(n) for n in range(3)], record(1).kin, 0.2)
    lost = with_events(instead(GOOD, "began", **FACTS, regress=asked), event(4, "refused", register="land"))
    (found,) = checks.regression(lost)
    assert found.verdict is Verdict.UNKNOWN
    assert list(checks.regression(GOOD)) == []


# -- what is overdue ---------------------------------------------------------------------------------------------------


def test_a_scenario_and_its_registers_are_overdue_when_no_good_drill_is_recent() -> None:
    since = NOW - timedelta(days=90)
    found = dues([record(91), record(10, as_expected=False, verdict=Verdict.MISSED)], ["power loss", "fire"])
    due = {(each.kind, each.name): each for each in found}
    assert due["scenario", "power loss"].overdue(since)
    assert due["scenario", "fire"].shown_at is None
    assert due["scenario", "fire"].overdue(since)
    assert not due["register", "land"].overdue(since)  # the later drill met what concerns it
    assert all(not each.overdue(since) for each in dues([record(89)], ["power loss"]))


def test_a_register_that_missed_or_a_run_that_is_not_comparable_shows_nothing() -> None:
    good = record(1)
    missed = replace(good, registers=tuple(replace(part, verdict=Verdict.MISSED) for part in good.registers))
    assert [d.name for d in dues([missed], ["power loss"]) if d.shown_at is None] == ["land"]
    assert all(d.shown_at is None for d in dues([replace(good, comparable=False)], ["power loss"]))


def test_only_the_scenarios_own_number_of_people_shows_that_it_works() -> None:
    def of(*overridden: str) -> Record:
        return record(1, document={**record(1).document, "overridden": list(overridden)})

    assert all(d.shown_at is None for d in dues([of("people")], ["power loss"]))
    assert all(d.shown_at is not None for d in dues([of("seed")], ["power loss"]))


def test_ten_thousand_runs_are_told_line_by_line(history: History) -> None:
    kept = record(1)
    flat = {c.name: getattr(kept, c.name) for c in tables.run.c if c.name not in ("run_id", "began_at")}
    rows = [{**flat, "run_id": f"r{n:05}", "began_at": NOW - timedelta(minutes=n)} for n in range(10_000)]
    with opened().connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(tables.run.insert(), rows)
    told = list(listed(history.runs()))
    assert len(told) == 10_001
    assert told[-1].split()[2] == "r00000"
