"""Is a physical copy of the moment of the seal? What was written between the two, the log between them tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from drill.errors import StepFailed
from drill.evidence import Seal, Structure
from drill.probes.digests import FILES, ROWS, name_of
from drill.probes.fingerprint import KINDS
from drill.seals import How, Place, Sealed
from drill.sites.control import Control
from drill.sites.physical import Arrival
from drill.sites.site import Site
from drill.sites.trail import Way
from drill.sites.wal import Record, Wal, ending_of, lsn_of, place_of, prepares

_FILE = re.compile(r"rel (\d+)/(\d+)/(\d+)")
_FOLDER = re.compile(r"\d+/(\d+)")  # of a database: its tablespace, its number
_PATH = re.compile(r"(?:base|pg_tblspc/(\d+)/[^/]+)/(\d+)/(\d+)")  # as a seal calls a file, and the log one that goes
_DEFAULT, _SHARED = "1663", "1664"  # the tablespaces of base/ and of global/
_HEADER = 40  # bytes, at most, between the end of a record and the start of the next
_OWN = 16384  # numbers from here on are of somebody's own objects, or of a catalogue that was rewritten
_STATISTICS = ("2619", "2696", "2840", "2841")  # what ANALYZE writes tells nothing of the schema
_CATALOGUES = """
select c.oid::text, pg_catalog.pg_relation_filenode(c.oid)::text, (select d.oid::text from pg_catalog.pg_database d
where d.datname = pg_catalog.current_database()) from pg_catalog.pg_class c
where c.oid < 16384 and pg_catalog.pg_relation_filenode(c.oid) is not null
"""

File = tuple[str, str, str]  # tablespace, database, number
# What of a database a schema change may alter, beside its tables: kinds of objects, and what other checks look at.
SCHEMA = (*KINDS, "large objects", "tables", "constraints", "indexes", "sequence values")


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What became of prepared transactions after the seal, by number; nothing where the copy is of its moment."""

    prepared: frozenset[int] = frozenset()
    ended: frozenset[int] = frozenset()
    doubt: str | None = None  # why that is not known


@dataclass(frozen=True, slots=True)
class Doubts:
    """What of a copy need not be as sealed, and why; nothing where it is of the seal's moment."""

    databases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by table, or by kind of object
    shared: str | None = None  # why roles, and which databases there are, may differ
    unfinished: Unfinished = Unfinished()

    @classmethod
    def of_all(cls, sealed: Sealed, why: str) -> Doubts:
        """Everything may differ."""
        every = {name: dict.fromkeys((*seal.tables, *SCHEMA), why) for name, seal in sealed.databases.items()}
        return cls(every, why, Unfinished(doubt=why))

    def marked(self, sealed: Sealed) -> Sealed:
        """The seal, with what this copy need not hold as it is sealed marked as such."""
        logins = {"logins": self.shared} if self.shared else {}
        databases = {
            name: replace(seal, loose={**seal.loose, **logins, **self.databases.get(name, {})})
            for name, seal in sealed.databases.items()
        }
        return replace(sealed, databases=databases)


@dataclass(frozen=True, slots=True)
class Layout:
    """Of a database of the copy: its number, and the files of its catalogues."""

    oid: str
    catalogues: frozenset[str]
    files: Mapping[str, str] | None = None  # of its rows: path -> table; None where nobody asked

    @classmethod
    def of(cls, site: Site, database: str) -> Layout | None:
        """None where it cannot be read."""
        try:
            rows = site.ask(_CATALOGUES, database=database)
            told = site.ask(FILES, (list(ROWS),), database=database)
            files = {str(path): name_of(schema, table) for path, schema, table in told}
        except StepFailed:
            return None
        if not rows:
            return None
        return cls(str(rows[0][2]), frozenset(file for oid, file, _ in rows if oid not in _STATISTICS), files)


@dataclass
class Between:
    """What the log shows between the seal and the end of the copy."""

    files: set[File] = field(default_factory=set)
    databases: set[str] = field(default_factory=set)  # that were created, moved or dropped, by number
    straggler: int | None = None  # a transaction that had begun before the seal
    prepared: set[int] = field(default_factory=set)  # transactions, by number
    ended: set[int] = field(default_factory=set)

    def read(self, record: Record, next_transaction: int) -> None:
        """The next record; `next_transaction` is the first that had not begun at the seal."""
        if record.kind == "Database":
            self.databases |= set(_FOLDER.findall(record.says))
        # without a transaction it is a checkpoint's, or a reader's; in place only figures for the planner are written
        if record.transaction and not record.says.startswith("INPLACE"):
            self.files |= set(_FILE.findall(record.says))
        if prepares(record):
            self.prepared.add(record.transaction)
        if (ending := ending_of(record)) is None:
            return
        if ending.prepared:
            self.ended.add(ending.transaction)
        if not ending.committed:
            return
        self.files |= _files_of(record.gone).keys()
        if (next_transaction - ending.transaction) % 2**32 in range(1, 2**31):
            self.straggler = ending.transaction


def _files_of(paths: Iterable[str]) -> Mapping[File, str]:
    """As the log names them elsewhere, each with its path; without those that are of no one database."""
    found = filter(None, map(_PATH.search, paths))
    return {(match[1] or _DEFAULT, match[2], match[3]): match.string for match in found}


def since_when(sealed: Sealed) -> Place:
    """From where on it may be otherwise than it was sealed."""
    return sealed.ended if sealed.how in (How.QUIESCED, How.PAUSED) else sealed.begun


def doubts(
    sealed: Sealed, arrival: Arrival, control: Control, log: tuple[Way, Wal] | None, layouts: Mapping[str, Layout]
) -> Doubts:
    """By what the log tells; `layouts` of the databases that the copy has."""
    since = since_when(sealed)
    place, next_transaction = place_of(since.lsn), int(since.transaction)
    quiet = sealed.how is How.QUIESCED and arrival.transaction == next_transaction
    end = _end(arrival, control, log)
    if end + _HEADER < place:
        idle = control.idle and not arrival.prepared  # a server that is stopped in order may leave what was prepared
        if quiet and idle and control.next_transaction == next_transaction:
            return Doubts()
        return Doubts.of_all(sealed, f"the copy ends at {lsn_of(end)}, before it was sealed at {since.lsn}")
    if quiet:
        return Doubts()
    if log is None or place < log[1].segments[0] * control.segment:
        return Doubts.of_all(sealed, f"no log tells what was written after {since.lsn}, where it was sealed")
    return _written(sealed, _between(log[1], place, end, next_transaction), layouts)


def _end(arrival: Arrival, control: Control, log: tuple[Way, Wal] | None) -> int:
    """Up to where the copy goes."""
    if arrival.redone is None:
        return control.checkpoint
    last = None if log is None else log[1].last
    return last.end if last is not None and arrival.redone == last.start else arrival.redone


def _between(wal: Wal, place: int, end: int, next_transaction: int) -> Between | str:
    found = Between()
    try:
        for record in wal.records(place, []):
            if record.start > end:
                break
            found.read(record, next_transaction)
    except StepFailed as damaged:
        return str(damaged)
    return found


def _written(sealed: Sealed, found: Between | str, layouts: Mapping[str, Layout]) -> Doubts:
    if isinstance(found, str):
        return Doubts.of_all(sealed, found)
    unfinished = Unfinished(frozenset(found.prepared), frozenset(found.ended))
    if found.straggler is not None:
        why = f"transaction {found.straggler} was under way when it was sealed"
        return replace(Doubts.of_all(sealed, why), unfinished=unfinished)
    shared = found.databases or any(space == _SHARED for space, _, _ in found.files)
    each = {name: doubts_of(seal, found, layouts.get(name)) for name, seal in sealed.databases.items()}
    return Doubts(each, "roles or databases were written to after the seal" if shared else None, unfinished)


def doubts_of(seal: Seal, found: Between, layout: Layout | None) -> dict[str, str]:
    """Of one database: table or kind of object -> why it need not be as sealed."""
    files = {file: seal.files[path] for file, path in _files_of(seal.files).items()}
    numbers = {number for _, number, _ in files} | ({layout.oid} if layout else set())
    if numbers & found.databases:
        return dict.fromkeys((*seal.tables, *SCHEMA), "the database was created, moved or dropped after the seal")
    written = {file for file in found.files if file[1] in numbers}
    why = "it was written to after the seal"
    loose = {table: why for file, table in files.items() if file in written}
    if written:
        loose["sequence values"] = "rows were written after the seal"
    if _of_a_catalogue((number for _, _, number in written - files.keys()), layout):
        loose = {**_redefined(seal, layout), **loose}
        loose |= dict.fromkeys(SCHEMA, "catalogues were written to after the seal")
    return loose


def _redefined(seal: Seal, layout: Layout | None) -> dict[str, str]:
    """The tables that may hold other rows although nobody wrote to their files: a catalogue says what is in these."""
    now = seal.files if layout is None or layout.files is None else layout.files
    moved = {table for table, _ in _by_table(seal.files).items() ^ _by_table(now).items()}
    other = dict.fromkeys(sorted(seal.tables.keys() & moved), "it has other files than at the seal")
    told = "its values are told by names, and catalogues were written to after the seal"
    return other | dict.fromkeys((table for table in seal.tables if _holds_names(table, seal.structure)), told)


def _by_table(files: Mapping[str, str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for path, table in files.items():
        found.setdefault(table, set()).add(path)
    return {table: frozenset(paths) for table, paths in found.items()}


def _holds_names(table: str, structure: Structure) -> bool:
    """Whether it has values that are written as names which a catalogue keeps: of enums, tables, functions."""
    composed = {column.rpartition(".")[0] for column in structure.objects.get("columns", {})}
    own = {name.replace('"', "") for name in composed | structure.objects.get("types", {}).keys()}
    types = (column.type.replace('"', "").removesuffix("[]") for column in structure.columns.get(table, ()))
    return any(each in own or each.startswith("reg") for each in types)


def _of_a_catalogue(files: Iterable[str], layout: Layout | None) -> bool:
    """A catalogue has its number from the beginning, unless it was rewritten: then the copy tells it."""
    if layout is None:
        return any(True for _ in files)
    return any(
        file in layout.catalogues or (file.isdecimal() and int(file) < _OWN and file not in _STATISTICS)
        for file in files
    )
