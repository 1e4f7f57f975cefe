"""What the files and the log of a physical copy show, by what was read of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drill.cluster_findings import freshness, of_copy, on_timeline, replayed, unfinished_as_sealed
from drill.digest import Form
from drill.moment import Unfinished
from drill.seals import How, Place, Prepared, Sealed
from drill.sites.aim import Aim
from drill.sites.control import Control
from drill.sites.physical import Arrival
from drill.sites.trail import Way
from drill.sites.wal import Record, place_of
from drill.verdict import Verdict

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FORK, SEALED, LATER = 0x5000000, 0x6000000, 0x7000000


def control(
    timeline: int = 1,
    checkpoint: int = 0x4000000,
    *,
    redo: int = 0x4000000,
    state: str = "shut down",
    identifier: str = "7",
) -> Control:
    return Control(identifier, state, timeline, redo, checkpoint, NOON, 700, 0, 16 * 1024 * 1024, 0)


def sealed(timeline: int) -> Sealed:
    place = Place("0/6000000", "700", NOON)
    assert place_of(place.lsn) == SEALED
    return Sealed(How.QUIESCED, Form.NATIVE, "18.6", "7", timeline, "postgres", place, place, {}, {})


OF_ONE = "timeline 2 left timeline 1 at 0/5000000, before the seal"


@pytest.mark.parametrize(
    ("way", "came_to", "begun_on", "sealed_on", "verdict", "actual"),
    [
        (Way(1, {}), LATER, 1, 1, Verdict.MET, "timeline 1"),
        (Way(2, {1: FORK}), LATER, 1, 2, Verdict.MET, "timeline 2"),  # the same one, whatever came before it
        (Way(2, {1: LATER}), LATER + 1, 1, 1, Verdict.MET, "timeline 2"),  # left behind the seal
        (Way(2, {1: SEALED}), LATER, 1, 1, Verdict.MET, "timeline 2"),  # at its very place
        (Way(2, {1: FORK}), LATER, 1, 1, Verdict.MISSED, OF_ONE),
        (Way(2, {1: FORK}), FORK, 1, 1, Verdict.MISSED, OF_ONE),
        (Way(2, {1: FORK}), FORK - 1, 1, 1, Verdict.MET, "timeline 2"),  # it ends before it goes there
        (Way(2, {1: FORK}), None, 2, 1, Verdict.MISSED, OF_ONE),  # it was stopped there
        (Way(3, {1: FORK, 2: LATER}), LATER, 1, 1, Verdict.MISSED, OF_ONE.replace("2", "3")),
        (Way(2, {}), LATER, 2, 1, Verdict.UNKNOWN, "timeline 2: no history tells where timeline 1 was left"),
        # it stayed where the sealed server no longer was, or it is of before
        (Way(1, {}), LATER, 1, 2, Verdict.MISSED, "timeline 1, and timeline 2 was sealed"),
        (Way(1, {}), SEALED, 1, 2, Verdict.UNKNOWN, "timeline 1, and timeline 2 was sealed"),
        (Way(1, {}), FORK, 1, 2, Verdict.UNKNOWN, "timeline 1, and timeline 2 was sealed"),
    ],
)
def test_the_way_of_the_log_is_held_against_that_of_the_sealed_server(
    way: Way, came_to: int | None, begun_on: int, sealed_on: int, verdict: Verdict, actual: str
) -> None:
    found = on_timeline(Arrival(700, came_to, None), control(begun_on), way, sealed(sealed_on))
    assert found == of_copy("timeline", verdict, "the way that the sealed server took", actual)


@pytest.mark.parametrize(
    ("came_to", "verdict"),
    [(0x5000028, Verdict.MET), (0x5000000, Verdict.MISSED), (None, Verdict.MISSED), (LATER, Verdict.MET)],
)
def test_the_replay_must_come_to_the_last_record(came_to: int | None, verdict: Verdict) -> None:
    """A server that had nothing to replay stands at its last checkpoint."""
    last = Record("XLOG", 0, 0x5000028, 0x5000100, "CHECKPOINT_SHUTDOWN")
    redone = f"{came_to or 0x4000000:X}"
    actual = f"replayed up to the record at 0/{redone}; the last is at 0/5000028"
    found = replayed(Arrival(700, came_to, None), control(), last)
    assert found == of_copy("replay", verdict, "every record that the log holds", actual)
    assert replayed(Arrival(700, None, None), control(checkpoint=last.start), last).verdict is Verdict.MET


@pytest.mark.parametrize(
    ("last_commit", "expected", "verdict"),
    [
        (None, NOON, Verdict.MET),
        (None, NOON + timedelta(microseconds=1), Verdict.UNKNOWN),  # of a checkpoint only the second is known
        (None, NOON + timedelta(seconds=1), Verdict.MISSED),
        (NOON + timedelta(seconds=0.2), NOON + timedelta(seconds=0.1), Verdict.MET),
        (NOON + timedelta(seconds=0.2), NOON + timedelta(seconds=0.3), Verdict.UNKNOWN),
        (NOON + timedelta(hours=1), NOON + timedelta(minutes=59), Verdict.MET),
        (NOON - timedelta(hours=1), NOON, Verdict.MET),
    ],
)
def test_a_copy_is_as_new_as_its_last_commit_or_checkpoint(
    last_commit: datetime | None, expected: datetime, verdict: Verdict
) -> None:
    says = f"it is of {max(last_commit or NOON, NOON).isoformat()}"
    if verdict is Verdict.UNKNOWN:
        says += ", and of its checkpoint only the second is known"
    found = freshness(Arrival(700, LATER, last_commit), control(), expected)
    assert found == of_copy("freshness", verdict, f"nothing older than {expected.isoformat()}", says)


AS_SEALED = "each that was prepared and not ended, and no other"
ONE, TWO = Prepared(700, "one", "me", "town"), Prepared(701, "it's two", "me", "town")


@pytest.mark.parametrize(
    ("due", "since", "held", "verdict", "actual"),
    [
        ((), Unfinished(), (), Verdict.MET, "none, as it was to be"),
        ((ONE, TWO), Unfinished(), (ONE, TWO), Verdict.MET, "2, as it was to be: 'one' of me in town, \"it's two\""),
        ((ONE,), Unfinished(frozenset({701})), (ONE, TWO), Verdict.MET, "2, as it was to be"),
        ((ONE,), Unfinished(ended=frozenset({700})), (), Verdict.MET, "none, as it was to be"),
        ((), Unfinished(frozenset({701}), frozenset({701})), (), Verdict.MET, "none, as it was to be"),
        ((), Unfinished(ended=frozenset({600})), (), Verdict.MET, "none, as it was to be"),
        ((ONE,), Unfinished(), (), Verdict.MISSED, "missing: 'one' of me in town"),
        ((ONE,), Unfinished(), (ONE, TWO), Verdict.MISSED, 'too many: "it\'s two" of me in town'),
        ((ONE,), Unfinished(frozenset({701})), (ONE,), Verdict.MISSED, "missing: transaction 701"),
        ((ONE,), Unfinished(ended=frozenset({700})), (ONE,), Verdict.MISSED, "too many: 'one' of me in town"),
        ((ONE,), Unfinished(), (TWO,), Verdict.MISSED, "missing: 'one' of me in town; too many: \"it's two\""),
        ((ONE,), Unfinished(doubt="no log tells"), (), Verdict.UNKNOWN, "missing: 'one' of me in town; no log tells"),
        ((ONE,), Unfinished(doubt="no log tells"), (ONE,), Verdict.MET, "1, as it was to be"),
        (
            None,
            Unfinished(),
            (ONE,),
            Verdict.UNKNOWN,
            "the seal does not tell of any; in the copy: 'one' of me in town",
        ),
    ],
)
def test_what_was_prepared_is_there_until_the_log_ends_it(
    due: tuple[Prepared, ...] | None, since: Unfinished, held: tuple[Prepared, ...], verdict: Verdict, actual: str
) -> None:
    seal = replace(sealed(1), prepared=due)
    found = unfinished_as_sealed(seal, Arrival(702, LATER, None, held), since)
    assert found is not None
    assert (found.check, found.verdict, found.target) == ("prepared", verdict, AS_SEALED)
    assert found.actual.startswith(actual)


def test_where_nobody_knows_of_any_and_none_is_there_nothing_is_said() -> None:
    assert unfinished_as_sealed(sealed(1), Arrival(702, LATER, None), Unfinished()) is None
    assert unfinished_as_sealed(None, Arrival(702, LATER, None), Unfinished()) is None
    without_a_seal = unfinished_as_sealed(None, Arrival(702, LATER, None, (ONE,)), Unfinished())
    assert without_a_seal is not None
    assert (without_a_seal.target, without_a_seal.verdict) == (AS_SEALED, Verdict.UNKNOWN)


def test_only_the_end_of_the_log_and_a_place_are_known_to_be_passed() -> None:
    assert Aim.named("latest").passes(LATER)
    assert Aim.named("lsn:0/7000000").passes(SEALED)
    assert not Aim.named("lsn:0/6000000").passes(SEALED)
    assert not Aim.named("name:nightly").passes(0)
