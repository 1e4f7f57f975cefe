"""Lines of pg_waldump: real ones, of PostgreSQL 18.6."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from drill.sites.wal import (
    Ending,
    Record,
    complaint_in,
    end_of,
    ending_of,
    lsn_of,
    place_of,
    prepares,
    record_of,
)

AT = datetime(2026, 11, 24, 4, 49, 44, 426270, tzinfo=UTC)
RESTORE_POINT = (
    "rmgr: XLOG        len (rec/tot):     98/    98, tx:          0, lsn: 0/04000028, prev 0/03040278,"
    " desc: RESTORE_POINT a-2"
)
IMAGE = (
    "rmgr: Heap2       len (rec/tot):     64/  8256, tx:          0, lsn: 0/03032AC0, prev 0/030325B0, desc: VISIBLE"
    " snapshotConflictHorizon: 870, flags: 0x01, blkref #0: rel 1663/16389/16408 fork vm blk 0 FPW,"
    " blkref #1: rel 1663/16389/16408 blk 0"
)
SWITCH = (
    "rmgr: XLOG        len (rec/tot):     24/    24, tx:          0, lsn: 0/03040278, prev 0/03040238, desc: SWITCH "
)
COMMIT = (
    "rmgr: Transaction len (rec/tot):     50/    50, tx:        868, lsn: 0/03004868, prev 0/03004820,"
    " desc: COMMIT 2026-11-24 04:49:44.426270 UTC; subxacts: 869 870"
)


@pytest.mark.parametrize(
    ("line", "record"),
    [
        (RESTORE_POINT, Record("XLOG", 0, 0x4000028, 0x4000090, "RESTORE_POINT a-2")),
        (COMMIT, Record("Transaction", 868, 0x3004868, 0x30048A0, COMMIT.partition("desc: ")[2])),
        (IMAGE, Record("Heap2", 0, 0x3032AC0, 0x3034B18, IMAGE.partition("desc: ")[2])),
        (SWITCH, Record("XLOG", 0, 0x3040278, 0x4000000, "SWITCH ")),
        ("first record is after 0/300C000, at 0/300C750, skipping over 1872 bytes", None),
        ("pg_waldump: error: could not find a valid record after 0/3000000", None),
        ("", None),
    ],
)
def test_a_line_of_pg_waldump(line: str, record: Record | None) -> None:
    assert record_of(line) == record


@pytest.mark.parametrize(
    ("says", "ending"),
    [
        ("COMMIT 2026-11-24 04:49:44.426270 UTC; subxacts: 869 870", Ending(868, True, AT)),
        ("ABORT 2026-11-24 04:49:44.426270 UTC", Ending(868, False, AT)),
        ("COMMIT_PREPARED 875: 2026-11-24 04:49:44.426270 UTC; rels: base/5/16384", Ending(875, True, AT, True)),
        ("ABORT_PREPARED 875: 2026-11-24 04:49:44.426270 UTC", Ending(875, False, AT, True)),
        ("PREPARE gid late: 2026-11-24 04:49:44.426270 UTC", None),
        ("ASSIGNMENT xtop 868: subxacts: 869", None),
    ],
)
def test_how_a_transaction_ended(says: str, ending: Ending | None) -> None:
    assert ending_of(Record("Transaction", 868, 0, 40, says)) == ending
    assert prepares(Record("Transaction", 868, 0, 40, says)) is says.startswith("PREPARE")
    assert not prepares(Record("Heap", 868, 0, 40, says))


@pytest.mark.parametrize("what", ["error", "fatal"])  # until PostgreSQL 14 it was fatal
def test_a_complaint_of_pg_waldump_is_found_among_its_records(what: str) -> None:
    complaint = f"pg_waldump: {what}: error in WAL record at 0/3004868: incorrect resource manager data checksum"
    assert complaint_in([COMMIT, complaint, "more"]) == complaint
    assert complaint_in([COMMIT, "pg_waldump: first record is after 0/3000000"]) == ""


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        (0x2000028, 114, 0x20000A0),
        (0x3032AC0, 8256, 0x3034B18),  # over a page's header
        (0x3001FC0, 64, 0x3002000),  # to the end of a page, and no further
        (0x2FFFFC0, 65, 0x3000030),  # over a segment's header
        (0x3000028, 20_000, 0x3004E78),
    ],
)
def test_where_a_record_ends(start: int, length: int, end: int) -> None:
    assert lsn_of(end_of(start, length)) == lsn_of(end)


@pytest.mark.parametrize(("text", "place"), [("0/0", 0), ("0/05000028", 0x5000028), ("1A/FF", 0x1A000000FF)])
def test_places_are_written_as_postgresql_does(text: str, place: int) -> None:
    assert place_of(text) == place
    assert place_of(lsn_of(place)) == place
    assert lsn_of(place).lstrip("0123456789ABCDEF").startswith("/")
