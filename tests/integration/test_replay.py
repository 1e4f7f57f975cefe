"""Replay: the point is found in what the embassy holds, and reached exactly; what cannot be reached is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import pytest

from drill.errors import StepFailed
from drill.hosts.process import ProcessPremises
from drill.log_pages import PAGE
from drill.sites.archived import Archived
from drill.sites.segments import SEGMENT, segment_name
from drill.sites.wal import lsn_of, place_of
from tests.fix_archive import Held, archived
from tests.fix_life import BUSINESS, GAZETTE, OUTAGES, Place
from tests.fix_site import Filled


@pytest.fixture(scope="module")
def held(embedded_premises: ProcessPremises) -> Iterator[Held]:
    with archived(embedded_premises) as held:
        yield held


def _refused(held: Held, to: object, says: str) -> None:
    with pytest.raises(StepFailed, match=says) as failed:
        pytest.fail(f"{to}: {held.recover(to)} came back")
    assert failed.value.hint


def _proven(held: Held) -> bool:
    """Whether the gazette's rows are what was sealed, changed by exactly the receipts that are there."""
    here = Filled(held.pair.embassy, held.seals)
    return (holdings := here.holdings(GAZETTE)).tables == here.expected(GAZETTE, holdings)


# -- exactly up to there ----------------------------------------------------------------------------------------------


def _commit_of(held: Held, place: Place) -> int:
    """Where the last commit before that place begins: its citizen's."""
    with Archived.opened(held.pair.embassy, held.kept.folder) as archive:
        records = archive.wal.records(place_of(archive.label.start), ["Transaction"])
        return max(record.start for record in records if record.end <= place_of(place.lsn))


def _last(held: Held) -> int:
    with Archived.opened(held.pair.embassy, held.kept.folder) as archive:
        return archive.wal.last.end


# What is asked for, and where home was then.
POINTS: Mapping[str, Callable[[Held], tuple[object, Place]]] = {
    "the last complete record": lambda held: ("latest", held.life.served[-1]),
    "a restore point": lambda held: ({"restore_point": "arc-2"}, held.life.points["arc-2"]),
    "a time": lambda held: ({"time": held.life.served[5].at.isoformat()}, held.life.served[5]),
    "an LSN": lambda held: ({"lsn": held.life.served[6].lsn}, held.life.served[6]),
}
RARE: Mapping[str, Callable[[Held], tuple[object, Place]]] = {
    "the place at which a commit begins": lambda h: (
        {"lsn": lsn_of(_commit_of(h, h.life.served[6]))},
        h.life.served[5],
    ),
    "a place within a commit": lambda h: ({"lsn": lsn_of(_commit_of(h, h.life.served[6]) + 1)}, h.life.served[6]),
    "the end of the log": lambda held: ({"lsn": lsn_of(_last(held))}, held.life.served[-1]),
    "the end of the base backup": lambda held: ({"lsn": held.label()["end"]}, held.life.begun),
    "a time before the first citizen": lambda held: ({"time": held.life.begun.at.isoformat()}, held.life.begun),
    "a time after all commits": lambda held: ({"time": held.life.points["arc-5"].at.isoformat()}, held.life.served[-1]),
    "a restore point at the end": lambda held: ({"restore_point": "arc-5"}, held.life.served[-1]),
}


@pytest.mark.parametrize("point", [*POINTS, *(pytest.param(name, marks=pytest.mark.soak) for name in RARE)])
def test_what_was_committed_up_to_a_point_comes_back_and_nothing_else(held: Held, point: str) -> None:
    to, place = {**POINTS, **RARE}[point](held)
    before = held.listed()
    held.recover(to)
    assert held.brought_back() == place.state
    assert held.listed() == before
    assert _proven(held) is (place.at <= held.life.calm.at)


def test_what_was_not_lost_is_closed(held: Held) -> None:
    held.recover({"restore_point": "arc-2"}, registers=(GAZETTE,))
    assert held.brought_back(GAZETTE)[GAZETTE] == held.life.points["arc-2"].state[GAZETTE]
    with pytest.raises(StepFailed, match="not currently accepting connections"):
        held.pair.embassy.ask("select 1", database=BUSINESS)


# -- before the outage ------------------------------------------------------------------------------------------------

_FOUND_BY = {
    "a row is changed without a receipt": "no receipt",
    "a receipt is deleted": "receipts",
    "all receipts but one are": "receipts",
    "many rows at once": "mass",
    "many rows by and by": "no receipt",
    "many rows within a savepoint": "mass",
    "many rows in two steps": "mass",
    "a table is emptied": "dropped",
    "a table is altered": "dropped",
    "a table is written anew": "dropped",
    "a table is dropped": "dropped",
    "a register is dropped": "dropped",
}
_OFTEN = {"a receipt is deleted", "many rows within a savepoint", "a table is emptied", "a register is dropped"}
_EACH = [name if name in _OFTEN else pytest.param(name, marks=pytest.mark.soak) for name in OUTAGES]


@pytest.mark.parametrize("outage", _EACH)
def test_what_was_committed_before_an_outage_comes_back_and_nothing_of_the_outage(held: Held, outage: str) -> None:
    began, place = held.life.outages[outage]
    with held.spoilt(lambda held: held.forget_before(began)):
        says = held.recover({"before": "outage"})
        assert held.brought_back() == place.state
    assert held.pair.told("outage") == []
    assert says.startswith("before the outage: before ")
    assert says.endswith(f" ({_FOUND_BY[outage]})")


def test_what_the_log_cannot_tell_from_citizens_is_told_by_the_digests(held: Held) -> None:
    """A wipe of small transactions, each with a receipt, is passed by: it comes before all other outages."""
    held.recover({"before": "outage"})
    assert held.brought_back() == held.life.outages[next(iter(OUTAGES))][1].state
    assert not _proven(held)


def test_what_is_no_outage_raises_no_suspicion(held: Held) -> None:
    with held.spoilt(lambda held: held.forget_after(held.life.calm)):
        _refused(held, {"before": "outage"}, r"shows no outage up to 0/\w000000: each transaction left its receipt")
        held.recover("latest")
        assert held.brought_back() == held.life.calm.state
        assert _proven(held)


# -- beyond the archive -----------------------------------------------------------------------------------------------

BEYOND: Mapping[str, tuple[Callable[[Held], object], str]] = {
    "a time after the end": (
        lambda held: {"time": held.life.calm.at + timedelta(hours=1)},
        r"knows of nothing after \S+; \S+ is later",
    ),
    "a time of which nothing is known": (
        lambda held: {"time": held.life.points["arc-4"].at},
        r"knows of nothing after \S+; \S+ is later",
    ),
    "a time before the base backup": (
        lambda held: {"time": held.life.begun.at - timedelta(hours=1)},
        r"begins with a base backup of \S+; \S+ is before it",
    ),
    "an LSN after the end": (
        lambda held: {"lsn": lsn_of(held.life.calm.edge + 1)},
        r"ends at 0/\w000000, before 0/\w000001",
    ),
    "an LSN within the base backup": (
        lambda held: {"lsn": lsn_of(place_of(held.label()["end"]) - 1)},
        r"begins with a base backup that reaches 0/\w+, beyond 0/\w+",
    ),
    "a restore point that was told and not received": (
        lambda _: {"restore_point": "arc-4"},
        r"ends at 0/\w000000, before the restore point 'arc-4' at 0/\w+",
    ),
    "a restore point that nobody has made": (
        lambda _: {"restore_point": "arc-9"},
        "has no restore point 'arc-9'; it has: arc-1, arc-2, arc-3$",
    ),
}


def test_a_point_that_the_archive_does_not_reach_is_refused(held: Held) -> None:
    with held.spoilt(lambda held: held.forget_after(held.life.calm, notes=1)):
        for point, says in BEYOND.values():
            _refused(held, point(held), says)
        versions = [version.name for version in held.kept.versions()]
        assert versions == ["base backup", "arc-1", "arc-2", "arc-3", "latest"]


def test_a_restore_point_is_not_taken_for_another_of_the_same_name(held: Held) -> None:
    says = r"came to rest at 0/\w+ \(paused\); 0/\w+ was to be reached: the restore point arc-4"
    _refused(held, {"restore_point": "arc-4"}, says)


# -- damage -----------------------------------------------------------------------------------------------------------


def _all_targets(held: Held) -> list[object]:
    """Each kind, at the end of the archive."""
    end = held.life.points["arc-5"]
    return [{"time": end.at}, {"before": "outage"}, "latest", {"restore_point": "arc-5"}, {"lsn": end.lsn}]


def _middle(held: Held) -> str:
    return held.file_of(held.life.calm.segment)


DAMAGE: Mapping[str, tuple[Callable[[Held], object], str]] = {
    "the last segment is missing": (
        lambda held: held.shell(f"rm {held.file_of(held.life.calm.segment + 1)}"),
        r"the archive ends at 0/\w000000, though it had received 0/\w+",
    ),
    "a middle segment is missing": (
        lambda held: held.shell(f"rm {_middle(held)}"),
        r"a hole: segment \w{24} is missing between \w{24} and \w{24}\.partial",
    ),
    "a middle segment was never completed": (
        lambda held: held.shell(f"mv {_middle(held)} {_middle(held)}.partial"),
        r"a hole: \w{24}\.partial was never completed, though \w{24}\.partial follows",
    ),
    "the last segment is blank": (
        lambda held: held.blank(held.life.calm.edge),
        r"the archive ends at 0/\w000000, though it had received 0/\w+",
    ),
    "the last segment is cut": (
        lambda held: held.shell("last=$(ls wal/*.partial) && head -c 9437186 $last >cut && mv cut $last"),
        r"\.partial is cut short: 9437186 bytes of 16777216",
    ),
    "the last segment rots at its end": (
        lambda held: held.rot(place_of(held.notes()["arc-5"]) - 40),
        r"the archive ends at 0/\w+, though it had received 0/\w+",
    ),
    "the last segment rots before its end": (
        lambda held: held.rot(place_of(held.life.served[-10].lsn) - 8),
        r"it cannot be read at 0/\w+ \(.*\), and goes on at 0/\w+",
    ),
    "the notes are gone": (lambda held: held.rewrite("notes.jsonl", ""), "notes.jsonl tells of no restore point"),
    "a file is missing from the base backup": (
        lambda held: held.shell("rm $(ls -S base/base/*/* | head -n 1)"),
        "pg_verifybackup ended with 1: .* is present in the manifest but not on disk",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_archive_is_refused_whatever_is_asked_of_it(held: Held, damage: str) -> None:
    spoil, says = DAMAGE[damage]
    with held.spoilt(spoil):
        for to in _all_targets(held):
            _refused(held, to, says)


def test_a_segment_of_another_timeline_is_refused(held: Held) -> None:
    """A real one: the embassy itself has begun a timeline where it was brought back."""
    held.recover({"restore_point": "arc-2"})
    theirs, ours = (segment_name(timeline, held.life.calm.segment) for timeline in (2, 1))
    held.shell(f"cp {held.pair.embassy.data}/pg_wal/{theirs} ../theirs")
    with held.spoilt(lambda held: held.shell(f"cp ../theirs wal/{theirs}")):
        for to in _all_targets(held):
            _refused(held, to, f"{theirs} is of timeline 2, the base backup of timeline 1")
    with held.spoilt(lambda held: held.shell(f"rm wal/{ours} && cp ../theirs wal/{ours}")):
        _refused(held, {"before": "outage"}, "it cannot be read")
        _refused(held, "latest", "the server has ended: unexpected timeline ID 2")


@pytest.mark.parametrize("size", [9437184, SEGMENT])
def test_a_segment_for_which_there_is_just_being_made_room_is_no_damage(held: Held, size: int) -> None:
    def spoil(held: Held) -> None:
        held.forget_after(held.life.calm)
        held.shell(f"head -c {size} /dev/zero >wal/{segment_name(1, held.life.calm.segment + 1)}.partial")

    with held.spoilt(spoil):
        held.recover("latest")
        assert held.brought_back() == held.life.calm.state


@pytest.mark.parametrize("left", [1, *(pytest.param(left, marks=pytest.mark.soak) for left in (2, 5))])
def test_a_hole_with_little_behind_it_is_no_early_end(held: Held, left: int) -> None:
    """Nobody was told that anything behind it had been received; the log alone tells that it goes on."""
    behind = _last(held) // PAGE - left
    hole = held.life.calm.edge + PAGE  # a page of the last segment is left before it

    def spoil(held: Held) -> None:
        held.rewrite("notes.jsonl", held.shell("head -n 1 notes.jsonl"))
        held.blank(hole, behind * PAGE - hole)

    with held.spoilt(spoil):
        _refused(held, "latest", r"it cannot be read at 0/\w+ \(.*\), and goes on at 0/\w+")


ROT: Mapping[str, Callable[[Held], object]] = {
    "all the rest of a segment": lambda held: held.blank(place_of(held.life.served[5].lsn) - 8),
    "some bytes": lambda held: held.rot(place_of(held.life.served[5].lsn) - 8),
    "the name of the cluster": lambda held: held.rot(held.life.calm.edge - SEGMENT + 24),
}
_EACH_ROT = [*ROT][:1] + [pytest.param(name, marks=pytest.mark.soak) for name in [*ROT][1:]]


@pytest.mark.parametrize("rot", _EACH_ROT)
def test_rot_in_the_middle_is_no_early_end(held: Held, rot: str) -> None:
    with held.spoilt(ROT[rot]):
        for to in _all_targets(held):
            _refused(held, to, "it cannot be read|recovery ended before configured recovery target was reached")


@pytest.mark.soak
def test_what_lies_before_rot_is_still_reached(held: Held) -> None:
    with held.spoilt(ROT["some bytes"]):
        held.recover({"restore_point": "arc-2"})
        assert held.brought_back() == held.life.points["arc-2"].state
