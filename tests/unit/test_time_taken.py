"""Pauses, spans and phases: what is taken out of a time, and to which phase the rest belongs."""

from datetime import UTC
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.clock import Clock
from drill.errors import OutOfTime, StepFailed
from drill.phases import NAMES, Mark, Phase, Span, phases, span_of, summed
from drill.timeline import Event, Pause, Timeline, pauses
from tests.unit.pieces import StoppedClock
from tests.unit.stories import event

instants = st.integers(0, 50).map(float)
spans = st.tuples(instants, instants).map(sorted)


@given(spans, spans)
def test_a_pause_lies_within_a_span_for_as_long_as_they_overlap(pause: list[float], span: list[float]) -> None:
    seconds = sum(pause[0] <= t < pause[1] and span[0] <= t < span[1] for t in range(50))
    assert Pause(*pause).within(*span) == seconds


def test_a_pause_has_a_beginning_and_an_end() -> None:
    began, ended, detected = event(3, "paused"), event(5, "resumed"), event(4, "detected")
    assert pauses([began, ended]) == (Pause(3, 5),)
    assert pauses([began]) == pauses([ended]) == pauses([]) == ()
    assert pauses([began, ended, event(6, "resumed")]) == (Pause(3, 5),)
    assert pauses([began, detected, ended]) == (Pause(4, 5),)
    assert pauses([detected, event(6, "resumed")]) == ()
    assert pauses([began, ended, event(6, "detected"), event(7, "resumed")]) == (Pause(3, 5),)
    assert pauses([event(1, "declared"), began, detected, ended]) == (Pause(3, 5),)
    assert pauses([event(1, "fenced"), began, detected, ended]) == (Pause(4, 5),)


def test_a_span_is_what_was_worked_and_what_was_paused() -> None:
    span = Span(10.0, 30.0, (Pause(5.0, 12.0), Pause(20.0, 21.5)))
    assert (span.worked(30.0), span.paused) == (16.5, 3.5)
    assert [span.worked(t) for t in (10.0, 11.0, 12.0, 13.0, 20.0, 21.0, 21.5)] == [0, 0, 0, 1, 8, 8, 8]
    assert Span(0.1, 0.4).worked(0.4) == 0.3  # whole microseconds: 0.4 - 0.1 is not 0.3
    stops = [event(12, "paused"), event(13, "resumed"), event(20, "paused"), event(30, "resumed")]
    assert span_of(stops, 10.0, 30.0).paused == 11.0
    assert span_of(stops, 10.0, 29.0).paused == 1.0


def told(*events: Event, end: float, served: float | None = None) -> list[tuple[str, float]]:
    return [(p.name, p.seconds) for p in phases((event(0, "struck"), *events), "land", 0, end, served)]


def land(at: float, what: str, **facts: Any) -> Event:
    return event(at, what, register="land", **facts)


BACK = (event(1, "fenced"), land(2, "phase", name="replay"), land(4, "came back"))


@pytest.mark.parametrize(
    ("after", "end", "expected"),
    [
        # queueing for its gate, its gate, its redirect, its settling
        (
            [land(5, "gate began"), land(6, "accepted"), land(8, "redirected")],
            9,
            [("queue", 1), ("verify", 1), ("redirect", 2), ("settle", 1)],
        ),
        # redirected before the gate
        (
            [land(5, "redirected"), land(6, "gate began"), land(8, "accepted")],
            9,
            [("queue", 1), ("settle", 1), ("verify", 2), ("settle", 1)],
        ),
        # redirected while the gate runs: what passes is the gate's
        (
            [land(5, "gate began"), land(6, "redirected"), land(8, "accepted")],
            9,
            [("queue", 1), ("verify", 3), ("settle", 1)],
        ),
        ([land(5, "gate began"), land(6, "undecided")], 9, [("queue", 1), ("verify", 1), ("redirect", 3)]),
        ([land(5, "gate began"), land(6, "refused")], 9, [("queue", 1), ("verify", 1), ("redirect", 3)]),
        # coming back once more, when it is looked at or sent over already, is nothing new
        ([land(5, "gate began"), land(6, "came back")], 9, [("queue", 1), ("verify", 4)]),
        ([land(5, "redirected"), land(6, "came back")], 9, [("queue", 1), ("settle", 4)]),
        # another register's events are not this one's
        ([event(5, "gate began", register="business"), event(6, "redirected", register="business")], 9, [("queue", 5)]),
        ([land(5, "accepted"), land(6, "came back")], 9, [("queue", 1), ("redirect", 1), ("queue", 3)]),
    ],
)
def test_what_passes_after_a_register_came_back(
    after: list[Event], end: float, expected: list[tuple[str, float]]
) -> None:
    assert told(*BACK, *after, end=end) == [("detect", 1), ("queue", 1), ("replay", 2), *expected]


def test_the_phases_as_folders_and_reports_name_them() -> None:
    assert [*NAMES[:6]] == ["detect", "declare", "fence", "queue", "fetch", "restore"]
    assert [*NAMES[6:]] == ["replay", "promote", "verify", "redirect", "settle"]


def test_the_phases_of_the_response() -> None:
    response = [event(1, "detected"), event(3, "declared"), event(6, "fenced")]
    assert told(*response, end=10) == [("detect", 1), ("declare", 2), ("fence", 3), ("queue", 4)]
    assert told(event(2, "no fence"), end=5) == [("detect", 2), ("queue", 3)]
    assert told(event(2, "something else"), end=5) == [("detect", 5)]
    assert told(event(2, "declared"), event(3, "detected"), event(4, "false alarm"), end=5) == [
        ("detect", 2),
        ("fence", 3),
    ]


def test_a_phase_that_begins_again_while_it_lasts_is_one() -> None:
    again = [land(t, "phase", name="replay") for t in (1, 2, 3)]
    assert told(*again, end=5) == [("detect", 1), ("replay", 4)]


def test_marks_outside_of_the_span_begin_nothing() -> None:
    assert phases([event(1, "declared"), event(9, "fenced")], "land", 2, 9) == (Phase("detect", 7),)
    assert phases([event(2, "declared")], "land", 2, 9) == (Phase("fence", 7),)
    assert phases([], "land", 2, 2) == ()


def test_citizens_who_are_served_early_leave_a_queue_for_the_gate_and_others_do_not() -> None:
    rest = (land(5, "redirected"), land(8, "gate began"))
    assert told(*rest, end=9, served=6) == [("detect", 5), ("settle", 1), ("queue", 2), ("verify", 1)]
    for served in (8.0, 8.5, None):
        assert told(*rest, end=9, served=served) == [("detect", 5), ("settle", 3), ("verify", 1)]
    assert told(land(5, "redirected"), end=9, served=6) == [("detect", 5), ("settle", 4)]
    others = event(8, "gate began", register="business")
    assert told(land(5, "redirected"), others, end=9, served=6) == [("detect", 5), ("settle", 4)]


def test_a_mark_is_a_moment_with_a_name() -> None:
    assert Mark(1.0, "queue") == Mark(at=1.0, name="queue")


def test_a_timeline_tells_each_event_once_to_everybody_and_keeps_it() -> None:
    clock, heard, also = StoppedClock(), list[Event](), list[Event]()
    timeline = Timeline(cast("Any", clock), [heard.append, also.append])
    clock.sleep(2.5)
    recorded = timeline.record("officer", "declared", by="somebody")
    assert (recorded.elapsed, recorded.who, recorded.what, recorded.facts) == (
        *(2.5, "officer", "declared"),
        {"by": "somebody"},
    )
    assert heard == also == [recorded] == list(timeline.events)
    assert Timeline(Clock()).record("drill", "began").at.tzinfo is UTC
    assert Event(recorded.at, 1.0, "drill", "began").facts == {}


def test_a_pause_does_not_use_up_what_time_is_left() -> None:
    clock = StoppedClock()
    timeline = Timeline(cast("Any", clock))
    clock.sleep(4)
    assert timeline.left(1.0, 10.0) == 7.0
    timeline.record("drill", "paused")
    clock.sleep(2)
    timeline.record("drill", "resumed")
    assert timeline.left(1.0, 10.0) == 7.0
    assert timeline.left(5.0, 10.0) == 10.0
    clock.sleep(20)
    assert timeline.left(1.0, 10.0) == 0.0


def acts(timeline: Timeline) -> list[tuple[str, str, dict[str, Any]]]:
    return [(e.who, e.what, e.facts) for e in timeline.events]


def test_an_act_is_written_down_with_its_end_or_with_what_broke_it() -> None:
    timeline, asked = Timeline(cast("Any", StoppedClock())), list[str]()
    with timeline.act("calm"):
        timeline.record("x", "y")
    assert acts(timeline) == [
        *(("drill", "act began", {"act": "calm"}), ("x", "y", {}), ("drill", "act ended", {"act": "calm"})),
    ]
    timeline.pause = asked.append
    with pytest.raises(KeyboardInterrupt), timeline.act("notice"):
        raise KeyboardInterrupt
    assert asked == ["notice"]
    assert acts(timeline)[3:] == [
        ("drill", "paused", {"before": "notice"}),
        ("drill", "resumed", {"before": "notice"}),
        ("drill", "act began", {"act": "notice"}),
        ("drill", "act broke", {"act": "notice", "how": "interrupted"}),
    ]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (OutOfTime("after 3 s"), {"how": "out of time", "reason": "after 3 s"}),
        (StepFailed("no answer", hint="wait"), {"how": "broke", "reason": "no answer"}),
        (ValueError("a bug"), {"how": "broke", "reason": "ValueError('a bug')"}),
    ],
)
def test_what_broke_an_act_is_told_for_people(broken: BaseException, told: dict[str, str]) -> None:
    timeline = Timeline(cast("Any", StoppedClock()))
    with pytest.raises(type(broken)), timeline.act("calm"):
        raise broken
    assert acts(timeline)[1:] == [("drill", "act broke", {"act": "calm", **told})]


def test_a_phase_that_came_again_is_all_of_its_times_together() -> None:
    assert summed([("queue", 1.0), ("verify", 2.0), ("queue", 0.5)]) == {"queue": 1.5, "verify": 2.0}
    assert summed([]) == {}
