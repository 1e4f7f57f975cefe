"""The live view: what is known at each moment, drawn so that it fits, and never in the way of the drill."""

import os
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import TextIO

import pytest
from rich.text import Text

from drill.clock import wait_until
from drill.evidence import Evidence
from drill.judge import judged
from drill.ledger import Outcome
from drill.measures import figures
from drill.reports import live as live_view
from drill.reports.live import Live, fits
from drill.reports.picture import picture, plainer, upper
from drill.reports.scene import Scene
from drill.timeline import Event
from tests.pictures import at, in_order
from tests.unit.stories import EVENTS, GOOD, LEDGER, entry, event, told, with_events
from tests.unit.test_reports import HOSTILE, STORIES

SIZES = [(80, 24), (120, 30), (60, 16)]


def moments(evidence: Evidence) -> Iterator[tuple[Scene, float]]:
    """The scene, always the same, after each thing that happened; last after it was judged."""
    scene = Scene()
    yield scene, 0.0
    for thing in in_order(evidence):
        if isinstance(thing, Event):
            scene.event(thing)
        else:
            scene.entry(thing)
        yield scene, at(thing)
    scene.outcome(judged(evidence))
    yield scene, 100.0


def seen(evidence: Evidence, until: float) -> str:
    """What a screen of 80 columns shows at that instant; the outcome from 100 s on."""
    told_by_then = 1 + sum(at(thing) <= until for thing in in_order(evidence)) + (until >= 100)
    *_, (scene, _) = islice(moments(evidence), told_by_then)
    return "\n".join(line.plain for line in picture(scene, until, 79, 23))


@pytest.mark.parametrize(("columns", "rows"), SIZES)
@pytest.mark.parametrize("story", STORIES)
def test_the_picture_fits_at_every_moment(story: str, columns: int, rows: int) -> None:
    for scene, now in moments(STORIES[story]):
        for lines in (picture(scene, now, columns, rows), upper(scene, now, columns, rows - 10)):
            assert len(lines) <= rows
            assert all(line.cell_len <= columns and line.plain.isprintable() for line in lines)


def test_a_terminal_without_unicode_is_given_none() -> None:
    for scene, now in moments(GOOD):
        assert all(line.plain.isascii() for line in plainer(picture(scene, now, 80, 24)))


def test_what_the_view_says_of_a_register_is_what_the_report_says() -> None:
    *_, (scene, _) = moments(GOOD)
    land, measured = scene.registers["land"], figures(GOOD, "land")
    assert (land.state, land.recovered_after, land.gone) == ("served", measured.rta_s, 0)
    assert (land.acked["home"], land.acked["embassy"]) == (2, 8)
    assert (scene.places["home"].state, scene.places["home"].fenced) == ("alive again", "fenced: cut")
    assert (scene.cable, scene.places["embassy"].state) == ("silent", "serving")


def test_the_clock_runs_against_the_rto_from_the_strike_on() -> None:
    assert "9.0 s since the drill began" in seen(GOOD, 9.0)
    assert "10.0 s since the strike" in seen(GOOD, 20.0)
    assert "PASSED" not in seen(GOOD, 20.0)
    assert "PASSED" in seen(GOOD, 26.0)
    assert "recovered after 15.00 s" in seen(GOOD, 60.0)


def test_time_in_a_pause_does_not_count() -> None:
    stopped = with_events(GOOD, event(12, "paused", before="recovery"), event(12.5, "resumed", before="recovery"))
    assert "9.5 s since the strike" in seen(stopped, 20.0)
    assert "‖ recovery" in seen(stopped, 12.0)


def test_losses_are_not_known_before_the_survey() -> None:
    lost = told(GOOD, (entry(50, 9.5), *LEDGER))
    assert "known only after the survey" in seen(lost, 62.0)
    assert "Lost: 1 of 3 that home acknowledged." in seen(lost, 100.0)


def test_failures_doubts_and_lag_are_shown() -> None:
    tries = (entry(60, 10.2, Outcome.FAILED), entry(61, 10.3, Outcome.IN_DOUBT), *LEDGER)
    doubted = with_events(told(GOOD, tries), event(5, "lag", copy="standby", bytes=12_345))
    assert "lag 12.3 kB" in seen(doubted, 9.0)
    assert "lag" not in seen(GOOD, 9.0)
    *_, (scene, _) = moments(doubted)
    assert (scene.registers["land"].failed, scene.registers["land"].in_doubt) == (1, 1)


def test_how_far_the_sites_are_apart_is_shown_where_the_scenario_says_so() -> None:
    began, *others = GOOD.events
    far = {"rtt_s": 0.038, "bandwidth_bit_s": 1e9}
    apart = replace(GOOD, events=(replace(began, facts={**began.facts, "link": far}), *others))
    assert "38ms · 1Gbit/s" in seen(apart, 9.0)
    assert "bit/s" not in seen(GOOD, 9.0)


@dataclass
class Terminal:
    """The end of a terminal that a person sits at."""

    stream: TextIO
    shown: list[bytes]

    @property
    def text(self) -> str:
        return b"".join(self.shown).decode()

    def shows(self, words: str) -> None:
        wait_until(words, lambda: words in self.text, deadline=30, hint=lambda: self.text[-2000:])


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    shown: list[bytes] = []
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        reader = threading.Thread(target=_read, args=(ours, shown))
        reader.start()
        yield Terminal(stream, shown)
    reader.join(30)
    os.close(ours)


def _read(descriptor: int, shown: list[bytes]) -> None:
    try:
        while piece := os.read(descriptor, 65536):
            shown.append(piece)
    except OSError:  # Linux says so when the other end is closed
        return


@contextmanager
def drilling(terminal: Terminal) -> Iterator[Live]:
    live = Live(terminal.stream)
    with live.on():
        for happened in EVENTS[:7]:
            live.event(happened)
        for tried in LEDGER:
            live.entry(tried)
        yield live


def test_the_view_leaves_the_terminal_as_it_found_it(terminal: Terminal) -> None:
    assert fits(terminal.stream)
    with drilling(terminal):
        terminal.shows("disaster declared by officer")
    terminal.shows("\x1b[H\x1b[J")
    wait_until("cleared", lambda: terminal.text.endswith("\x1b[H\x1b[J"), deadline=30, hint=lambda: terminal.text[-99:])
    assert "\x1b[?25l" not in terminal.text  # the cursor is never hidden
    assert "\x1b[?1049h" not in terminal.text  # and no other screen entered


def test_the_view_stands_still_while_words_are_held_below_it(terminal: Terminal) -> None:
    with drilling(terminal) as live:
        with live.held([Text("Before act 5"), Text("Why: because")]):
            terminal.shows("Why: because")
            live.event(event(50, "clock stepped", by_s=1))
            assert "clock stepped" not in terminal.text
        terminal.shows("the machine's clock stepped")


def test_a_view_that_breaks_says_so_once_and_goes_on_with_plain_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[Text]:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(live_view, "picture", broken)
    with drilling(terminal) as live:
        terminal.shows("the live view broke (ZeroDivisionError('a bug')); the drill goes on, with plain lines")
        live.event(event(50, "accepted", register="land"))
        live.entry(LEDGER[0])
        terminal.shows("  50.00 s  test       land accepted")
    assert terminal.text.count("live view broke") == 1


def test_nobody_looks_any_more(terminal: Terminal) -> None:
    live = Live(terminal.stream)
    with live.on():
        terminal.stream.close()
        live.event(EVENTS[0])


def test_a_view_needs_a_terminal_of_some_size(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    termios.tcsetwinsize(terminal.stream.fileno(), (10, 80))
    assert not fits(terminal.stream)
    termios.tcsetwinsize(terminal.stream.fileno(), (24, 80))
    assert fits(terminal.stream)
    monkeypatch.setenv("TERM", "dumb")
    assert not fits(terminal.stream)
    with open(os.devnull, "w") as nothing:  # noqa: PTH123
        assert not fits(nothing)


def test_hostile_names_do_nothing_on_the_terminal(terminal: Terminal) -> None:
    live = Live(terminal.stream)
    with live.on():
        facts = {**EVENTS[0].facts, "scenario": HOSTILE}
        live.event(event(0, "began", **facts))
        terminal.shows("[bold]<b>")
    assert "\x1b[31m[bold]" not in terminal.text
