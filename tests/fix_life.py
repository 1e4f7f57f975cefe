"""The life of a home that is copied: calm at first, then everything happens to it that one must recover from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, LiteralString

import psycopg

from drill.clock import wait_until
from drill.copies.archive import Archiving
from drill.digest import Digest
from drill.evidence import Seal
from drill.probes.survey import Surveyor
from drill.registers import ALL
from drill.sites.segments import SEGMENT
from drill.sites.site import Site
from drill.sites.wal import place_of
from tests.fix_site import transact

GAZETTE, BUSINESS = "state_gazette", "business"
PEOPLE = 300
_RECEIPT = "insert into drill.receipt values (1000, 1, 'public.act', 0, 0, 0)"  # as no citizen left it
_EACH_ACT: LiteralString = """do $$ declare one bigint; begin for one in select id from act order by id loop
  update act set title = md5(title) where id = one; {receipt} commit;
end loop; end $$"""

# What is done to home, in this order: the database, and its statements. A citizen is served elsewhere before the last.
OUTAGES: Mapping[str, tuple[str, tuple[LiteralString, ...]]] = {
    "a row is changed without a receipt": (GAZETTE, ("update issuer set name = name || '!' where id = 1",)),
    "a receipt is deleted": (GAZETTE, ("delete from drill.receipt where citizen = 1",)),
    "all receipts but one are": (GAZETTE, ("begin", "delete from drill.receipt", _RECEIPT, "commit")),
    "many rows at once": (GAZETTE, ("begin", "update act set title = md5(title)", _RECEIPT, "commit")),
    "many rows by and by": (GAZETTE, (_EACH_ACT.format(receipt=""),)),
    "many rows within a savepoint": (
        GAZETTE,
        (
            *("begin", "savepoint one", "update act set title = md5(title)", "release one"),
            *("savepoint two", "update issuer set name = md5(name)", "rollback to two", _RECEIPT, "commit"),
        ),
    ),
    "many rows in two steps": (
        GAZETTE,
        (
            "begin",
            "update act set title = md5(title)",
            _RECEIPT,
            "prepare transaction 'late'",
            "commit prepared 'late'",
        ),
    ),
    "a table is emptied": (
        GAZETTE,
        ("begin", "savepoint one", "truncate edition", "release one", _RECEIPT, "commit"),
    ),
    "a table is altered": (GAZETTE, ("begin", "alter table issuer alter id type bigint", _RECEIPT, "commit")),
    "a table is written anew": (GAZETTE, ("vacuum full act",)),
    "a table is dropped": (BUSINESS, ("begin", "drop table board_member cascade", _RECEIPT, "commit")),
    "a register is dropped": ("postgres", (f"drop database {BUSINESS}",)),
}
# This is no outage,
HARMLESS: tuple[LiteralString, ...] = (
    "select pg_create_restore_point('arc-4')",  # somebody's own, which is called as one of the copy will be
    *("begin", "update act set title = md5(title)", "rollback"),
    *("begin", "update act set title = md5(title)", "prepare transaction 'no'", "rollback prepared 'no'"),
    *("create table drill.scratch as select * from act", "delete from drill.scratch", "vacuum full drill.scratch"),
    *("drop table drill.scratch", "vacuum (freeze, analyze)", "reindex table act"),
)
# and this is one that nobody can tell from citizens by the log.
FORGED = _EACH_ACT.format(receipt=_RECEIPT + ";")

State = Mapping[str, tuple[Mapping[str, Digest], list[Any]]]  # by register: digests of its tables, keys of its receipts


@dataclass(frozen=True)
class Place:
    """A place in home's log, and what home held there."""

    lsn: str
    at: datetime
    state: State

    @property
    def segment(self) -> int:
        """The number of the segment in which it lies."""
        return place_of(self.lsn) // SEGMENT

    @property
    def edge(self) -> int:
        """Where the next segment begins."""
        return (self.segment + 1) * SEGMENT


@dataclass
class Life:
    """What happens to home, and what it held when."""

    home: Site
    kept: Archiving
    seals: Mapping[str, Seal]
    served: list[Place] = field(default_factory=list)  # after each citizen
    points: dict[str, Place] = field(default_factory=dict)  # before each restore point
    outages: dict[str, tuple[str, Place]] = field(default_factory=dict)  # where it began, and right before its end
    begun: Place = field(init=False)  # before the first citizen
    calm: Place = field(init=False)  # the end of the segment in which nothing bad had happened yet
    _now: State = field(default_factory=dict, init=False)

    def go_on_in_calm(self) -> None:
        """A segment of its own."""
        self.turn_the_page()
        self.begun = self.here(GAZETTE, BUSINESS)
        for _ in range(4):
            self.work()
        self.mark()
        for _ in range(4):
            self.work()
        self.do(GAZETTE, *HARMLESS)
        self.calm = self.work()
        self.mark()
        self.turn_the_page()
        self.catch_up()

    def go_on_to_the_end(self) -> None:
        """All of it, in the last segment."""
        self.mark()
        self.do(GAZETTE, FORGED)
        self.here(GAZETTE)
        for name in OUTAGES:
            self.suffer(name)
        self.work()
        self.mark()
        self.catch_up()
        self.mark()

    def do(self, database: str, *statements: LiteralString) -> None:
        """As the officer."""
        with self.home.console(database) as console:
            _execute(console, *statements)

    def work(self, register: str = GAZETTE) -> Place:
        """One citizen more is served: real business, each kind in its turn."""
        done, kinds = len(self.served) + 1, ALL[register].transactions
        kind = kinds[done % len(kinds)]
        with self.home.console(register) as console:
            console.execute("begin")
            statement = kind.sql(self.seals[register].structure)
            transact(console, statement, [str(done), "1", *kind.draw(Random(done), PEOPLE)])  # noqa: S311 - no secret
            console.execute("commit")
        self.served.append(self.here(register))
        return self.served[-1]

    def here(self, *changed: str) -> Place:
        """Where home is now, after a change of these registers."""
        ((lsn, at),) = self.home.ask("select pg_current_wal_lsn()::text, clock_timestamp()")
        self._now = {**self._now, **state_of(self.home, self.seals, changed)}
        return Place(lsn, at, self._now)

    def mark(self) -> None:
        """A restore point."""
        here = self.here()
        self.kept.mark()
        self.points[f"{self.kept.name}-{self.kept._marks}"] = here

    def suffer(self, name: str) -> None:
        """One of the outages, with citizens around it, and one elsewhere right before its end."""
        database, (*first, last) = OUTAGES[name]
        elsewhere = BUSINESS if database == GAZETTE else GAZETTE
        self.work()
        began = self.here().lsn
        with self.home.console(database) as console:
            _execute(console, *first)
            self.outages[name] = (began, self.work(elsewhere))
            _execute(console, last)
        self._now = state_of(self.home, self.seals)

    def turn_the_page(self) -> None:
        """The next record begins a segment."""
        self.home.ask("select pg_switch_wal()")

    def catch_up(self) -> None:
        """Home knows that the embassy has all of it, restore points too, which home is in no hurry to write out."""
        self.home.ask("select pg_logical_emit_message(false, 'written', '', flush => true)")
        wait_until("the archive has it all", self.kept._caught_up, deadline=30, hint=self.kept.receiver_says)


def _execute(console: psycopg.Connection[Any], *statements: LiteralString) -> None:
    for statement in statements:
        console.execute(statement)


def state_of(site: Site, seals: Mapping[str, Seal], registers: Sequence[str] = (GAZETTE, BUSINESS)) -> State:
    """What a site holds of each of these registers that it still has."""
    there = [name for name in registers if site.ask("select from pg_database where datname = %s", [name])]
    held = {name: Surveyor().holdings(name, site, seals[name]) for name in there}
    return {name: (each.tables, sorted(receipt.key for receipt in each.receipts)) for name, each in held.items()}
