"""The first transaction in the write-ahead log that no citizen can have made, by what was told at the seal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from drill.sites.wal import Ending, ending_of

if TYPE_CHECKING:
    from drill.sites.archived import Sealed
    from drill.sites.wal import Record

KINDS = ("Heap", "Heap2", "Transaction", "Database")  # of the records that tell it
_RECEIPTS = "drill.receipt"
_FEW, _SHARE = 50, 5  # rows, and the part of a table: nobody changes more at once

_CHANGING = frozenset({"INSERT", "MULTI_INSERT", "UPDATE", "HOT_UPDATE", "DELETE"})
_FILE = re.compile(r"blkref #0: rel (\d+)/(\d+)/(\d+) blk")
_ROWS = re.compile(r"ntuples: (\d+)")
_WITHIN = re.compile(r"subxacts: ([^;]+)")
_DATABASE = re.compile(r"\d+/(\d+)")


@dataclass(frozen=True, slots=True)
class Suspect:
    """A transaction that must not be brought back."""

    start: int  # of the first record that must not be replayed
    rule: str  # dropped | mass | receipts | no receipt
    says: str
    before: datetime | None  # when the last transaction before it was committed


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a register as it was sealed; None rows where it was not."""

    register: str
    name: str
    rows: int | None


@dataclass(slots=True)
class _Work:
    """What a transaction has done so far."""

    first: int  # where its first record starts
    changed: Counter[Table] = field(default_factory=Counter)  # rows
    receipts: set[str] = field(default_factory=set)  # the registers in which it left one


@dataclass
class Inquiry:
    """Reads records in their order; it holds no more than what open transactions have done."""

    registers: Mapping[str, Sealed]
    _tables: dict[str, Table] = field(init=False)  # by file
    _open: dict[int, _Work] = field(default_factory=dict, init=False)  # by transaction
    _last: datetime | None = field(default=None, init=False)  # when the last transaction was committed

    def __post_init__(self) -> None:
        self._tables = {
            file: Table(register, table, sealed.rows.get(table))
            for register, sealed in self.registers.items()
            for file, table in sealed.files.items()
        }

    def first_suspect(self, records: Iterable[Record]) -> Suspect | None:
        """The earliest transaction that is suspicious, by any rule; None when none is."""
        return next(filter(None, map(self._read, records)), None)

    def _read(self, record: Record) -> Suspect | None:
        verb, _, rest = record.says.partition(" ")
        if record.kind == "Transaction":
            return self._end(record, ending) if (ending := ending_of(record)) else None
        if record.transaction not in self._open:
            self._open[record.transaction] = _Work(record.start)
        if record.kind == "Database":
            return self._drop(record) if verb == "DROP" else None
        self._note(self._open[record.transaction], verb.removesuffix("+INIT"), rest)
        return None

    def _note(self, work: _Work, verb: str, rest: str) -> None:
        """A change of rows, of a table that was sealed. A receipt that is left is none; one that is altered is one."""
        if verb not in _CHANGING or (found := _FILE.search(rest)) is None:
            return
        if (table := self._tables.get(_path(*found.groups()))) is None:
            return
        if table.name == _RECEIPTS and verb.endswith("INSERT"):
            work.receipts.add(table.register)
        else:
            work.changed[table] += int(rows[1]) if (rows := _ROWS.search(rest)) else 1

    def _end(self, record: Record, ending: Ending) -> Suspect | None:
        """What was done within the transaction, by its own parts too, counts from its commit on."""
        parts = within[1].split() if (within := _WITHIN.search(record.says)) else ()
        done = _Work(record.start)
        for number in (ending.transaction, *map(int, parts)):
            if (work := self._open.pop(number, None)) is not None:
                done.changed += work.changed
                done.receipts |= work.receipts
        if not ending.committed:
            return None
        before, self._last = self._last, ending.at
        for rule, register, what in self._reasons(done, record.gone):
            says = f"transaction {ending.transaction}, committed at {ending.at:%H:%M:%S.%f} in {register}, {what}"
            return Suspect(record.start, rule, says, before)
        return None

    def _reasons(self, work: _Work, dropped: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        """Rule, register and what was done, the plainest first."""
        for path in dropped:
            if (gone := self._tables.get(path)) is not None:
                yield "dropped", gone.register, f"dropped, emptied or rewrote {gone.name}"
        for table, rows in work.changed.items():
            if table.rows is not None and rows >= max(_FEW, table.rows / _SHARE):
                yield "mass", table.register, f"changed {rows} rows of {table.name}, which had {table.rows}"
        for table, rows in work.changed.items():
            if table.name == _RECEIPTS:
                yield "receipts", table.register, f"changed or deleted {rows} receipts"
            elif table.register not in work.receipts and self._leaves_receipts(table.register):
                yield "no receipt", table.register, f"changed {table.name} and left no receipt"

    def _leaves_receipts(self, register: str) -> bool:
        return _RECEIPTS in self.registers[register].files.values()

    def _drop(self, record: Record) -> Suspect | None:
        """The database was marked as dropped by the first record of its transaction: only before that it is whole."""
        gone = {f"base/{number}" for number in _DATABASE.findall(record.says)}
        for path, table in self._tables.items():
            if path.rpartition("/")[0] in gone:
                says = f"transaction {record.transaction} dropped all of {table.register}"
                return Suspect(self._open[record.transaction].first, "dropped", says, self._last)
        return None


def _path(space: str, database: str, file: str) -> str:
    """As a seal calls the file of a table in the default tablespace."""
    return f"base/{database}/{file}" if space == "1663" else f"{space}/{database}/{file}"


def suspect(records: Iterable[Record], registers: Mapping[str, Sealed]) -> Suspect | None:
    """The first transaction among these records that no citizen can have made."""
    return Inquiry(registers).first_suspect(records)
