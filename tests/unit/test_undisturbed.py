"""Who got no answer from a register that was to be left alone: was it disturbed, or was this machine too busy?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drill import checks
from drill.hosts import limits
from drill.ledger import BEGUN, SILENCE, Entry, Outcome
from drill.verdict import Finding, Verdict
from tests.unit.stories import GOOD, entry, held, receipt, told

STRUCK = 10.0
SERVED = entry(1, 12.0)


def unanswered(due: float = 13.0, wait: float = 1.0, **facts: Any) -> Entry:
    """Somebody whose patience ended after so many seconds, on a machine that kept nobody waiting."""
    silent = entry(2, due + wait, Outcome.FAILED, says=SILENCE, strain=0.0)
    return replace(silent, due=due, sent=due, **facts)


def late(due: float, came: float, **facts: Any) -> Entry:
    """A slot for which the drill itself came too late."""
    return replace(entry(3, came, Outcome.NOT_TRIED, **facts), due=due, sent=came)


def finding(*tries: Entry, kept: bool = True) -> Finding:
    """Of a register that many were served by, and these not."""
    served = [replace(SERVED, number=n) for n in range(100, 200)]
    home = held(*map(receipt, served if kept else served[1:]), site="home")
    (found,) = checks.undisturbed(replace(told(GOOD, (*served, *tries), home), lost=frozenset()))
    return found


def test_on_a_machine_that_kept_up_silence_is_a_disturbance() -> None:
    found = finding(unanswered())
    assert (found.verdict, found.actual) == (Verdict.MISSED, "1 failed, 0 in doubt, 0 lost of 101")


@pytest.mark.parametrize("says", [SILENCE, BEGUN + SILENCE])
def test_a_machine_that_kept_everybody_waiting_as_long_leaves_it_open(says: str) -> None:
    found = finding(unanswered(says=says, strain=0.9))
    assert found.verdict is Verdict.UNKNOWN
    why = "while an answer failed to come, this machine made its programs wait"
    assert found.actual == f"1 failed, 0 in doubt, 0 lost of 101; {why}"
    assert found.says == f"land, which the outage should leave alone: {found.actual}."
    assert finding(unanswered(says=says, strain=0.89)).verdict is Verdict.MISSED


def test_what_is_nearly_all_of_a_wait_depends_on_the_wait() -> None:
    assert finding(unanswered(wait=5.0, strain=4.5)).verdict is Verdict.UNKNOWN
    assert finding(unanswered(wait=5.0, strain=4.4)).verdict is Verdict.MISSED
    begun_late = replace(unanswered(strain=0.68), sent=13.25)
    assert finding(begun_late).verdict is Verdict.UNKNOWN


def test_where_nobody_saw_how_busy_this_machine_was_it_is_left_open() -> None:
    found = finding(unanswered(strain=None))
    assert found.verdict is Verdict.UNKNOWN
    assert found.actual.endswith("of 101; nobody saw whether this machine was too busy to answer in time")


def test_an_error_is_the_servers_own_however_busy_this_machine_was() -> None:
    assert finding(unanswered(says='relation "title" does not exist', strain=9.0)).verdict is Verdict.MISSED
    assert finding(unanswered(says="", strain=None)).verdict is Verdict.MISSED


def test_one_that_this_machine_cannot_have_held_up_is_enough() -> None:
    found = finding(unanswered(strain=1.0), unanswered(14.0, number=4))
    assert (found.verdict, found.actual) == (Verdict.MISSED, "2 failed, 0 in doubt, 0 lost of 102")


def test_a_loss_is_no_matter_of_time() -> None:
    assert finding(unanswered(strain=1.0), kept=False).verdict is Verdict.MISSED


def test_who_waited_before_the_strike_was_not_held_up_by_it_alone() -> None:
    before = finding(unanswered(STRUCK - 0.01))
    assert before.verdict is Verdict.UNKNOWN
    assert before.actual.endswith("; somebody who got no answer had waited before the strike already")
    assert finding(unanswered(STRUCK)).verdict is Verdict.MISSED


@pytest.mark.parametrize(
    ("slot", "verdict"),
    [
        (late(13.04, 13.95), Verdict.UNKNOWN),
        (late(13.05, 13.94), Verdict.MISSED),
        (late(12.0, 13.9), Verdict.UNKNOWN),  # only what lies within the wait counts
        (late(12.0, 13.8), Verdict.MISSED),
        (late(13.1, 15.0), Verdict.UNKNOWN),
        (late(13.2, 15.0), Verdict.MISSED),
        (late(11.0, 12.9), Verdict.MISSED),
        (late(14.1, 15.5), Verdict.MISSED),
        (late(13.04, 13.95, register="business"), Verdict.UNKNOWN),  # the same thread serves them all
        (replace(late(13.0, 13.05), ended=14.3), Verdict.MISSED),  # it began in time, and was answered too late to see
    ],
)
def test_a_drill_that_came_too_late_to_others_came_too_late_to_this(slot: Entry, verdict: Verdict) -> None:
    assert finding(unanswered(), slot).verdict is verdict


def test_a_late_drill_and_a_busy_machine_add_up() -> None:
    assert finding(unanswered(strain=0.5), late(13.1, 13.6)).verdict is Verdict.UNKNOWN
    assert finding(unanswered(strain=0.5), late(11.0, 11.6)).verdict is Verdict.MISSED


def test_reasons_are_told_once() -> None:
    found = finding(*(unanswered(13.0 + n, number=n, strain=1.0) for n in range(3)), unanswered(9.5, number=9))
    assert found.verdict is Verdict.UNKNOWN
    busy, before = (finding(one).actual.split("; ")[1] for one in (unanswered(strain=1.0), unanswered(9.5)))
    assert found.actual.split("; ")[1:] == [busy, before]


@pytest.fixture
def pressure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the kernel would tell it; nothing is there yet."""
    monkeypatch.setattr(limits, "_PRESSURE", tmp_path)
    return tmp_path


def tell(folder: Path, **micros: int) -> None:
    for what, total in micros.items():
        lines = f"some avg10=0.00 avg60=1.50 avg300=0.00 total={total}\nfull avg10=0.00 avg60=0.00 total=77\n"
        (folder / what).write_text(lines)


def test_the_kernels_seconds_of_waiting_for_anything(pressure: Path) -> None:
    tell(pressure, cpu=1_000_000, io=200_000, memory=30_000)
    strain = limits.Strain()
    assert strain.so_far() == 1.23
    tell(pressure, cpu=9_000_000)
    assert limits.Strain().so_far() == 9.23


def test_a_kernel_that_says_nothing_leaves_it_open(pressure: Path) -> None:
    assert limits.Strain().so_far() is None
    tell(pressure, cpu=1, io=2)
    assert limits.Strain().so_far() is None
    tell(pressure, memory=3)
    assert limits.Strain().so_far() == 0.000006
    (pressure / "io").write_text("some avg10=0.00\nfull avg10=0.00 total=3\n")
    assert limits.Strain().so_far() is None
    (pressure / "io").write_bytes(b"\xff\xfe")
    assert limits.Strain().so_far() is None
