"""What is known of the word that a seal left in the log of its server, by where a copy's log goes."""

from dataclasses import replace

import pytest

from drill.cluster_findings import Nonce, of_copy
from drill.errors import StepFailed
from drill.sites.trail import Way
from drill.verdict import Verdict
from tests.unit.test_cluster_findings import sealed

SEALED, END = 0x6000000, 0x6000048
LEFT = Nonce("7f", 2, "0/6000000", "0/6000048")


def test_a_seal_that_left_none_asks_for_none() -> None:
    with_it = replace(sealed(2), nonce="7f", nonce_lsn="0/6000048")
    assert Nonce.of(with_it) == LEFT
    assert Nonce.of(replace(with_it, nonce=None)) is None
    assert Nonce.of(replace(with_it, nonce_lsn=None)) is None
    assert Nonce.of(sealed(2)) is None


def test_it_is_looked_for_from_where_the_seal_ended_to_the_end_of_its_own_record() -> None:
    assert (LEFT.begun, LEFT.end) == ((2, SEALED), END)


@pytest.mark.parametrize(
    ("way", "end", "why"),
    [
        (Way(2, {}), END, None),
        (Way(2, {1: 0x5000000}), END, None),
        (Way(2, {}), END - 1, "its log ends at 0/6000047, before that was written"),
        (Way(3, {2: END}), END + 1, None),
        (Way(3, {2: END}), END - 1, None),  # where the last timeline ends tells nothing of the one before
        (Way(3, {2: END - 1}), END + 1, "its log leads to timeline 3, and was not on timeline 2 there"),
        (Way(3, {1: END}), END + 1, "its log leads to timeline 3, and was not on timeline 2 there"),
        (Way(1, {}), END + 1, "its log leads to timeline 1, and was not on timeline 2 there"),
    ],
)
def test_a_log_can_hold_it_that_goes_over_its_place_on_its_timeline(way: Way, end: int, why: str | None) -> None:
    assert LEFT.out_of_reach(way, end) == why


def test_what_there_is_of_its_timeline_must_go_as_far() -> None:
    assert LEFT.cut_off(END) is None
    assert LEFT.cut_off(END - 1) == "what there is of timeline 2 ends at 0/6000047"


def test_where_it_cannot_be_looked_for_what_would_tell_it_is_said() -> None:
    why = "its log cannot be read from 0/6000000 on: a hole; name an archive that goes back to it: --wal DIR"
    assert LEFT.unread(StepFailed("a hole", hint="")) == why


@pytest.mark.parametrize(
    ("found", "start", "verdict", "actual"),
    [
        (True, (2, SEALED + 1), Verdict.MET, "found"),
        (True, (1, 0), Verdict.MET, "found"),
        (
            False,
            (2, SEALED),
            Verdict.MISSED,
            "not found, though its log goes beyond that place: it is not that of the sealed server",
        ),
        (
            False,
            (1, SEALED + 1),
            Verdict.MISSED,
            "not found, though its log goes beyond that place: it is not that of the sealed server",
        ),
        (
            False,
            (2, SEALED + 1),
            Verdict.UNKNOWN,
            "not found in log that the copy does not need: it begins at 0/6000001",
        ),
        ("a hole", (2, SEALED), Verdict.UNKNOWN, "a hole"),
        ("a hole", (2, SEALED + 1), Verdict.UNKNOWN, "a hole"),
    ],
)
def test_only_a_log_that_the_copy_needs_is_missed_for_not_holding_it(
    found: bool | str, start: tuple[int, int], verdict: Verdict, actual: str
) -> None:
    target = "in its log up to 0/6000048: what the seal left there"
    assert LEFT.judged(found, start) == of_copy("nonce", verdict, target, actual)
