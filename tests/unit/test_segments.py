"""Segments as they lie in an archive: their names, and what is wrong with those that are there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from drill.errors import StepFailed
from drill.sites.segments import SEGMENT, held_segments, segment_name
from drill.sites.wal import place_of

LARGE = 4 * SEGMENT


def test_names_of_segments() -> None:
    assert segment_name(1, 2) == "000000010000000000000002"
    assert segment_name(26, place_of("1A/FF000000") // SEGMENT) == "0000001A0000001A000000FF"
    assert segment_name(1, place_of("1A/FC000000") // LARGE, LARGE) == "000000010000001A0000003F"


def files(*names: str, size: int = SEGMENT) -> dict[str, int]:
    return {(f"0000000100000000000000{name}" if len(name) < 20 else name): size for name in names}


@pytest.mark.parametrize(
    ("held", "numbers"),
    [
        (files("02"), range(2, 3)),
        (files("02", "03", "04.partial"), range(2, 5)),
        (files("02", "03", "03.partial"), range(2, 4)),  # renamed meanwhile
        (files("01", "02", "receiver.log" + "." * 12), range(2, 3)),  # what is older or something else is no matter
    ],
)
def test_segments_without_a_hole(held: dict[str, int], numbers: range) -> None:
    assert held_segments(held, 1, 0x2000028) == numbers


@pytest.mark.parametrize(
    ("held", "says"),
    [
        ({}, "the archive: it holds no segment of the write-ahead log"),
        (files("03", "04"), "000000010000000000000002, at which the base backup begins, is missing"),
        (
            files("02", "04", "05.partial"),
            "a hole: segment 000000010000000000000003 is missing between 000000010000000000000002"
            " and 000000010000000000000004",
        ),
        (
            files("02", "03.partial", "04"),
            "a hole: 000000010000000000000003.partial was never completed, though 000000010000000000000004 follows",
        ),
        (
            files("02") | files("03.partial", size=4096),
            "000000010000000000000003.partial is cut short: 4096 bytes of 16777216",
        ),
        (files("02") | files("03", size=0), "000000010000000000000003 is cut short: 0 bytes of 16777216"),
        (
            files("02", "000000020000000000000003"),
            "000000020000000000000003 is of timeline 2, the base backup of timeline 1",
        ),
        (files("02") | {"00000002.history": 42}, "00000002.history is of timeline 2"),
    ],
)
def test_what_is_wrong_is_named(held: dict[str, int], says: str) -> None:
    with pytest.raises(StepFailed) as failed:
        held_segments(held, 1, 0x2000028)
    assert says in str(failed.value)
    assert failed.value.hint == "the archive is damaged; only an earlier base backup, or another copy, can help"


def test_names_are_hexadecimal() -> None:
    names = {f"0000001A0000002B000000F{last}": SEGMENT for last in "EF"} | {"0000001A0000002C00000000": SEGMENT}
    first = place_of("2B/FE000000") // SEGMENT
    assert held_segments(names, 26, place_of("2B/FE000028")) == range(first, first + 3)
    assert says(names, "2B/FE000028", timeline=1) == (
        "the archive: 0000001A0000002B000000FE is of timeline 26, the base backup of timeline 1"
    )
    assert "0000001A.history is of timeline 26" in says({"0000001A.history": 42}, "0/0", timeline=1)


def test_a_segment_that_was_completed_is_told_from_its_part_in_whatever_order_they_are_listed() -> None:
    listed = files("03.partial", size=4096) | files("03", "02")
    for names in (listed, dict(reversed(listed.items()))):
        assert held_segments(names, 1, 0x2000028) == range(2, 4)


def test_a_server_may_have_segments_of_another_size() -> None:
    """Of 64 MB: 64 of them make up what the middle part of a name counts."""
    names = {f"0000000100000001000000{number}": LARGE for number in (10, 11, 12)}
    assert held_segments(names, 1, place_of("1/40000028"), LARGE) == range(0x50, 0x53)
    assert says(names, "1/3C000028", LARGE) == (
        "the archive: 00000001000000010000000F, at which the base backup begins, is missing"
    )
    del names["000000010000000100000011"]
    assert says(names, "1/40000028", LARGE) == (
        "the archive: a hole: segment 000000010000000100000011 is missing"
        " between 000000010000000100000010 and 000000010000000100000012"
    )


def says(names: Mapping[str, int], since: str, size: int = SEGMENT, timeline: int = 1) -> str:
    """What is wrong with these."""
    with pytest.raises(StepFailed) as failed:
        held_segments(names, timeline, place_of(since), size)
    return str(failed.value)
