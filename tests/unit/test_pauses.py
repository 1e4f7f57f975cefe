"""Time spent in pauses, in front of an audience, is taken out of every time since the strike, and out of no other."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.evidence import Evidence
from drill.judge import judged
from drill.measures import figures
from drill.phases import phases, span_of
from drill.timeline import Event, pauses
from tests.unit.stories import EVENTS, GOOD, LEDGER, entry, event, told, with_events
from tests.unit.test_measures import marks


def paused(began: float, ended: float) -> tuple[Event, Event]:
    return event(began, "paused", before="notice"), event(ended, "resumed", before="notice")


def delayed(at: float, by: float) -> Evidence:
    """A good drill that stood still for so long from there on; everything later came so much later."""

    def later(instant: float) -> float:
        return instant + by if instant >= at else instant

    events = [event(later(e.elapsed), e.what, **e.facts) for e in EVENTS]
    ledger = [replace(e, due=later(e.due), sent=later(e.sent), ended=later(e.ended)) for e in LEDGER]
    stopped = sorted((*paused(at, at + by), *events), key=lambda e: e.elapsed)
    return replace(GOOD, events=tuple(stopped), ledger=tuple(ledger))


@given(st.integers(10_000_001, 20_000_000), st.integers(1, 10**9))
def test_a_pause_between_strike_and_end_changes_no_figure(at: int, by: int) -> None:
    land = figures(delayed(at / 1e6, by / 1e6), "land")
    assert land.paused_s == by / 1e6
    assert replace(land, paused_s=0.0) == figures(GOOD, "land")


@given(marks, st.lists(st.tuples(st.floats(0, 100), st.floats(0, 50)), max_size=4), st.floats(0, 50), st.floats(0, 50))
def test_phases_sum_to_what_is_left_whatever_the_pauses(
    drawn: list[tuple[float, str, str | None]], stops: list[tuple[float, float]], struck: float, took: float
) -> None:
    events = [event(at, what, register=register) for at, what, register in drawn]
    events += [each for began, lasted in stops for each in paused(began, began + lasted)]
    events.sort(key=lambda e: e.elapsed)
    span = span_of(events, struck, struck + took)
    parts = phases(events, "land", struck, struck + took)
    micros = [round(p.seconds * 1e6) for p in parts]
    assert sum(micros) == round(span.worked(struck + took) * 1e6)
    assert all(m > 0 for m in micros)
    assert span.worked(struck + took) + span.paused == pytest.approx(took, abs=2e-6)


def test_what_the_watch_detects_in_a_pause_has_taken_its_time() -> None:
    """Only the part of the pause after it held the drill up."""
    events = [event(10, "struck"), *paused(10.1, 40.1), event(10.6, "detected"), event(41.1, "declared")]
    parts = phases(sorted(events, key=lambda e: e.elapsed), "land", 10, 42)
    assert [(p.name, p.seconds) for p in parts] == [("detect", 0.6), ("declare", 1.0), ("fence", 0.9)]


@pytest.mark.parametrize("known", ["discovered", "declared"])
def test_what_the_watch_detects_in_a_pause_once_the_outage_is_known_takes_no_time(known: str) -> None:
    events = [event(10, "struck"), event(12, known), *paused(13, 43), event(38, "detected")]
    (stop,) = pauses(sorted(events, key=lambda e: e.elapsed))
    assert (stop.began, stop.ended) == (13, 43)


def test_a_pause_that_the_end_fell_into_did_not_hold_it_up() -> None:
    late = with_events(GOOD, *paused(24, 100))
    assert replace(figures(late, "land"), paused_s=0.0) == figures(GOOD, "land")
    assert figures(late, "land").paused_s == 0.0


def test_work_that_a_damaged_home_took_in_a_pause_does_not_reach_further_back() -> None:
    late = tuple(entry(100 + n, 10.2 + n) for n in range(4))  # the last at 13.2 s, the fence at 14 s
    stopped = with_events(told(GOOD, (*LEDGER, *late)), *paused(11.5, 12.5))
    assert figures(stopped, "land").rpa_s == 2.0
    assert figures(with_events(stopped, *paused(1, 9.5)), "land").rpa_s == 2.0  # before the strike nothing stood still


def test_a_run_with_a_pause_is_not_comparable() -> None:
    (reason,) = judged(delayed(12.0, 30.0)).incomparable
    assert reason == "paused for 30.00 s; 30.00 s since the strike are taken out"
    assert judged(delayed(5.0, 30.0)).incomparable == ("paused for 30.00 s; 0.00 s since the strike are taken out",)
