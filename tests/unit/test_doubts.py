"""Whether a physical copy is of the moment of its seal, by where it ends and what the log tells of what was written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.digest import Digest, Form
from drill.errors import StepFailed
from drill.evidence import Seal
from drill.moment import SCHEMA, Doubts, Layout, Unfinished, doubts
from drill.seals import How, Place, Prepared, Sealed
from drill.sites.control import Control
from drill.sites.physical import Arrival
from drill.sites.segments import SEGMENT
from drill.sites.trail import Way
from drill.sites.wal import Record

AT = datetime(2030, 1, 1, tzinfo=UTC)
SEALED_AT = 5 * SEGMENT + 0x100
LSN = f"0/{SEALED_AT:X}"
NEXT = 700  # transaction id at the seal
OWN, OTHER = "base/16400/16500", "base/16400/16501"
SEALED = Sealed(
    how=How.QUIESCED,
    form=Form.NATIVE,
    version="18.1",
    system_identifier="7",
    timeline=1,
    superuser="postgres",
    begun=Place("0/100", "600", AT),
    ended=Place(LSN, str(NEXT), AT),
    databases={
        "town": Seal({"public.cat": Digest(), "public.dog": Digest()}, files={OWN: "public.cat", OTHER: "public.dog"}),
        "land": Seal({"public.title": Digest()}, files={"pg_tblspc/16999/PG_18_1/16401/16600": "public.title"}),
    },
    shared={},
)
LAYOUTS = {"town": Layout("16400", frozenset({"1259", "1249"})), "land": Layout("16401", frozenset({"20000"}))}
CONTROL = Control("7", "in production", 1, SEALED_AT, SEALED_AT, AT, NEXT, NEXT, SEGMENT, 0)
EVERYTHING = {"town": ["public.cat", "public.dog", *SCHEMA], "land": ["public.title", *SCHEMA]}


def record(says: str, start: int, kind: str = "Heap", transaction: int = NEXT) -> Record:
    return Record(kind, transaction, start, start + 40, says)


@dataclass
class Log:
    """What lies in an archive, told as pg_waldump tells it."""

    told: Sequence[Record] = ()
    segments: range = field(default_factory=lambda: range(5, 7))
    broken: str = ""

    @property
    def last(self) -> Record:
        return self.told[-1]

    def records(self, since: int, kinds: Sequence[str]) -> Iterator[Record]:
        assert kinds == []
        yield from (each for each in self.told if each.start >= since)
        if self.broken:
            raise StepFailed(self.broken, hint="")


def found(
    *told: Record,
    sealed: Sealed = SEALED,
    transaction: int = NEXT + 5,
    redone: int | None = 2**40,
    control: Control = CONTROL,
    log: Log | None = None,
    layouts: dict[str, Layout] = LAYOUTS,
) -> Doubts:
    """Of a copy that went on to that transaction, up to the record at `redone`, with what the log tells between."""
    arrival = Arrival(transaction, redone, AT)
    wal = cast("Any", log or Log([*told, record("RUNNING_XACTS", 2**40, "Standby", 0)]))
    return doubts(sealed, arrival, control, (Way(1, {}), wal), layouts)


def names(of: Doubts) -> dict[str, list[str]]:
    return {database: sorted(loose) for database, loose in of.databases.items() if loose}


def all_doubted(of: Doubts, why: str, unfinished: Unfinished | None = None) -> bool:
    every = {name: dict.fromkeys(each, why) for name, each in EVERYTHING.items()}
    return of == Doubts(every, why, unfinished or Unfinished(doubt=why))


def test_what_is_in_doubt_is_marked_in_the_seal_beside_what_was_marked_before() -> None:
    town = SEALED.databases["town"]
    sealed = replace(SEALED, databases={"town": replace(town, loose={"a": "1", "public.cat": "1"})})
    (marked,) = Doubts({"town": {"public.cat": "2"}}).marked(sealed).databases.values()
    assert marked == replace(town, loose={"a": "1", "public.cat": "2"})
    assert Doubts().marked(SEALED) == SEALED
    roles = Doubts(shared="roles were written").marked(sealed).databases["town"]
    assert roles.loose == {"a": "1", "public.cat": "1", "logins": "roles were written"}


# -- where it ends -----------------------------------------------------------------------------------------------------


def test_where_no_transaction_began_since_the_seal_the_copy_is_of_its_moment() -> None:
    assert found(transaction=NEXT) == Doubts()
    assert found(record("INSERT blkref #0: rel 1663/16400/16500 blk 0", SEALED_AT), transaction=NEXT) == Doubts()
    assert doubts(SEALED, Arrival(NEXT, 2**40, AT), CONTROL, None, {}) == Doubts()


@pytest.mark.parametrize("how", [How.PAUSED, How.UNDER_LOAD, How.DUMPED])
def test_how_a_seal_was_taken_decides_whether_that_is_enough(how: How) -> None:
    """Only where nobody wrote is a next transaction that is the same one a proof; elsewhere the log must tell."""
    told = doubts(replace(SEALED, how=how), Arrival(NEXT, 2**40, AT), CONTROL, None, LAYOUTS)
    where = LSN if how is How.PAUSED else "0/100"
    assert all_doubted(told, f"no log tells what was written after {where}, where it was sealed")


def test_a_copy_that_ends_before_the_seal_can_be_told_only_where_nothing_was_under_way() -> None:
    early = replace(CONTROL, state="shut down", checkpoint=SEALED_AT - 41)
    why = f"the copy ends at 0/{SEALED_AT - 41:X}, before it was sealed at {LSN}"
    assert found(transaction=NEXT, redone=None, control=early) == Doubts()
    assert found(transaction=NEXT, redone=None, control=replace(early, oldest_active=0)) == Doubts()
    assert all_doubted(found(transaction=NEXT, redone=None, control=replace(early, oldest_active=NEXT - 1)), why)
    assert all_doubted(found(transaction=NEXT, redone=None, control=replace(early, next_transaction=NEXT - 1)), why)
    left = Arrival(NEXT, None, AT, (Prepared(NEXT - 1, "one", "me", "town"),))  # as a server leaves it that is stopped
    stopped = doubts(SEALED, left, replace(early, oldest_active=0), None, LAYOUTS)
    assert all_doubted(stopped, why)
    other = replace(early, next_transaction=NEXT - 1, oldest_active=0)
    assert all_doubted(found(transaction=NEXT, redone=None, control=other), why)
    assert all_doubted(found(transaction=NEXT - 1, redone=None, control=early), why)
    paused = replace(SEALED, how=How.PAUSED)
    assert all_doubted(found(transaction=NEXT, redone=None, control=early, sealed=paused), why)
    at_the_seal = replace(early, checkpoint=SEALED_AT - 40)  # the header of a page may lie between
    assert found(transaction=NEXT, redone=None, control=at_the_seal, sealed=paused) == Doubts({"town": {}, "land": {}})


def test_where_a_copy_ends_is_the_end_of_the_last_record_that_was_replayed() -> None:
    last = record("COMMIT", SEALED_AT - 80, "Transaction", 0)  # ends 40 bytes before the seal
    paused = replace(SEALED, how=How.PAUSED)
    assert found(log=Log([last]), redone=last.start, sealed=paused) == Doubts({"town": {}, "land": {}})
    earlier = f"the copy ends at 0/{SEALED_AT - 81:X}, before it was sealed at {LSN}"
    assert all_doubted(found(log=Log([last]), redone=last.start - 1, sealed=paused), earlier)
    bare = doubts(paused, Arrival(NEXT, SEALED_AT - 81, AT), CONTROL, None, LAYOUTS)
    assert all_doubted(bare, earlier)


def test_a_log_that_begins_after_the_seal_tells_nothing() -> None:
    why = f"no log tells what was written after {LSN}, where it was sealed"
    write = record("INSERT blkref #0: rel 1663/16400/16500 blk 0", SEALED_AT)
    assert all_doubted(found(log=Log([write], range(6, 7))), why)
    assert names(found(log=Log([write], range(5, 7)))) != {}
    assert all_doubted(doubts(SEALED, Arrival(NEXT + 1, 2**40, AT), CONTROL, None, LAYOUTS), why)
    large = replace(CONTROL, segment=4 * SEGMENT)
    assert all_doubted(found(log=Log([write], range(2, 7)), control=large), why)
    exact = replace(SEALED, ended=replace(SEALED.ended, lsn=f"0/{5 * SEGMENT:X}"))
    assert names(found(log=Log([write], range(5, 7)), sealed=exact)) == {"town": ["public.cat", "sequence values"]}


def test_a_log_that_cannot_be_read_leaves_everything_in_doubt() -> None:
    assert all_doubted(
        found(log=Log([record("x", SEALED_AT)], broken="it cannot be read at 0/7")), "it cannot be read at 0/7"
    )


# -- what was written --------------------------------------------------------------------------------------------------


def write(file: str, at: int = SEALED_AT, says: str = "INSERT off: 1", **other: Any) -> Record:
    return record(f"{says}, blkref #0: rel {file} blk 0", at, **other)


def test_a_table_that_was_written_to_after_the_seal_is_in_doubt_and_others_are_not() -> None:
    told = found(write("1663/16400/16500"))
    assert told.databases == {
        "town": {
            "public.cat": "it was written to after the seal",
            "sequence values": "rows were written after the seal",
        },
        "land": {},
    }
    assert told.shared is None
    assert names(found(write("16999/16401/16600"))) == {"land": ["public.title", "sequence values"]}
    assert names(found(write("1663/16401/16600"))) == {"land": ["sequence values"]}  # another file of that number
    assert names(found(write("1663/16400/16500"), write("1663/16400/16501", at=SEALED_AT + 40))) == {
        "town": ["public.cat", "public.dog", "sequence values"]
    }
    two = "INSERT, blkref #0: rel 1663/16400/16500 blk 0, blkref #1: rel 1663/16400/16501 blk 0"
    assert names(found(record(two, SEALED_AT))) == {"town": ["public.cat", "public.dog", "sequence values"]}


@pytest.mark.parametrize(
    "harmless",
    [
        write("1663/16400/16500", at=SEALED_AT - 1),  # before the seal
        write("1663/16400/16500", transaction=0),  # a checkpoint, or a reader
        write("1663/16400/1259", says="INPLACE off: 3"),  # a figure for the planner
        write("1663/5/1259"),  # another database
        record("COMMIT 2030-01-01 00:00:00.000000 UTC", SEALED_AT, "Transaction", NEXT),
    ],
)
def test_what_changes_no_row_that_was_sealed_leaves_no_doubt_of_a_table(harmless: Record) -> None:
    assert found(harmless) == Doubts({"town": {}, "land": {}})


def test_the_last_record_of_the_copy_counts() -> None:
    last = write("1663/16400/16500", at=2**40)
    assert names(found(log=Log([last]))) == {"town": ["public.cat", "sequence values"]}
    assert names(found(log=Log([last, write("1663/16400/16501", at=2**40 + 40)]))) == {
        "town": ["public.cat", "sequence values"]
    }


def test_a_file_that_a_commit_removes_was_written_to() -> None:
    gone = f"COMMIT 2030-01-01 00:00:00.000000 UTC; rels: {OWN} pg_tblspc/16999/PG_18_1/16401/16600; inval msgs"
    told = found(record(gone, SEALED_AT, "Transaction"))
    assert names(told) == {"town": ["public.cat", "sequence values"], "land": ["public.title", "sequence values"]}
    other = write("1663/16400/16501")
    assert "public.dog" in found(other, record(gone, SEALED_AT + 40, "Transaction")).databases["town"]
    undone = gone.replace("COMMIT", "ABORT")
    assert names(found(record(undone, SEALED_AT, "Transaction"))) == {}


@pytest.mark.parametrize(("transaction", "under_way"), [(NEXT - 1, True), (NEXT, False), (NEXT + 3, False), (1, True)])
def test_a_transaction_that_had_begun_before_the_seal_leaves_everything_in_doubt(
    transaction: int, under_way: bool
) -> None:
    told = found(record("COMMIT 2030-01-01 00:00:00.000000 UTC", SEALED_AT, "Transaction", transaction))
    why = f"transaction {transaction} was under way when it was sealed"
    assert all_doubted(told, why, Unfinished()) is under_way
    assert (names(told) == {}) is not under_way
    rolled_back = found(record("ABORT 2030-01-01 00:00:00.000000 UTC", SEALED_AT, "Transaction", transaction))
    assert names(rolled_back) == {}


def test_what_was_prepared_and_what_was_ended_is_told_by_number() -> None:
    at = "2030-01-01 00:00:00.000000 UTC"
    told = [
        record(f"PREPARE gid one: x: {at}", SEALED_AT, "Transaction", NEXT),
        record(f"PREPARE gid two: {at}", SEALED_AT + 40, "Transaction", NEXT + 1),
        record(f"COMMIT_PREPARED {NEXT}: {at}", SEALED_AT + 80, "Transaction", 0),
        record(f"ABORT_PREPARED {NEXT - 1}: {at}", SEALED_AT + 120, "Transaction", 0),
        record(f"COMMIT {at}", SEALED_AT + 160, "Transaction", NEXT + 2),
        record("PREPARE is no word of a table", SEALED_AT + 200, "Heap", NEXT + 3),
    ]
    unfinished = Unfinished(frozenset({NEXT, NEXT + 1}), frozenset({NEXT, NEXT - 1}))
    assert found(*told) == Doubts({"town": {}, "land": {}}, None, unfinished)
    straggler = record(f"COMMIT_PREPARED {NEXT - 2}: {at}", SEALED_AT, "Transaction", 0)
    why = f"transaction {NEXT - 2} was under way when it was sealed"
    assert all_doubted(found(straggler), why, Unfinished(frozenset(), frozenset({NEXT - 2})))


@given(st.integers(3, 2**40), st.integers(-(2**31) + 1, 2**31 - 1))
def test_transactions_are_told_apart_also_where_their_numbers_begin_anew(upcoming: int, step: int) -> None:
    """Those of 32 bits in the log, those of 64 in the seal; within two thousand million an earlier one is earlier."""
    sealed = replace(SEALED, ended=replace(SEALED.ended, transaction=str(upcoming)))
    number = (upcoming + step) % 2**32
    told = found(
        record("COMMIT 2030-01-01 00:00:00.000000 UTC", SEALED_AT, "Transaction", number),
        sealed=sealed,
        transaction=upcoming + 2**32,
    )
    assert (told.shared is not None) is (step < 0)
