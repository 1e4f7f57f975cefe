"""What some runs say of all runs like them: true as often as it is said to be, and nothing with too few."""

import random
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.spread import CONFIDENCE, METHOD, QUANTILES, Bound, Spread, fewest, rank

FIGURES = st.lists(st.floats(0, 1e6) | st.none(), max_size=130)


def below(runs: int, chance: float, ranked: int) -> float:
    """How likely it is that fewer than so many of the runs lie below the quantile."""
    return sum(comb(runs, k) * chance**k * (1 - chance) ** (runs - k) for k in range(ranked))


def test_so_many_runs_are_needed() -> None:
    assert (fewest(0.5), fewest(0.95)) == (5, 59)


@pytest.mark.parametrize("quantile", QUANTILES)
def test_a_bound_exists_from_the_number_on_that_is_said(quantile: str) -> None:
    chance = QUANTILES[quantile]
    for runs in (*range(130), 300, 1000):
        assert (rank(runs, chance) is not None) is (runs >= fewest(chance))


@pytest.mark.parametrize("quantile", QUANTILES)
def test_it_is_the_smallest_run_that_is_sure_enough(quantile: str) -> None:
    chance = QUANTILES[quantile]
    for runs in range(fewest(chance), 200):
        found = rank(runs, chance)
        assert found is not None
        assert below(runs, chance, found) >= CONFIDENCE - 1e-9
        assert below(runs, chance, found - 1) < CONFIDENCE + 1e-9


@pytest.mark.parametrize(("quantile", "runs"), [("median", 5), ("median", 12), ("p95", 59), ("p95", 100)])
def test_bounds_hold_as_often_as_they_say(quantile: str, runs: int) -> None:
    dice = random.Random(7)  # noqa: S311 - a simulation
    chance, place = QUANTILES[quantile], ("median", "p95").index(quantile)
    held = 0
    for _ in range(2000):
        seen = [dice.random() ** 3 for _ in range(runs)]
        bound = Spread.over(seen).bounded(seen).bounds[place].at_most
        held += bound is not None and bound >= chance**3
    assert held / 2000 >= CONFIDENCE - 0.015


@given(FIGURES)
def test_a_bound_is_a_run_that_was_seen_or_a_reason(seen: list[float | None]) -> None:
    for bound in Spread.over(seen).bounded(seen).bounds:
        assert (bound.at_most is None) is bool(bound.why_not)
        assert bound.at_most is None or bound.at_most in seen
        assert bound.at_most is None or len(seen) >= bound.needs


@given(FIGURES, st.integers(0, 129))
def test_a_run_that_never_came_back_makes_no_bound_smaller(seen: list[float | None], place: int) -> None:
    worse = [None if number == place else value for number, value in enumerate(seen)]
    for before, after in zip(
        Spread.over(seen).bounded(seen).bounds, Spread.over(worse).bounded(worse).bounds, strict=True
    ):
        if after.at_most is not None:
            assert before.at_most is not None
            assert after.at_most >= before.at_most


def test_a_reason_forbids_every_bound() -> None:
    seen = [1.0] * 60
    assert [(b.at_most, b.why_not) for b in Spread.over(seen).bounded(seen, "mixed").bounds] == [(None, "mixed")] * 2


def test_the_method_is_named_and_nothing_is_bounded_unasked() -> None:
    assert METHOD == "order statistics, free of any distribution, one-sided 95 %"
    assert Spread.over([1.0]).bounds == ()
    assert Bound("median", 1.0, 5).why_not == ""
