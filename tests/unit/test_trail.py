"""Where the log of a physical copy leads, by what lies there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.errors import DrillError, StepFailed
from drill.sites.aim import Aim
from drill.sites.segments import SEGMENT, segment_name
from drill.sites.trail import Way, prove_way, way_from

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


def test_a_part_of_a_history_leads_nowhere() -> None:
    assert way_from(1, {FIRST: "", "00000002.history.partial": HISTORY}) == Way(1, {})


# Places are told in quarters of a segment, so that a fork may lie on a bound or within one.
QUARTER = SEGMENT // 4
forks = st.lists(st.integers(0, 40), min_size=1, max_size=3).map(sorted)


@given(forks, st.integers(0, 40), st.integers(1, 3), st.data())
def test_the_log_is_whole_up_to_the_last_timeline_when_each_record_of_the_way_lies_in_some_segment(
    places: list[int], since: int, timeline: int, data: st.DataObject
) -> None:
    """Every quarter of a segment between the start and the last fork is of the timeline that went there first."""
    way = Way(len(places) + 1, {number: place * QUARTER for number, place in enumerate(places, start=1)})
    timeline = min(timeline, len(places))
    needed = set()
    for quarter in range(since, places[-1]):
        number = next(n for n in range(timeline, len(places) + 1) if quarter < places[n - 1])
        needed.add((number, quarter // 4))
    # the segment in which a timeline was left is taken along by the next: its beginning is the same there
    copied = {(n, places[n - 1] // 4) for n in range(timeline, len(places) + 1)}
    whole = {(n, s) for n in range(1, len(places) + 2) for s in range(12)}
    gone = data.draw(st.sampled_from(sorted(whole)))
    names = {segment_name(number, segment) for number, segment in whole - {gone}}
    start = (timeline, since * QUARTER)
    prove_way(way, names | {segment_name(*gone)}, start, SEGMENT)
    if gone in needed - copied:
        with pytest.raises(StepFailed, match=f"a hole: segment {segment_name(*gone)} is missing, before timeline"):
            prove_way(way, names, start, SEGMENT)
    elif gone not in needed:
        prove_way(way, names, start, SEGMENT)


def test_a_hole_before_a_fork_is_told_with_the_place_of_the_fork() -> None:
    way = Way(2, {1: 0x5000028})
    prove_way(way, [segment_name(1, 4)], (1, 0x4000028), SEGMENT)
    with pytest.raises(StepFailed) as told:
        prove_way(way, [], (1, 0x4000028), SEGMENT)
    assert str(told.value).endswith(
        "a hole: segment 000000010000000000000004 is missing, before timeline 1 was left at 0/5000028"
    )
    prove_way(way, [], (2, 0x4000028), SEGMENT)  # what lies before the copy's own timeline is no matter
    prove_way(Way(1, {}), [], (1, 0), SEGMENT)


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
