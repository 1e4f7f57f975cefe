"""The distance between the sites: how it is written, how it is travelled, and when it was another than was asked."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drill.evidence import Evidence
from drill.hosts.wire import Wire
from drill.judge import judged
from drill.link import Link, bits, described, spoken_rate, strays
from drill.reports.json import run_document
from drill.scenario import Scenario
from drill.scenario.plan import estimated_memory, plan_of
from tests.unit.mistakes import GOOD as FILE
from tests.unit.stories import BEGAN, GOOD, event, instead, with_events

Facts = dict[str, float | None]
ASKED: Facts = {"rtt_s": 0.038, "bandwidth_bit_s": 1e9}
SEEN: Facts = {"rtt_s": 0.0384, "to_home_bit_s": 0.99e9, "to_embassy_bit_s": 0.97e9}


@pytest.mark.parametrize(
    ("text", "rate"),
    [("1Gbit/s", 1e9), ("100Mbit/s", 1e8), ("2.5Gbit/s", 2.5e9), ("64kbit/s", 64_000), ("0.5Mbit/s", 5e5)],
)
def test_a_bandwidth_is_read_with_its_unit(text: str, rate: float) -> None:
    assert bits(text) == rate


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("1Gbps", "did you mean 1Gbit/s?"),
        ("100 Mbit/s", "did you mean 100Mbit/s?"),
        ("125MB/s", "did you mean 1Gbit/s?"),
        ("1gbit/s", "did you mean 1Gbit/s?"),
        ("1Gbit", "did you mean 1Gbit/s?"),
        ("10Mbytes/s", "did you mean 80Mbit/s?"),
        (1000, "1000 is no bandwidth without its unit"),
        ("fast", "'fast' is no bandwidth: write it as 1Gbit/s"),
        (None, "null is no bandwidth"),
        (True, "true is no bandwidth"),
        ("1kbit/s", "outside what a drill can shape"),
        ("500Gbit/s", "outside what a drill can shape"),
        ("-1Gbit/s", "is no bandwidth"),
        ("1Gbit/s\n", "is no bandwidth"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(given: object, says: str) -> None:
    with pytest.raises(ValueError, match=r"is no bandwidth|outside") as wrong:
        bits(given)
    assert says in str(wrong.value)


@given(st.integers(64_000, 100_000_000_000))
def test_what_is_said_of_a_bandwidth_is_read_back(rate: int) -> None:
    assert bits(spoken_rate(rate)) == pytest.approx(rate, rel=1e-4)


@given(st.text() | st.integers() | st.floats() | st.none() | st.booleans())
def test_whatever_stands_there_is_a_rate_or_a_reason(given: object) -> None:
    try:
        rate = bits(given)
    except ValueError:
        return
    assert 64_000 <= rate <= 100e9


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({}, "it shapes nothing"),
        ({"rtt": "6s"}, "longer than 5s"),
        ({"rtt": "2s", "bandwidth": "100Gbit/s"}, "more than the 128 MB"),
        ({"rtt": 38}, "has no unit"),
        ({"bandwidth": "fast"}, "is no bandwidth"),
    ],
)
def test_a_link_that_cannot_be_is_refused(written: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Link.model_validate(written)


def test_a_plan_tells_the_distance_and_the_memory_that_it_takes() -> None:
    near = Scenario.read(FILE.encode(), named="f.yaml")
    far = Scenario.read(f"link: {{rtt: 100ms, bandwidth: 10Gbit/s}}\n{FILE}".encode(), named="f.yaml")
    assert "link        rtt 100ms, bandwidth 10Gbit/s: between the sites" in plan_of(far, "embedded")
    assert "link" not in plan_of(near, "embedded")
    assert estimated_memory(far) - estimated_memory(near) == 125_000_000
    assert Scenario.model_validate_json(far.model_dump_json(by_alias=True), strict=True) == far


# -- travelling --------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(1, 256 * 1024), st.floats(0, 0.1)), min_size=1, max_size=60),
    st.floats(0, 2.5),
    st.none() | st.floats(8000, 1.25e10),
)
def test_nothing_arrives_before_it_could(sent: list[tuple[int, float]], travel: float, rate: float | None) -> None:
    wire, now, total, first, last = Wire(travel, rate), time.monotonic(), 0, None, 0.0
    for size, pause in sent:
        now += pause
        first = now if first is None else first
        arrives = wire.enter(size, now)
        total += size
        assert arrives >= now + travel
        assert arrives >= last  # in order
        if rate is not None:
            assert arrives >= first + total / rate + travel - 1e-6
        last = arrives


@given(st.none() | st.floats(8000, 1.25e10), st.floats(0, 2.5))
def test_whoever_waits_for_room_finds_little_before_him(rate: float | None, travel: float) -> None:
    wire, now = Wire(travel, rate), time.monotonic()
    for _ in range(100):
        now += wire.room_in(now)
        wire.enter(wire.chunk, now)
    if rate is not None:
        assert wire.room_in(now) <= wire.chunk / rate + 0.001


# -- asked and measured ------------------------------------------------------------------------------------------------


def story(measured: Facts | None, asked: Facts = ASKED) -> Evidence:
    began = instead(GOOD, "began", **{**BEGAN, "link": asked})
    return began if measured is None else with_events(began, event(1, "link measured", asked=asked, measured=measured))


def test_a_link_that_is_as_asked_leaves_the_run_comparable() -> None:
    run = judged(story(SEEN))
    assert run.incomparable == ()
    assert run_document(run)["link"] == {"asked": ASKED, "measured": SEEN}
    assert described(run.link or {}) == (
        "asked rtt 38ms, bandwidth 1Gbit/s; measured rtt 38.4ms, 990Mbit/s to home, 970Mbit/s to the embassy"
    )


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"rtt_s": 0.031}, "the rtt between the sites was 31ms, not 38ms"),
        ({"rtt_s": 0.0431}, "the rtt between the sites was 43.1ms, not 38ms"),
        ({"rtt_s": None}, "the rtt between the sites was unknown, not 38ms"),
        ({"to_home_bit_s": 0.89e9}, "the bandwidth to home was 890Mbit/s, not 1Gbit/s"),
        ({"to_embassy_bit_s": 1.2e9}, "the bandwidth to embassy was 1.2Gbit/s, not 1Gbit/s"),
    ],
)
def test_a_link_that_strays_makes_a_run_not_comparable_and_changes_no_verdict(other: Facts, says: str) -> None:
    run = judged(story({**SEEN, **other}))
    assert run.incomparable == (says,)
    assert run.result == judged(GOOD).result


def test_a_link_that_was_never_measured_is_told() -> None:
    assert judged(story(None)).incomparable == ("the link between the sites was never measured",)
    assert run_document(judged(story(None)))["link"] == {"asked": ASKED, "measured": None}


def test_what_was_not_asked_for_cannot_stray() -> None:
    assert list(strays({"rtt_s": 0.038, "bandwidth_bit_s": None}, {"rtt_s": 0.039})) == []
    only_rate = {"rtt_s": None, "bandwidth_bit_s": 1e8}
    assert list(strays(only_rate, {"rtt_s": 3.0, "to_home_bit_s": 1e8, "to_embassy_bit_s": 1e8})) == []
    assert judged(GOOD).incomparable == ()
