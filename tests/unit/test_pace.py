"""How much is left is told only once something was read, and never too often."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.pace import Pace, amount

MB = 1024 * 1024


class Hours:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.shown = 0.0

    def __call__(self) -> float:
        return self.shown


def paced() -> tuple[Pace, Hours, list[str]]:
    clock, told = Hours(), list[str]()
    return Pace(told.append, clock), clock, told


def test_the_first_part_has_no_estimate_until_something_was_read_and_the_next_has_one_at_once() -> None:
    pace, clock, told = paced()
    pace.begin("land", 3, 100 * MB)
    clock.shown = 20
    pace.count(40 * MB)
    clock.shown = 25
    pace.count(10 * MB)  # too soon after the last line
    clock.shown = 50
    pace.count(50 * MB)  # all was read: nothing is left to be told of
    clock.shown = 1000  # a dump was taken meanwhile, which says nothing of reading
    pace.begin("business", 1, 50 * MB)
    assert told == [
        "land: 3 tables, 100.0 MB to read",
        "land: 40.0 MB of 100.0 MB read, about 30s left",
        "business: 1 tables, 50.0 MB to read, about 25s left",
    ]


def test_empty_tables_are_no_measure_of_anything() -> None:
    pace, clock, told = paced()
    pace.begin("land", 2, 0)
    clock.shown = 60
    pace.count(0)
    pace.begin("business", 0, 0)
    assert told == ["land: 2 tables, 0 bytes to read", "business: 0 tables, 0 bytes to read"]


@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats(0, 10**4)), max_size=30))
def test_lines_keep_their_distance_and_an_estimate_is_never_nothing(read: list[tuple[int, float]]) -> None:
    clock, when = Hours(), list[float]()
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        when.append(clock.shown)

    pace = Pace(tell, clock)
    pace.begin("land", len(read), sum(size for size, _ in read))
    for size, took in read:
        clock.shown += took
        pace.count(size)
    assert all(later - earlier >= pace.every for earlier, later in pairwise(when))
    assert not any("about 0s" in line for line in lines)


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 kB"), (3 * 2**39, "1.5 TB"), (2**60, "1048576.0 TB")],
)
def test_amounts(size: int, shown: str) -> None:
    assert amount(size) == shown
