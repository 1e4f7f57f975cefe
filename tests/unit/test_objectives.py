"""Durations: what is read, what is refused, what is told."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.objectives import ALL_REGISTERS, PATTERN, PRIORITY, Objectives, seconds, spoken

READ = [
    ("0s", 0.0),
    ("200ms", 0.2),
    ("30s", 30.0),
    ("1.5s", 1.5),
    ("5m", 300.0),
    ("5min", 300.0),
    ("1h30m", 5400.0),
    ("1h30min5s250ms", 5405.25),
    ("2d", 172_800.0),
]
REFUSED = [
    (30, "30 has no unit: write 30s, 30ms or 30m"),
    ("30", "'30' has no unit: write 30s, 30ms or 30m"),
    (1.5, "1.5 is no duration: write it as 30s"),
    ("5:00", "'5:00' may be minutes or hours: write 5m0s or 5h0m"),
    ("30 seconds", "'30 seconds' is no duration (did you mean 30s?)"),
    ("5 Minutes", "'5 Minutes' is no duration (did you mean 5m?)"),
    ("10S", "'10S' is no duration (did you mean 10s?)"),
    (True, "true is no duration"),
    (None, "null is no duration"),
    (math.nan, "nan is no duration"),
    ("nan", "'nan' is no duration"),
    ("", "'' is no duration"),
    ("-5s", "'-5s' is no duration"),
    ("1e3s", "'1e3s' is no duration"),
    ("5s1h", "'5s1h' is no duration"),
    ("s", "'s' is no duration"),
    ("5s\n", "is no duration"),
    ("٣s", "'٣s' is no duration"),
    ([], "[] is no duration"),
    ("400d", "'400d' is longer than a year"),
    ("9" * 500 + "s", "is no duration"),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_read(text: str, expected: float) -> None:
    assert seconds(text) == expected
    assert re.search(PATTERN, text)


@pytest.mark.parametrize(("text", "says"), REFUSED)
def test_refused(text: object, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        seconds(text)


@pytest.mark.parametrize(
    ("length", "text"),
    [(0, "0s"), (0.2, "200ms"), (1.5, "1.5s"), (90, "1m30s"), (3600, "1h"), (172_800.25, "2d0.25s"), (-3, "-3s")],
)
def test_spoken(length: float, text: str) -> None:
    assert spoken(length) == text


@given(st.floats(min_value=0, max_value=366 * 86_400))
def test_what_is_spoken_is_read_back(length: float) -> None:
    assert seconds(spoken(length)) == pytest.approx(length, abs=1e-9)


@given(st.floats(min_value=0, max_value=366 * 86_400).map(spoken))
def test_what_is_read_is_spoken_and_read_the_same(text: str) -> None:
    assert seconds(spoken(seconds(text))) == seconds(text)


@given(st.text())
def test_any_other_text_is_refused_in_words(text: str) -> None:
    said = ""
    try:
        read = seconds(text)
    except ValueError as refused:
        read, said = 0.0, str(refused)
    assert read >= 0
    assert not said or " write " in said or "did you mean" in said or "longer than a year" in said


def test_objectives_are_durations() -> None:
    objectives = Objectives.model_validate({"rto": "1m", "rpo": "0s"})
    assert (objectives.rto, objectives.rpo) == (60.0, 0.0)
    assert objectives.model_dump(mode="json") == {"rto": "1m", "rpo": "0s"}


def test_every_register_has_its_priority() -> None:
    assert frozenset(PRIORITY) == ALL_REGISTERS
    assert len(PRIORITY) == 7
