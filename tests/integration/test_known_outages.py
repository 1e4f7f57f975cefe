"""A measured length is right: of outages whose length the test itself decides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bench.ground import Ground, filled
from tests.bench.known_outage import BOUND, measured, second_home

pytestmark = pytest.mark.soak
_ROUNDS = 3


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with filled(300) as ground:
        second_home(ground)
        yield ground


@pytest.mark.parametrize("length", [0.5, 2.0, 10.0])
def test_an_outage_of_known_length_is_told_as_long_as_it_was(ground: Ground, length: float) -> None:
    """Never too short, and too long by no more than the time between two tries and 50 ms.

    Citizens have little patience: else a crowd is let in at one moment, and the first of it waits for others too.
    """
    errors = [measured(ground, length, "250ms") - length for _ in range(_ROUNDS)]
    assert all(0.0 <= error <= BOUND for error in errors), errors
