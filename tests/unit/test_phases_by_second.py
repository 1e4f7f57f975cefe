"""Phases against a model that asks anew of each second what had been told until then."""

from collections.abc import Sequence
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from drill.phases import phases, span_of
from drill.timeline import Event, pauses
from tests.unit.stories import event

LAST = 60
WHATS = (
    *("detected", "false alarm", "discovered", "declared", "fenced", "no fence", "came back", "gate began"),
    *("accepted", "refused", "undecided", "redirected", "phase", "paused", "resumed", "something else"),
)
GATE = ("gate began", "accepted", "refused", "undecided")


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    """At most one event in a second, of this register, of another, or of none."""
    seconds = sorted(draw(st.sets(st.integers(0, LAST), max_size=16)))
    told = []
    for at in seconds:
        what, register = draw(st.sampled_from(WHATS)), draw(st.sampled_from(["land", "land", "business", None]))
        facts = {"name": draw(st.sampled_from(["fetch", "replay", "promote"]))} if what == "phase" else {}
        told.append(event(float(at), what, register=register, **facts))
    return told


def begun(told: Sequence[Event]) -> str | None:
    """The phase that the last of these events begins, by those before it; None when it begins none."""
    *before, last = told
    known = any(e.what in ("discovered", "declared") for e in before)
    redirected = any(e.what == "redirected" for e in before)
    gate = [e.what for e in before if e.what in GATE]
    verifying = gate[-1:] == ["gate began"]
    match last.what:
        case "detected" | "false alarm" if known:
            return None
        case "came back":
            return None if verifying or redirected else "queue"
        case "redirected":
            return None if verifying else "settle"
        case "accepted" | "refused" | "undecided":
            return "settle" if redirected else "redirect"
        case "phase":
            return str(last.facts["name"])
        case what:
            return {
                **{"detected": "declare", "false alarm": "detect", "discovered": "declare", "declared": "fence"},
                **{"fenced": "queue", "no fence": "queue", "gate began": "verify", "served early": "queue"},
            }.get(what)


def phase_at(second: float, struck: int, told: Sequence[Event]) -> str:
    until = [e for e in told if e.elapsed <= second]
    for count in range(len(until), 0, -1):
        if until[count - 1].elapsed < struck:
            break
        if name := begun(until[:count]):
            return name
    return "detect"


@given(stories(), st.integers(0, LAST), st.integers(0, LAST), st.none() | st.integers(0, LAST))
def test_each_second_that_was_not_paused_belongs_to_the_phase_that_had_begun_last(
    told: list[Event], struck: int, took: int, served: int | None
) -> None:
    end = struck + took
    own = [e for e in told if e.facts["register"] in ("land", None)]
    gate = next((e.elapsed for e in own if e.what == "gate began" and e.facts["register"] == "land"), None)
    if served is not None and gate is not None and served + 0.5 < gate:
        own.append(event(served + 0.5, "served early"))
        own.sort(key=lambda e: e.elapsed)
    stops = [stop for stop in pauses(told) if stop.ended <= end]
    worked = [
        second / 2
        for second in range(2 * struck, 2 * end)
        if not any(stop.began <= second / 2 < stop.ended for stop in stops)
    ]
    expected = [(name, len([*each]) / 2) for name, each in groupby(phase_at(s, struck, own) for s in worked)]
    early = None if served is None else served + 0.5
    found = phases(told, "land", float(struck), float(end), early)
    assert [(part.name, part.seconds) for part in found] == expected
    assert span_of(told, float(struck), float(end)).worked(float(end)) == len(worked) / 2
