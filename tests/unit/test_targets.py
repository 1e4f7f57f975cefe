"""The points of a replay as a scenario writes them: each form, each mistake at its place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from drill.errors import ScenarioError
from drill.recoveries.replay import Replay
from drill.recoveries.targets import BeforeOutage, Moment, Position, RestorePoint
from drill.scenario import Scenario
from drill.scenario.plan import estimated_disk, plan_of

SCENARIO = """\
name: replayed
registers: [population, land]
copies:
  - {name: standby, kind: streaming, synchronous: true}
  - {name: embassy archive, kind: archive, restore_point_every: 2s}
outage: {kind: power_loss}
response: {declare: {by: officer, after: 1s}}
recovery: {kind: replay, from: embassy archive}
objectives: {rto: 30s, rpo: 5s}
"""
FORMS = "write latest, or one of {restore_point: ...}, {time: ...}, {lsn: ...}, {before: ...}"


def loaded(to: str) -> Scenario:
    return Scenario.read(SCENARIO.replace("archive}", f"archive, to: {to}}}").encode(), named="f.yaml")


def complaints(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as wrong:
        Scenario.read(text.encode(), named="f.yaml")
    return str(wrong.value).splitlines()


@pytest.mark.parametrize(
    ("written", "meant", "planned"),
    [
        ("latest", "latest", "to latest"),
        (
            "{restore_point: embassy archive-1}",
            RestorePoint(restore_point="embassy archive-1"),
            "to restore point embassy archive-1",
        ),
        (
            '{time: "2026-11-24T14:00:00+02:00"}',
            Moment(time=datetime(2026, 11, 24, 12, tzinfo=UTC)),
            "to time 2026-11-24T14:00:00+02:00",
        ),
        ("{time: 2026-11-24T12:00:00Z}", Moment(time=datetime(2026, 11, 24, 12, tzinfo=UTC)), "to time 2026-11-24"),
        ("{lsn: 0/5000028}", Position(lsn="0/5000028"), "to lsn 0/5000028"),
        ("{before: outage}", BeforeOutage(before="outage"), "to before outage"),
    ],
)
def test_each_form(written: str, meant: object, planned: str) -> None:
    scenario = loaded(written)
    assert isinstance(scenario.recovery, Replay)
    assert scenario.recovery.to == meant
    assert planned in plan_of(scenario, "embedded")
    assert scenario.with_overrides(rto=5.0).recovery == scenario.recovery  # written out and read again


def test_the_last_complete_record_is_meant_where_nothing_is_said() -> None:
    scenario = Scenario.read(SCENARIO.encode(), named="f.yaml")
    assert isinstance(scenario.recovery, Replay)
    assert scenario.recovery.to == "latest"


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("newest", "8:53: recovery.to cannot be 'newest' (known: latest)"),
        ("{before: drop}", "8:62: recovery.to.before cannot be 'drop' (known: outage)"),
        ("{restorepoint: a}", f"8:53: recovery.to: {FORMS}"),
        ("{lsn: 0/5, before: outage}", f"8:53: recovery.to: {FORMS}"),
        ("{}", f"8:53: recovery.to: {FORMS}"),
        ("7", f"8:53: recovery.to: {FORMS}"),
        ("{lsn: 12}", "8:59: recovery.to.lsn: write it as PostgreSQL does: 0/5000028"),
        ("{lsn: 0/}", "8:59: recovery.to.lsn: write it as PostgreSQL does: 0/5000028"),
        (
            "{time: 2026-11-24T12:00:00}",
            "8:60: recovery.to.time: write a date, a time and its zone, as 2026-11-24T12:00:00+00:00",
        ),
        (
            "{time: yesterday}",
            "8:60: recovery.to.time: write a date, a time and its zone, as 2026-11-24T12:00:00+00:00",
        ),
        ("{restore_point: ''}", "8:69: recovery.to.restore_point must not be empty"),
    ],
)
def test_a_mistake_is_told_once_and_at_its_place(to: str, says: str) -> None:
    assert complaints(SCENARIO.replace("archive}", f"archive, to: {to}}}")) == [f"f.yaml:{says}"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "restore_point_every: 2s",
            "synchronous: true",
            "5:57: 'standby' is synchronous already, and home can wait for one copy only",
        ),
        ("2s", "0s", "5:65: copies[2].restore_point_every should be greater than 0, not '0s'"),
        (
            "embassy archive, kind",
            f"{'õ' * 27}, kind",
            "5:12: copies[2].name: write at most 52 bytes: restore points are called by it and a number",
        ),
    ],
)
def test_what_an_archive_cannot_be(old: str, new: str, says: str) -> None:
    assert f"f.yaml:{says}" in complaints(SCENARIO.replace(old, new, 1))


def test_an_archive_needs_room_for_another_cluster() -> None:
    with_archive = Scenario.read(SCENARIO.encode(), named="f.yaml")
    without = with_archive.model_copy(update={"copies": with_archive.copies[:1]})
    assert estimated_disk(with_archive) * 2 == estimated_disk(without) * 3
