"""Charts: each thing stands where its figure says, on both widths, and nothing leaves the drawing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from drill.evidence import Evidence
from drill.judge import judged
from drill.ledger import Outcome
from drill.objectives import Objectives
from drill.reports.bars import Bars, acts, phases
from drill.reports.drawing import Axis, Sheet, blocks, decades, fitted, instant, legend, line, steps, width_of
from drill.reports.plots import Plot, plots
from drill.reports.series import service
from tests.unit.stories import AT_HOME, GOOD, LEDGER, entry, event, told, with_events, without

WIDE, NARROW = Sheet("w"), Sheet("n", 336.0)
ACTS = (
    *(event(0.1, "act began", act="prepare"), event(1, "act ended", act="prepare")),
    *(event(1, "act began", act="calm"), event(10, "act ended", act="calm")),
    *(event(10, "act began", act="outage"), event(11, "act broke", act="outage")),
    *(event(11, "act began", act="notice"),),
)
STORY = with_events(GOOD, *ACTS, event(3, "lag", copy="standby", bytes=0), event(4, "lag", copy="standby", bytes=4000))


def with_rto(evidence: Evidence, rto: float) -> Evidence:
    return replace(evidence, objectives={"land": Objectives.model_construct(rto=rto, rpo=5.0)})


# -- series ------------------------------------------------------------------------------------------------------------


def test_series_count_from_the_strike() -> None:
    found = service(STORY)
    assert found is not None
    assert [at for at, _ in found.home] == [-8.0, -1.0]
    assert sum(value * found.width for _, value in (*found.home, *found.embassy)) == 10
    assert dict(found.lag) == {"standby": ((-7.0, 0.0), (-6.0, 4000.0))}
    assert found.away is not None
    assert (found.away.since, found.away.until, found.back) == (0.0, 10.5, True)
    assert {round(ms) for _, ms in found.median_ms} == {20}


def test_what_was_refused_counts_when_it_was_due() -> None:
    failed = entry(3, 12.02, Outcome.FAILED)
    found = service(told(GOOD, (*LEDGER, failed)))
    assert found is not None
    assert found.refused == ((2.0, 2.0),)


def test_no_series_without_citizens_and_no_band_without_a_strike() -> None:
    assert service(told(GOOD, ())) is None
    found = service(without(GOOD, "struck"))
    assert found is not None
    assert (found.away, found.home[0][0]) == (None, 2.0)


def test_an_outage_that_never_ended_reaches_to_the_end() -> None:
    found = service(told(GOOD, AT_HOME))
    assert found is not None
    assert found.away is not None
    assert (found.away.until, found.back) == (found.span.until, False)


# -- measures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "most", "marks"),
    [(0, 10, 5, [0, 2, 4, 6, 8, 10]), (-6, 8, 8, [-6, -4, -2, 0, 2, 4, 6, 8]), (0, 0.3, 3, [0, 0.1, 0.2, 0.3])],
)
def test_ticks_are_round_numbers(low: float, high: float, most: int, marks: list[float]) -> None:
    assert list(steps(low, high, most)) == pytest.approx(marks)


def test_powers_of_ten_enclose_what_is_shown() -> None:
    assert list(decades(3.0, 250.0)) == [1.0, 10.0, 100.0, 1000.0]


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0, "0"), (-5, "−5 s"), (90, "90 s"), (900, "15 min"), (-10800, "−3 h")],  # noqa: RUF001
)
def test_instants_have_the_size_of_a_person(seconds: float, says: str) -> None:
    assert instant(seconds) == says


@pytest.mark.parametrize("text", ["short", "m" * 200, "言" * 50, "\x1b[31m\u202e" * 20])
def test_words_fit_and_are_visible(text: str) -> None:
    shown = fitted(text, 100.0)
    assert width_of(shown) <= 100.0
    assert shown.isprintable()


def test_a_line_breaks_where_nothing_was_measured() -> None:
    axis = Axis(0, 10, 0, 100)
    assert line(((0, 0), (1, 1), (5, 5)), axis, axis, 1.5) == "M0.0 0.0 L10.0 10.0 M50.0 50.0 h0.1"
    assert blocks(((0, 2.0), (3, 0.0)), axis, axis, 1.0) == "M0.0 0.0 V20.0 H10.0 V0.0 Z"


def test_a_legend_wraps_and_stays_inside() -> None:
    keys, below = legend(NARROW, 4.0, 12.0, [("act", "word " * 6)] * 5)
    assert len({key.y for key in keys}) > 1
    assert below > keys[-1].y
    assert all(key.x + 22 + width_of(key.says) <= NARROW.width + 1 for key in keys)


# -- bars --------------------------------------------------------------------------------------------------------------


def drawn(draw: Any, evidence: Evidence, sheet: Sheet = WIDE) -> Bars:
    found: Bars | None = draw(judged(evidence), sheet)
    assert found is not None
    return found


def test_the_acts_stand_beside_the_strike_and_the_rto() -> None:
    chart = drawn(acts, STORY)
    assert [row.says for row in chart.rows] == ["prepare", "calm", "outage", "notice"]
    strike, limit = chart.marks
    assert (strike.says, limit.says, limit.beyond) == ("strike", "RTO 15.00 s", False)
    calm = chart.rows[1].blocks[0]
    assert calm.x + calm.width == pytest.approx(strike.x, abs=0.2)
    assert limit.x > strike.x
    assert chart.rows[3].value == "51.00 s"  # it never ended: as long as there is evidence
    assert "RTA 15.00 s against an RTO of 15.00 s" in chart.says


def test_an_rto_far_beyond_what_is_shown_is_pointed_at() -> None:
    chart = drawn(acts, with_rto(STORY, 9000.0))
    assert (chart.marks[1].beyond, chart.marks[1].says) == (True, "RTO 150 min 00 s →") or chart.marks[1].says.endswith(
        "→"
    )
    assert drawn(phases, with_rto(STORY, 9000.0)).rows[0].until is None
    assert "RTO" in drawn(phases, with_rto(STORY, 9000.0)).rows[0].value


def test_a_pause_puts_the_deadline_off() -> None:
    paused = with_events(STORY, event(14.1, "paused", before="recovery"), event(18.1, "resumed", before="recovery"))
    plain, later = drawn(acts, STORY), drawn(acts, paused)
    assert later.marks[1].x > plain.marks[1].x


def test_phases_fill_the_time_without_gap() -> None:
    chart = drawn(phases, STORY)
    (row,) = chart.rows
    assert [b.look for b in row.blocks] == [p.name for p in judged(STORY).figures["land"].phases]
    ends = [round(b.x + b.width, 1) for b in row.blocks]
    assert all(abs(end - b.x) <= 0.2 for end, b in zip(ends, row.blocks[1:], strict=False))
    assert row.until == pytest.approx(ends[-1], abs=0.2)  # this RTA is just its RTO


def test_nothing_to_draw_is_nothing_drawn() -> None:
    assert acts(judged(GOOD), WIDE) is None
    assert phases(judged(without(GOOD, "outage proven")), WIDE) is None


# -- inside ------------------------------------------------------------------------------------------------------------


def everything(sheet: Sheet, evidence: Evidence) -> Iterator[Bars | Plot]:
    yield drawn(acts, evidence, sheet)
    yield drawn(phases, evidence, sheet)
    found = service(evidence)
    assert found is not None
    yield from plots(found, sheet)


@pytest.mark.parametrize("rto", [1.0, 15.0, 20.0, 60.0, 9000.0])
@pytest.mark.parametrize("sheet", [WIDE, NARROW])
def test_nothing_leaves_the_drawing(sheet: Sheet, rto: float) -> None:
    for chart in everything(sheet, with_rto(STORY, rto)):
        places = [tick.at for tick in chart.across] + [chart.right]
        if isinstance(chart, Bars):
            places += [b.x + b.width for row in chart.rows for b in row.blocks] + [mark.x for mark in chart.marks]
            for row in chart.rows:
                end = row.value_x + (width_of(row.value) if row.anchor == "start" else 0)
                assert end <= sheet.width
                assert row.value_x - (width_of(row.value) if row.anchor == "end" else 0) >= 0
                assert row.y + chart.bar <= chart.bottom
        else:
            places += [band.x + band.width for band in chart.bands]
            assert all(chart.top <= tick.at <= chart.bottom for tick in chart.up)
        assert all(0 <= place <= sheet.width for place in places)
        assert chart.bottom < chart.height
