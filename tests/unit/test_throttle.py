"""What is read on average stays within the rate, whoever reads it, and a rate is written in one way only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.throttle import Throttle, bytes_a_second

MB = 1024 * 1024


class Day:
    """A clock that goes when somebody rests, or works."""

    def __init__(self) -> None:
        self.shown = 100.0

    def now(self) -> float:
        return self.shown

    def rest(self, seconds: float) -> None:
        self.shown += seconds


@given(
    st.floats(64 * 1024, 1e9),
    st.lists(st.tuples(st.integers(0, 10**9), st.floats(0, 100)), min_size=1, max_size=40),
)
def test_before_each_piece_all_that_went_before_is_within_the_rate(rate: float, read: list[tuple[int, float]]) -> None:
    day = Day()
    throttle, before = Throttle(rate, day.now, day.rest), 0
    for size, took in read:
        throttle.wait(size)
        assert before / rate <= (day.shown - 100.0) * (1 + 1e-9) + 1e-6
        before += size
        day.shown += took


def test_time_in_which_nobody_read_is_not_made_up_for() -> None:
    day = Day()
    throttle = Throttle(10.0 * MB, day.now, day.rest)
    throttle.wait(MB)
    day.shown += 3600
    throttle.wait(20 * MB)
    throttle.wait(MB)
    assert day.shown == pytest.approx(100 + 3600 + 2)


def test_nobody_waits_once_it_is_lifted() -> None:
    throttle = Throttle(64 * 1024)
    throttle.lift()
    throttle.wait(10**15)
    throttle.wait(1)


@pytest.mark.parametrize(("rate", "piece"), [("64kB/s", MB // 2), ("50MB/s", 25 * MB), ("100GB/s", 64 * MB)])
def test_a_piece_is_half_a_second_of_the_rate_within_bounds(rate: str, piece: int) -> None:
    assert Throttle(bytes_a_second(rate)).piece == piece


@pytest.mark.parametrize(
    ("text", "rate"), [("64kB/s", 64 * 1024), ("50MB/s", 50 * MB), ("1.5GB/s", 1536 * MB), ("100GB/s", 100 * 1024 * MB)]
)
def test_a_rate_is_read(text: str, rate: float) -> None:
    assert bytes_a_second(text) == rate


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write it as 500kB/s, 50MB/s or 1GB/s"),
        ("50", "'50' is no rate without its unit"),
        ("50MB", r"did you mean 50MB/s\?"),
        ("50mb/s", r"did you mean 50MB/s\?"),
        ("50 MiB/s", r"did you mean 50MB/s\?"),
        ("2K", r"did you mean 2kB/s\?"),
        ("100Mbit/s", "counted in bytes"),
        ("0MB/s", "write 64kB/s to 100GB/s"),
        ("63kB/s", "write 64kB/s to 100GB/s"),
        ("101GB/s", "write 64kB/s to 100GB/s"),
        ("-5MB/s", "is no rate"),
        ("5MB/s\n", "is no rate"),
        ("\u0665MB/s", "is no rate"),
        ("infMB/s", "is no rate"),
        ("9" * 99, r"9999\.\.\. is no rate|'9+'\.\.\. is no rate"),
    ],
)
def test_what_is_no_rate_is_told_with_how_to_write_one(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        bytes_a_second(text)
