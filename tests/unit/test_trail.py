"""Where the log of a physical copy leads, by what lies there."""

import pytest

from drill.errors import DrillError, StepFailed
from drill.sites.aim import Aim
from drill.sites.trail import Way, way_from

FIRST, SECOND = "000000010000000000000005", "000000020000000000000006"
HISTORY = "1\t0/5000028\tno recovery target specified\n"


def test_a_log_without_histories_stays_on_its_timeline() -> None:
    assert way_from(1, {FIRST: ""}) == Way(1, {})


def test_a_history_leads_to_the_newest_timeline_that_descends_from_the_copys() -> None:
    assert way_from(1, {FIRST: "", SECOND: "", "00000002.history": HISTORY}) == Way(2, {1: 0x5000028})
    third = HISTORY + "2\t0/7000000\tno recovery target specified\n"
    names = {FIRST: "", "00000002.history": HISTORY, "00000003.history": third}
    assert way_from(1, names) == Way(3, {1: 0x5000028, 2: 0x7000000})
    assert way_from(3, names) == Way(3, {1: 0x5000028, 2: 0x7000000})


def test_segments_of_a_timeline_without_its_history_are_told() -> None:
    with pytest.raises(StepFailed, match=r"segments of timeline 2 and no 00000002\.history"):
        way_from(1, {FIRST: "", SECOND: ""})


def test_segments_of_an_earlier_timeline_are_no_matter() -> None:
    assert way_from(2, {FIRST: "", SECOND: ""}) == Way(2, {})


@pytest.mark.parametrize(
    ("written", "settings"),
    [
        ("latest", {}),
        ("name:nightly", {"recovery_target_name": "nightly"}),
        ("lsn:0/5000028", {"recovery_target_lsn": "0/5000028"}),
        ("time:2026-11-24T12:00:00+00:00", {"recovery_target_time": "2026-11-24T12:00:00+00:00"}),
    ],
)
def test_points_of_a_log(written: str, settings: dict[str, str]) -> None:
    assert Aim.named(written).settings == settings


@pytest.mark.parametrize(
    "written", ["", "name:", f"name:{'x' * 64}", "lsn:5", "time:2026-11-24T12:00:00", "time:noon", "before:outage"]
)
def test_what_is_no_point_is_refused(written: str) -> None:
    with pytest.raises(DrillError):
        Aim.named(written)
