"""A line through measurements: right where there is one, honest where there is noise, and never negative."""

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drill.fit import Fit, fit, t_quantile, together

SIZES = st.lists(st.integers(100, 10_000_000), min_size=3, max_size=12, unique=True)
POSITIVE = st.floats(0, 1000)


@pytest.mark.parametrize(
    ("chance", "freedom", "t"),
    [
        (0.975, 1, 12.7062),
        (0.95, 1, 6.3138),
        (0.975, 2, 4.3027),
        (0.975, 3, 3.1824),
        (0.95, 4, 2.1318),
        (0.975, 7, 2.3646),
        (0.975, 30, 2.0423),
        (0.95, 1000, 1.6464),
    ],
)
def test_students_t_is_that_of_the_tables(chance: float, freedom: int, t: float) -> None:
    assert t_quantile(chance, freedom) == pytest.approx(t, abs=1e-4)


@given(SIZES, POSITIVE, st.floats(0, 1e-3))
def test_a_true_line_is_found_and_its_band_is_narrow(sizes: list[int], at_zero: float, slope: float) -> None:
    found = fit(sizes, [at_zero + slope * size for size in sizes])
    for size in (100, max(sizes), 100 * max(sizes)):
        truth = at_zero + slope * size
        assert found.at(size) == pytest.approx(truth, rel=1e-4, abs=1e-3)
        low, high = found.band(size)
        assert low - 1e-6 <= found.at(size) <= high + 1e-6
    if slope * (max(sizes) - min(sizes)) > 1e-3 * (1 + at_zero):
        assert found.grows is True
        assert found.r2 is not None
        assert found.r2 > 0.999


@given(SIZES, st.data())
def test_no_time_is_negative_and_no_line_is_better(sizes: list[int], data: st.DataObject) -> None:
    values = data.draw(st.lists(POSITIVE, min_size=len(sizes), max_size=len(sizes)))
    found = fit(sizes, values)
    assert found.at_zero >= 0
    assert found.slope >= 0
    ours = sum(r * r for r in found.residuals)
    for _ in range(5):
        at_zero, slope = data.draw(POSITIVE), data.draw(st.floats(0, 1e-2))
        other = sum((y - at_zero - slope * x) ** 2 for x, y in zip(sizes, values, strict=True))
        assert ours <= other * (1 + 1e-6) + 1e-6


@given(SIZES, POSITIVE)
def test_what_stays_the_same_does_not_grow(sizes: list[int], value: float) -> None:
    found = fit(sizes, [value] * len(sizes))
    assert (found.grows, found.r2) == (False, None)
    assert found.at(1e12) == pytest.approx(value, abs=1e-3)


@given(SIZES, POSITIVE, st.floats(1e-6, 1e-3))
def test_what_gets_shorter_is_not_said_to_grow(sizes: list[int], least: float, slope: float) -> None:
    found = fit(sizes, [least + slope * (max(sizes) - size) for size in sizes])
    assert found.grows is False
    assert found.slope == 0.0


@given(st.lists(st.integers(1, 2), min_size=3, max_size=10))
def test_two_sizes_are_no_line(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="a line needs 3"):
        fit(sizes, [1.0] * len(sizes))


@given(SIZES, st.data())
def test_lines_add_up(sizes: list[int], data: st.DataObject) -> None:
    assume(len(sizes) >= 3)
    several = [data.draw(st.lists(POSITIVE, min_size=len(sizes), max_size=len(sizes))) for _ in range(3)]
    parts = [fit(sizes, values) for values in several]
    whole: Fit = together(parts)
    assert whole.at(12_345) == pytest.approx(sum(part.at(12_345) for part in parts))
    sums = list(map(sum, zip(*several, strict=True)))
    for size, residual, total in zip(whole.sizes, whole.residuals, sums, strict=True):
        assert whole.at(size) + residual == pytest.approx(total, abs=1e-6)


def test_a_new_measurement_lies_in_the_band_as_often_as_it_says() -> None:
    dice = random.Random(11)  # noqa: S311 - a simulation
    sizes, inside = [1000.0, 2000.0, 5000.0, 10_000.0, 1000.0, 5000.0], 0
    for _ in range(2000):
        found = fit(sizes, [5 + size / 1000 + dice.gauss(0, 0.3) for size in sizes])
        low, high = found.band(40_000)
        inside += low <= 5 + 40 + dice.gauss(0, 0.3) <= high
    assert inside / 2000 >= 0.935


def test_growth_is_claimed_wrongly_as_rarely_as_it_says() -> None:
    dice = random.Random(12)  # noqa: S311 - a simulation
    sizes = [1000.0, 2000.0, 5000.0, 10_000.0]
    claimed = sum(fit(sizes, [5 + dice.gauss(0, 0.3) for _ in sizes]).grows is True for _ in range(2000))
    assert claimed / 2000 <= 0.065
