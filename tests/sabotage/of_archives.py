"""The log of a base backup was damaged, led astray, or replayed to a wrong point."""

from __future__ import annotations

import re
from pathlib import Path

from drill.sites.segments import SEGMENT
from drill.sites.wal import place_of
from tests.sabotage.copies import EARLIER, NIGHTLY, Copy, Kind
from tests.sabotage.damage import Damage, doubt_of_copy, holds, never_comes_up, of_copy, unknown
from tests.sabotage.means import overwritten, put, together, without
from tests.sabotage.means_for_logs import aimed, bit, gone, gone_from, in_segment, on_trial, part, segment

OLD, NEW = 1, 2  # timelines
_MADE = "select balance < 6.10 from account where id = 1"
_ENDS_EARLIER = "the copy ends at .*, before it was sealed at"
_PHANTOM = "insert into tally values ('a phantom', 0)"
_IS_PHANTOM = "select count(*) = 1 from tally where name = 'a phantom'"
_WITHIN = 3 * 8192 + 300  # a place in a segment where records are


def _foreign(copy: Copy) -> None:
    """Somebody tried the copy out at an earlier point, and the trial archived what it wrote."""
    with on_trial(copy, {"recovery_target_name": EARLIER}) as console:
        console.execute(_PHANTOM)


def _sibling(copy: Copy) -> None:
    """Another standby of the same home was promoted beside the sealed one, to a timeline of the same number."""
    _only_what_was_there_before(copy)
    sealed = place_of(copy.sealed.nonce_lsn or "")
    with on_trial(copy, {}) as console:
        console.execute(_PHANTOM)
        while place_of(console.execute("select pg_current_wal_lsn()::text").fetchall()[0][0]) <= sealed:
            console.execute("select pg_switch_wal()")
            console.execute("update tally set n = n where name = 'a phantom'")


def _other_server(whole: bytes) -> bytes:
    """The first page of a segment names its server."""
    return whole[:24] + bytes(each ^ 255 for each in whole[24:32]) + whole[32:]


def _repeated(copy: Copy) -> None:
    """One segment's content under the name of the next."""
    put(segment(copy, (NEW, 2)), segment(copy, (NEW, 1)).read_bytes())


def _only_what_was_there_before(copy: Copy) -> None:
    for path in copy.segments(NEW):
        path.unlink()
    for path in Path(str(copy.wal)).glob("*.history"):
        path.unlink()


def _expected_later(copy: Copy) -> None:
    copy.after = copy.vault.since


def _own_log_flipped(copy: Copy) -> None:
    """The checksum of the first record that the backup needs."""
    label = (copy.path / "backup_label").read_text()
    begins, name = re.findall(r"LOCATION: [0-9A-F]+/([0-9A-F]+) \(file ([0-9A-F]{24})\)", label)[0]
    overwritten(f"pg_wal/{name}", int(begins, 16) % SEGMENT + 20, b"\xff\x00\xff\x00")(copy)


def _without_its_log(copy: Copy) -> None:
    for path in (copy.path / "pg_wal").iterdir():
        if path.is_file():
            path.unlink()


def _no_history(copy: Copy) -> None:
    assert copy.wal is not None
    (copy.wal / "00000002.history").unlink()


def _forked_early(copy: Copy) -> None:
    """The history says that the first timeline was left where its own segments had only begun."""
    assert copy.wal is not None
    history = copy.wal / "00000002.history"
    number, _, why = history.read_text().split("\t", 2)
    begins = int(copy.segments(OLD)[0].name[16:], 16)
    history.write_text(f"{number}\t0/{begins:X}000100\t{why}")


ARCHIVED = (
    Damage(
        "the last segments missing",
        Kind.ARCHIVE,
        gone_from((NEW, 2)),
        holds(_MADE),
        (unknown("content", _ENDS_EARLIER),),
    ),
    Damage(
        "the last segments missing, and a restore point asked for",
        Kind.ARCHIVE,
        together(gone_from((NEW, 2)), aimed(f"name:{NIGHTLY}")),
        never_comes_up("recovery ended before configured recovery target was reached"),
        (of_copy("restored", "recovery ended before configured recovery target was reached"),),
    ),
    Damage(
        "a segment missing in the middle",
        Kind.ARCHIVE,
        gone((NEW, 1)),
        holds(_MADE),
        (of_copy("log", "a hole: segment 00000002.* is missing between"),),
        sample=True,
    ),
    Damage(
        "a segment missing on the timeline before",
        Kind.ARCHIVE,
        gone((OLD, -2)),
        holds(_MADE),
        (of_copy("log", "a hole: segment 00000001.* is missing, before timeline 1 was left"),),
    ),
    Damage(
        "some segments that were never archived",
        Kind.ARCHIVE,
        gone((NEW, 1), (NEW, 2)),
        holds(_MADE),
        (of_copy("log", "a hole: segment 00000002.* is missing between"),),
    ),
    Damage(
        "the first segment missing",
        Kind.ARCHIVE,
        gone((OLD, -4), (OLD, -3)),
        never_comes_up("."),
        (of_copy("restored", "could not locate required checkpoint record"),),
    ),
    Damage(
        "a bit of a segment flipped",
        Kind.ARCHIVE,
        in_segment((NEW, 1), bit(_WITHIN)),
        holds(_MADE),
        (of_copy("log", "cannot be read behind .*checksum"),),
    ),
    Damage(
        "a bit of a segment flipped on the timeline before",
        Kind.ARCHIVE,
        in_segment((OLD, -2), bit(_WITHIN)),
        holds(_MADE),
        (of_copy("replay", "replayed up to"),),
    ),
    Damage(
        "a segment of no length",
        Kind.ARCHIVE,
        in_segment((NEW, 1), lambda _: b""),
        never_comes_up("has wrong size: 0 instead"),
        (of_copy("log", "is cut short: 0 bytes"),),
    ),
    Damage(
        "a segment cut short",
        Kind.ARCHIVE,
        in_segment((NEW, 1), lambda whole: whole[: len(whole) // 2]),
        never_comes_up("has wrong size: 8388608 instead"),
        (of_copy("log", "is cut short: 8388608 bytes"),),
    ),
    Damage(
        "a part of a segment under the name of all of it",
        Kind.ARCHIVE,
        in_segment((NEW, 1), part(2 * 8192)),
        holds(_MADE),
        (of_copy("log", "cannot be read behind"),),
    ),
    Damage(
        "a segment with what the one before holds",
        Kind.ARCHIVE,
        _repeated,
        holds(_MADE),
        (of_copy("log", "cannot be read behind .*unexpected pageaddr"),),
    ),
    Damage(
        "a segment of another server",
        Kind.ARCHIVE,
        in_segment((NEW, 1), _other_server),
        holds(_MADE),
        (of_copy("replay", "replayed up to"),),
        sample=True,
    ),
    Damage(
        "the way to the second timeline missing",
        Kind.ARCHIVE,
        _no_history,
        holds(_MADE),
        (of_copy("log", "it holds segments of timeline 2 and no 00000002.history"),),
    ),
    Damage(
        "a history that forks too early",
        Kind.ARCHIVE,
        _forked_early,
        never_comes_up("."),
        (of_copy("restored", "."),),
    ),
    Damage(
        "a foreign timeline",
        Kind.ARCHIVE,
        _foreign,
        holds(_IS_PHANTOM),
        (of_copy("timeline", "timeline 3 left timeline 2 at .*, before the seal"),),
        sample=True,
    ),
    Damage(
        "a log of a sibling, promoted beside the sealed server",
        Kind.ARCHIVE,
        _sibling,
        holds(_IS_PHANTOM),
        (of_copy("nonce", "not found, though its log goes beyond that place"),),
        sample=True,
    ),
    Damage(
        "an earlier restore point",
        Kind.ARCHIVE,
        aimed(f"name:{EARLIER}"),
        holds(_MADE),
        (unknown("content", _ENDS_EARLIER),),
    ),
    Damage(
        "a restore point that never was",
        Kind.ARCHIVE,
        aimed("name:never"),
        never_comes_up("recovery ended before configured recovery target was reached"),
        (of_copy("restored", "recovery ended before configured recovery target was reached"),),
    ),
    Damage(
        "a time after the end of the log",
        Kind.ARCHIVE,
        aimed("time:2199-01-01T00:00:00+00:00"),
        never_comes_up("recovery ended before configured recovery target was reached"),
        (of_copy("restored", "recovery ended before configured recovery target was reached"),),
    ),
    Damage(
        "a place after the end of the log",
        Kind.ARCHIVE,
        aimed("lsn:FF/0"),
        never_comes_up("recovery ended before configured recovery target was reached"),
        (of_copy("restored", "recovery ended before configured recovery target was reached"),),
    ),
    Damage(
        "a stale copy",
        Kind.ARCHIVE,
        together(_only_what_was_there_before, _expected_later),
        holds(_MADE),
        (of_copy("freshness", "it is of"), unknown("content", _ENDS_EARLIER)),
        sample=True,
    ),
    Damage(
        "no label, though it was made while somebody wrote",
        Kind.ARCHIVE,
        without("backup_label"),
        never_comes_up("could not locate a valid checkpoint record"),
        (
            doubt_of_copy("provenance", "no backup_label, and its server was in production"),
            of_copy("restored", "could not locate a valid checkpoint record"),
        ),
        sample=True,
    ),
    Damage(
        "a base backup without its log",
        Kind.BASE,
        _without_its_log,
        never_comes_up("."),
        (of_copy("log", "."), of_copy("restored", ".")),
    ),
    Damage(
        "the log of a base backup flipped",
        Kind.BASE,
        _own_log_flipped,
        never_comes_up("."),
        (of_copy("log", "could not find a valid record"), of_copy("restored", "could not find redo location")),
    ),
)
