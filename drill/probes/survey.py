"""Reads what a register holds, in one snapshot: digests, receipts, structure; and whether it is sound in itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Any, LiteralString, Protocol

import psycopg
from psycopg import sql

from drill.crew import Crew
from drill.digest import Form, Wanted
from drill.errors import DrillError
from drill.evidence import Buckets, Holdings, Seal, Structure
from drill.pace import Pace
from drill.probes.digests import READING, ROWS, Parts, Shape, digests, files, keys, shapes, views, whole
from drill.probes.fingerprint import OF_SUPERUSERS, fingerprint, fingerprint_of_large_objects
from drill.probes.large_objects import size_of_large_objects
from drill.probes.pieces import Pieces
from drill.probes.receipts import receipts
from drill.probes.soundness import observed
from drill.probes.strangers import strangers
from drill.probes.structure import structure
from drill.registers import ALL
from drill.sites.site import Site
from drill.throttle import Throttle

# Who asks is let in; into what an interrupted DROP DATABASE left, nobody is.
DATABASES: LiteralString = """
select datname::text from pg_database
where datallowconn and datconnlimit <> -2 and not datistemplate order by 1
"""
_WORTH_A_SESSION = 32 * 1024 * 1024  # bytes of tables from which a second session pays


class Server(Protocol):
    """Who can be looked at: a site of a drill, or somebody's live server."""

    @property
    def name(self) -> str: ...

    def console(self, database: str, *, patience: float) -> psycopg.Connection[Any]: ...

    def failed(self, says: str, why: psycopg.Error | None = None) -> DrillError: ...


@dataclass
class Surveyor:
    """Looks with so many sessions at once; no statement may take longer than the deadline (seconds)."""

    jobs: int = 2
    deadline: float = 3600
    form: Form = Form.NATIVE
    whole: bool = False  # the receipts are a table like any other: there are no citizens
    only: frozenset[str] | None = None  # the tables that a seal holds digests of; None: all
    pace: Pace | None = None  # who is told what was read
    throttle: Throttle | None = None  # how fast rows may be read; None: as fast as it goes
    buckets: bool = False  # a seal also tells the digests of parts of each table

    def seal(self, register: str, home: Server, looked: Callable[[str], None] | None = None) -> Seal:
        """What is there before the citizens come: nobody may write meanwhile.

        `looked` is called with the name of the snapshot of the seal when all of it was read, while it still stands.
        """
        taken_at = datetime.now(UTC)
        with self.snapshot(register, home) as console:
            here, shared = shapes(console, receipts=self.whole), _exported(console) if looked else ""
            asked = [shape for shape in here if self.only is None or shape.name in self.only]
            by = keys(console, asked) if self.buckets else {}
            filled = views(console) if self.whole and self.only is None else ()
            wanted = {shape: Wanted(shape.columns, self.form, by.get(shape.name, ())) for shape in (*asked, *filled)}
            read = self._digests(register, home, console, wanted)
            row = console.execute(_PLACE).fetchone() or ("", "")
            place, layout = str(row[1]), files(console, *(ROWS if self.whole else ROWS[:1]))
            objects = self._with_objects(structure(console, here), console, self.form)
            if looked:
                looked(shared)
            tables = {name: whole(parts) for name, parts in read.items()}
            kept = {shape.name: tables.pop(shape.name) for shape in filled if shape.name in tables}
            seal = Seal(tables, objects, str(row[0]), place, taken_at, layout, self.form, views=kept)
            return replace(seal, buckets={name: Buckets(by[name], read[name]) for name in by if name in read})

    def holdings(self, register: str, site: Site, seal: Seal) -> Holdings:
        """What is there now, also while citizens are served; tables of the seal are read over the seal's columns.

        Those that are not as sealed are read once more, by the buckets of the seal, if it has any.
        """
        with self.snapshot(register, site) as console:
            sealed_views = (shape for shape in views(console) if shape.name in seal.tables) if self.whole else ()
            here = (*shapes(console, receipts=self.whole), *sealed_views)
            left = () if self.whole else receipts(console, register)
            columns = {shape: tuple(seal.structure.columns.get(shape.name, shape.columns)) for shape in here}
            wanted = {shape: Wanted(columns[shape], self.form) for shape in here}
            tables = {k: whole(v) for k, v in self._digests(register, site, console, wanted).items()}
            differing = [s for s in here if s.name in seal.buckets and tables.get(s.name) != seal.tables.get(s.name)]
            by = {s.name: digests(console, s, replace(wanted[s], key=seal.buckets[s.name].key)) for s in differing}
            buckets = {name: parts for name, parts in by.items() if parts is not None}
            return Holdings(site.name, tables, left, structure(console, here), buckets=buckets)

    def thorough(self, register: str, site: Site, seal: Seal) -> Holdings:
        """The same with every object of the schema, and whether the database is sound: for when nobody waits."""
        held = self.holdings(register, site, seal)
        with self.snapshot(register, site) as console:
            whole = self._with_objects(held.structure, console, seal.form)
        seen = observed(lambda: site.console(register, patience=self.deadline), self.jobs)
        return replace(held, structure=whole, observations=seen)

    def _with_objects(self, known: Structure, console: psycopg.Connection[Any], form: Form) -> Structure:
        if self.throttle is not None:
            self.throttle.wait(size_of_large_objects(console))
        objects = {**fingerprint(console), **fingerprint_of_large_objects(console, form)}
        if not self.whole:  # a drill's dumps are made by a courier, who is no superuser and may not read these
            objects = {kind: those for kind, those in objects.items() if kind not in OF_SUPERUSERS}
        return replace(known, objects=objects)

    def size(self, register: str, site: Site) -> int:
        """Bytes of its database on the disk, with its indexes."""
        ((size,),) = site.ask("select pg_database_size(current_database())", database=register)
        return int(size)

    def strangers(self, places: Mapping[str, Site]) -> Mapping[str, Mapping[str, int]]:
        """By register and reference: rows that name somebody whom the other register, wherever it is, does not know."""

        def of(register: str) -> Mapping[str, int]:
            known = ALL[register].references if register in ALL else ()  # somebody's own data names nobody
            asked = [reference for reference in known if reference.register in places]
            with _failing_as_a_step(places[register], register):
                return strangers(places, register, asked)

        with Crew(self.jobs) as crew:
            return dict(zip(places, crew.map(of, places), strict=True))

    @contextmanager
    def snapshot(self, register: str, site: Server, shared: str | None = None) -> Iterator[psycopg.Connection[Any]]:
        """A session that sees one state of a database for as long as it is open, that of another session if shared."""
        with _failing_as_a_step(site, register), site.console(register, patience=self.deadline) as console:
            for name, setting in READING.items():
                console.execute("select set_config(%s, %s, false)", (name, setting))
            console.execute("begin isolation level repeatable read read only")
            if shared is not None:
                console.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(shared)))
            yield console

    def _digests(
        self, register: str, site: Server, console: psycopg.Connection[Any], wanted: Mapping[Shape, Wanted]
    ) -> dict[str, Parts]:
        """By table, the largest first; those that cannot be read in their sealed form are absent."""
        here, waiting = list(wanted), SimpleQueue[Shape]()
        for shape in sorted(here, key=lambda shape: -shape.size):
            waiting.put(shape)
        if self.pace is not None:
            self.pace.begin(register, len(here), sum(shape.size for shape in here))
        jobs = min(self.jobs, len(here)) if sum(shape.size for shape in here) > _WORTH_A_SESSION else 1
        with ExitStack() as sessions:
            consoles = [console]
            if jobs > 1:
                shared = _exported(console)
                consoles += [sessions.enter_context(self.snapshot(register, site, shared)) for _ in range(jobs - 1)]
            with Crew(jobs) as pool:
                return {
                    k: v
                    for part in pool.map(lambda one: self._read(one, waiting, wanted), consoles)
                    for k, v in part.items()
                }

    def _read(
        self, console: psycopg.Connection[Any], waiting: SimpleQueue[Shape], wanted: Mapping[Shape, Wanted]
    ) -> dict[str, Parts]:
        """Take tables from the queue until there are none."""
        found: dict[str, Parts] = {}
        while True:
            try:
                shape = waiting.get_nowait()
            except Empty:
                return found
            seen = self._parts(console, shape, wanted[shape])
            if seen is not None:
                found[shape.name] = seen

    def _parts(self, console: psycopg.Connection[Any], shape: Shape, wanted: Wanted) -> Parts | None:
        if self.throttle is not None:
            return Pieces(self.throttle, self._count).digests(console, shape, wanted)
        seen = digests(console, shape, wanted)
        self._count(shape.size)
        return seen

    def _count(self, size: int) -> None:
        if self.pace is not None:
            self.pace.count(size)


_PLACE = """
select (select system_identifier from pg_control_system()),
       case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end
"""


def _exported(console: psycopg.Connection[Any]) -> str:
    row = console.execute("select pg_export_snapshot()").fetchone()
    return str(row[0]) if row else ""


@contextmanager
def _failing_as_a_step(site: Server, register: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as refused:
        raise site.failed(f"{register} cannot be surveyed: {refused}", refused) from refused
