"""The order of the acts, and that everything begun is undone, whatever breaks."""

import io
from dataclasses import replace
from typing import Any, cast

import pytest

from drill.errors import DrillError, OutOfTime, StepFailed
from drill.parts import Serve
from drill.reports.progress import Progress
from drill.run import run_drill
from drill.timeline import Event, Timeline
from tests.unit.pieces import Pieces, StoppedClock, drill


def play(pieces: Pieces, serve: Serve = Serve.AFTER_GATE) -> tuple[Event, ...]:
    timeline = Timeline(cast("Any", StoppedClock()))
    try:
        run_drill(drill(pieces, serve), timeline, cast("Any", pieces))
    finally:
        events = timeline.events
    return events


def test_the_acts_come_in_order() -> None:
    acts = [e.facts["act"] for e in play(Pieces()) if e.what == "act ended"]
    assert acts == ["prepare", "calm", "outage", "notice", "recovery", "homecoming", "survey"]


def test_registers_are_sealed_before_the_copies_are_made_and_before_anybody_writes() -> None:
    pieces = Pieces()
    play(pieces)
    prepared = ["fill", "seal", "keep the seals", "keep", "at work"]
    assert [a for a in pieces.asked if a in prepared] == prepared


def test_home_comes_back_behind_the_fence_and_nobody_writes_during_the_survey() -> None:
    pieces = Pieces()
    play(pieces)
    end = ["fence", "bring up", "accept", "redirect", "served", "undo strike", "prove fence", "go home", "holdings"]
    assert [a for a in pieces.asked if a in end] == end


def test_the_evidence_is_kept_while_both_sites_still_stand_and_everything_is_undone() -> None:
    pieces = Pieces()
    play(pieces)
    undone = ["undo watch", "undo at work", "undo keep", "undo open", "undo open"]
    assert pieces.asked[-6:] == ["keep the evidence", *undone]
    assert pieces.kept is not None
    assert pieces.kept["land"].strangers == {"title.owner_code": 0}


@pytest.mark.parametrize("serve", Serve)
def test_citizens_are_let_in_after_the_gate_or_during_it(serve: Serve) -> None:
    pieces = Pieces()
    play(pieces, serve)
    assert pieces.asked.count("redirect") == 1
    if serve is Serve.AFTER_GATE:
        assert pieces.asked.index("accept") < pieces.asked.index("redirect")


@pytest.mark.parametrize("what", ["fence", "bring up", "accept", "redirect", "served"])
@pytest.mark.parametrize("serve", Serve)
def test_a_step_of_the_recovery_that_fails_is_evidence(what: str, serve: Serve) -> None:
    pieces = Pieces(breaks=what)
    events = play(pieces, serve)
    assert [e.facts["reason"] for e in events if e.what == "failed"] == [f"{what} broke"]
    assert "keep the evidence" in pieces.asked
    assert pieces.asked[-1] == "undo open"


@pytest.mark.parametrize(
    "what", ["open", "found", "fill", "seal", "keep", "at work", "watch", "calm", "strike", "notice"]
)
def test_what_breaks_before_the_recovery_ends_the_drill_and_is_undone(what: str) -> None:
    pieces = Pieces(breaks=what)
    with pytest.raises(DrillError, match=f"{what} broke"):
        play(pieces)
    begun = [a for a in pieces.asked if f"undo {a}" in pieces.asked]
    undone = [a.removeprefix("undo ") for a in pieces.asked if a.startswith("undo ")]
    assert sorted(begun) == sorted(undone)


def test_an_outage_that_cannot_be_proven_is_written_down_and_the_drill_goes_on() -> None:
    pieces = Pieces(breaks="prove")
    events = play(pieces)
    assert [e.facts["reason"] for e in events if e.what == "not proven"] == ["prove broke"]
    assert "keep the evidence" in pieces.asked


def test_where_only_some_registers_are_lost_the_others_stay_at_home() -> None:
    pieces, embassy = Pieces(), Pieces()
    pieces.takes = frozenset({"land"})
    timeline = Timeline(cast("Any", StoppedClock()))
    registers: Any = {"population": pieces, "land": pieces}
    part = replace(drill(pieces), registers=registers, embassy=cast("Any", embassy))
    run_drill(part, timeline, cast("Any", pieces))
    assert pieces.lost == [frozenset({"land"})] * 4
    assert [e.facts["register"] for e in timeline.events if e.what == "redirected"] == ["land"]
    assert pieces.places == {"population": pieces, "land": embassy}
    assert pieces.kept is not None
    assert pieces.kept.keys() == {"population", "land"}


@pytest.mark.parametrize(("what", "held"), [("holdings", set()), ("strangers", {"land"})])
def test_what_the_survey_cannot_read_is_written_down_and_the_rest_is_kept(what: str, held: set[str]) -> None:
    pieces = Pieces(breaks=what)
    events = play(pieces)
    assert [e.facts["reason"] for e in events if e.what == "not surveyed"] == [f"{what} broke"]
    assert pieces.kept is not None
    assert pieces.kept.keys() == held


@pytest.mark.parametrize("what", ["prove fence", "go home"])
def test_what_breaks_after_the_recovery_ends_the_drill_without_a_verdict(what: str) -> None:
    pieces = Pieces(breaks=what)
    with pytest.raises(DrillError, match=f"{what} broke"):
        play(pieces)
    assert pieces.kept is None
    assert pieces.asked[-1] == "undo open"


def test_before_each_act_the_drill_waits_for_its_audience() -> None:
    timeline, pieces, asked = Timeline(cast("Any", StoppedClock())), Pieces(), list[tuple[str, int]]()
    timeline.pause = lambda act: asked.append((act, len(pieces.asked)))
    run_drill(drill(pieces), timeline, cast("Any", pieces))
    assert [act for act, _ in asked] == [e.facts["act"] for e in timeline.events if e.what == "act began"]
    assert asked[0] == ("prepare", 0)
    around = [e.what for e in timeline.events if e.what in ("paused", "resumed", "act began", "act ended")]
    assert around == 7 * ["paused", "resumed", "act began", "act ended"]


def test_a_pause_uses_up_no_time_that_was_given() -> None:
    clock = StoppedClock()
    timeline = Timeline(cast("Any", clock))
    timeline.pause = lambda _: clock.sleep(100)
    clock.sleep(2)
    with timeline.act("notice"):
        clock.sleep(1)
        assert timeline.left(2, 10) == 9
        assert timeline.left(0, 3) == 0
        assert timeline.left(102, 3) == 2  # it began when the pause was over


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        (KeyboardInterrupt(), "interrupted in calm"),
        (OutOfTime("it took longer than 3 s"), "out of time in calm: it took longer than 3 s"),
        (StepFailed("the server is gone", hint=""), "broke in calm: the server is gone"),
        (KeyError("land"), "broke in calm: KeyError('land')"),
    ],
)
def test_an_act_that_came_to_no_end_says_how(ended: BaseException, says: str) -> None:
    stream = io.StringIO()
    timeline = Timeline(cast("Any", StoppedClock()), [Progress(stream).event])
    with pytest.raises(type(ended)), timeline.act("calm"):
        raise ended
    assert stream.getvalue().splitlines()[-1].endswith(f"drill      {says}")
