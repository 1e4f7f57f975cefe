"""The watch over the citizens' path: it detects after exactly its misses, and knows nothing of any outage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from drill.citizens.watch import Watch
from drill.clock import Clock, wait_until
from drill.errors import StepFailed
from drill.hosts.process import ProcessPremises
from drill.timeline import Timeline
from tests.fix_pair import Pair, standing

pytestmark = pytest.mark.alone
EVERY = 0.2  # seconds
SLACK = 0.3  # seconds by which a busy machine may be late


@pytest.fixture(scope="module")
def opened(embedded_premises: ProcessPremises) -> Iterator[Pair]:
    with standing(embedded_premises) as pair:
        yield pair


@pytest.fixture
def street(opened: Pair) -> Iterator[Pair]:
    """A timeline of its own, and a cable that carries again afterwards."""
    yield replace(opened, timeline=Timeline(Clock()))
    opened.cable.mend("home", "test")


@contextmanager
def watching(street: Pair, misses: int) -> Iterator[Watch]:
    """A watch that has had an answer already."""
    watch = Watch(street.home, EVERY, misses, street.timeline)
    answered = carried(street)
    with closing(_Ended(watch)):
        watch.begin()
        wait_until("it was answered", lambda: carried(street) > answered + 500, deadline=10, hint="by whom?")
        yield watch


class _Ended:
    def __init__(self, watch: Watch) -> None:
        self.close = watch.end


def carried(street: Pair) -> int:
    """Bytes that the citizens' line has carried."""
    return street.cable.count("citizens-home")["carried"]


@pytest.mark.parametrize("misses", [1, 3, 5])
def test_it_detects_silence_after_just_so_many_misses(street: Pair, misses: int) -> None:
    with watching(street, misses) as watch:
        street.cable.cut("home", "test")
        cut_at = street.timeline.clock.elapsed()
        detected = watch.wait_until_detected(10)
    assert (misses - 1) * EVERY - 0.01 <= detected - cut_at <= (misses + 1) * EVERY + SLACK
    assert [(e.who, e.what, e.facts) for e in street.timeline.events] == [("watch", "detected", {"misses": misses})]
    assert street.timeline.events[0].elapsed == detected


def test_a_refusal_takes_no_less_than_silence(street: Pair) -> None:
    """Who is turned away at once has not waited for the slot; the slots are counted all the same."""
    with watching(street, 4) as watch:
        street.home.stop()
        try:
            stopped_at = street.timeline.clock.elapsed()
            detected = watch.wait_until_detected(10)
        finally:
            assert street.home.data is not None
            street.home.start(street.home.data)
    assert 3 * EVERY - 0.01 <= detected - stopped_at <= 5 * EVERY + SLACK


def test_an_answer_makes_it_a_false_alarm_and_silence_is_detected_anew(street: Pair) -> None:
    with watching(street, 2) as watch:
        street.cable.cut("home", "test")
        first = watch.wait_until_detected(10)
        street.cable.mend("home", "test")
        wait_until("it is told", lambda: "false alarm" in street.told("watch"), deadline=10, hint="not answered?")
        with pytest.raises(StepFailed, match="not noticed anything"):
            watch.wait_until_detected(0.1)
        street.cable.cut("home", "test")
        assert watch.wait_until_detected(10) > first
    assert street.told("watch") == ["detected", "false alarm", "detected"]


def test_fewer_misses_are_no_detection(street: Pair) -> None:
    with watching(street, 8) as watch:
        street.cable.cut("home", "test")
        with pytest.raises(StepFailed):
            watch.wait_until_detected(3 * EVERY)  # some are missed, and not enough
        before = carried(street)
        street.cable.mend("home", "test")
        wait_until("it was answered", lambda: carried(street) > before + 1000, deadline=10, hint="by whom?")
        assert street.told("watch") == []


def test_it_knows_nothing_of_an_outage_that_it_cannot_see(street: Pair) -> None:
    street.timeline.record("outage", "struck", kind="power_loss")
    street.timeline.record("outage", "outage proven", kind="power_loss", proof="none")
    with watching(street, 1) as watch:
        street.sever("embassy-home")
        with pytest.raises(StepFailed) as unseen:
            watch.wait_until_detected(5 * EVERY)
        assert "cannot be seen" in unseen.value.hint
    assert street.told("watch") == []
