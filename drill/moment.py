"""Is a physical copy of the moment of the seal? What was written between the two, the log between them tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from drill.errors import StepFailed
from drill.probes.fingerprint import KINDS
from drill.seals import How, Sealed
from drill.sites.control import Control
from drill.sites.physical import Arrival
from drill.sites.trail import Way
from drill.sites.wal import Record, Wal, ending_of, lsn_of, place_of

_FILE = re.compile(r"rel (\d+)/(\d+)/(\d+)")
_GONE = re.compile(r"rels: ([^;]+)")
_DEFAULT = "1663"  # the tablespace of base/
_HEADER = 40  # bytes, at most, between the end of a record and the start of the next

Doubts = Mapping[str, Mapping[str, str]]  # by database: table or kind of object -> why it may differ


@dataclass
class _Between:
    """What the log shows between the seal and the end of the copy."""

    files: set[str] = field(default_factory=set)
    ended: bool = False  # some transaction was committed
    straggler: int | None = None  # one that had begun before the seal

    def read(self, record: Record, next_transaction: int) -> None:
        written = _FILE.findall(record.says) if record.transaction else []  # else it is a checkpoint's, or a reader's
        for space, database, file in written:
            self.files.add(f"base/{database}/{file}" if space == _DEFAULT else f"{space}/{database}/{file}")
        if (ending := ending_of(record)) is None or not ending.committed:
            return
        self.ended = True
        self.files |= {path for gone in _GONE.findall(record.says) for path in gone.split()}
        if 0 < (next_transaction - ending.transaction) % 2**32 < 2**31:
            self.straggler = ending.transaction


def doubts(sealed: Sealed, arrival: Arrival, control: Control, log: tuple[Way, Wal] | None) -> Doubts:
    """By database what need not be as sealed, and why; empty where the copy is of the seal's moment."""
    still = sealed.how in (How.QUIESCED, How.PAUSED)
    since = sealed.ended if still else sealed.begun
    place, next_transaction = place_of(since.lsn), int(since.transaction)
    quiet = sealed.how is How.QUIESCED and arrival.transaction == next_transaction
    end = _end(arrival, control, log)
    if end + _HEADER < place:
        if quiet and control.idle and control.next_transaction == next_transaction:
            return {}
        return _all(sealed, f"the copy ends at {lsn_of(end)}, before it was sealed at {since.lsn}")
    if quiet:
        return {}
    if log is None or place < log[1].segments[0] * control.segment:
        return _all(sealed, f"no log tells what was written after {since.lsn}, where it was sealed")
    return _written(sealed, _between(log[1], place, end, next_transaction))


def _end(arrival: Arrival, control: Control, log: tuple[Way, Wal] | None) -> int:
    """Up to where the copy goes."""
    if arrival.redone is None:
        return control.checkpoint
    last = None if log is None else log[1].last
    return last.end if last is not None and arrival.redone == last.start else arrival.redone


def _between(wal: Wal, place: int, end: int, next_transaction: int) -> _Between | str:
    found = _Between()
    try:
        for record in wal.records(place, []):
            if record.start > end:
                break
            found.read(record, next_transaction)
    except StepFailed as damaged:
        return str(damaged)
    return found


def _written(sealed: Sealed, found: _Between | str) -> Doubts:
    if isinstance(found, str):
        return _all(sealed, found)
    if found.straggler is not None:
        return _all(sealed, f"transaction {found.straggler} was under way when it was sealed")
    if not found.ended:
        return {}
    why = "it was written to after the seal"
    return {
        name: {
            **{table: why for file, table in seal.files.items() if file in found.files},
            **dict.fromkeys((*KINDS, "large objects"), "transactions were committed after the seal"),
        }
        for name, seal in sealed.databases.items()
    }


def _all(sealed: Sealed, why: str) -> Doubts:
    return {
        name: dict.fromkeys((*seal.tables, *KINDS, "large objects"), why) for name, seal in sealed.databases.items()
    }
