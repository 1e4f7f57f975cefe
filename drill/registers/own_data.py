"""Somebody's own data as one more register: loaded from their dump, sealed, and used without changing a row of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from drill.dumpfile import DumpFile
from drill.errors import CannotRun, Unloadable
from drill.evidence import Structure
from drill.objectives import OWN_DATA
from drill.registers.register import OWN_TABLES
from drill.registers.transaction import RECEIPTS
from drill.sites.discretion import of_error
from drill.sites.loading import DEADLINE, LACKS_SETTING, Loading, create_roles
from drill.sites.site import COURIER, citizen

if TYPE_CHECKING:
    from drill.sites.site import Site

_MINE = "select count(*) from pg_class where relkind in ('r', 'p') and relnamespace::regnamespace::text not in"
_MINE += " ('pg_catalog', 'information_schema') and relnamespace::regnamespace::text !~ '^pg_(toast|temp)'"
_CLASH = "select count(*) from pg_namespace where nspname = 'drill'"
_ELSEWHERE = "select inhrelid::regclass::text from pg_inherits join pg_class c on c.oid = inhrelid where relkind = 'f'"


@dataclass(frozen=True, slots=True)
class LeaveReceipt:
    """The only business there is over rows whose meaning is not known: it changes no table."""

    name: str = "leave a receipt"

    def sql(self, structure: Structure) -> str:
        """One statement, which returns no rows."""
        return (
            f"insert into {RECEIPTS} (citizen, number, relation, rows, one, two)"  # noqa: S608
            " values ($1::int, $2::int, null, 0, 0, 0)"
        )

    def draw(self, random: Random, people: int) -> Sequence[str]:
        """It needs no parameters."""
        return ()


@dataclass(frozen=True)
class OwnData:
    """What a scenario's `home` names: the dump, and the roles that its server has beside it."""

    dump: DumpFile
    roles: Path | None = None
    name: str = OWN_DATA
    transactions: Sequence[LeaveReceipt] = (LeaveReceipt(),)

    def fill(self, home: Site, people: int, seed: int) -> None:
        """Create the database and load the dump; `people` and `seed` change nothing of it.

        CannotRun names what is missing, and what to do: never a value of a row.
        """
        loading = Loading(self.dump, self.name, self.roles, _LEFT_OUT)
        loading.prove_whole()
        if self.roles is not None and (lacking := create_roles(home, self.roles)):
            told = "; ".join(f"{role}: {why}" for role, why in lacking.items())
            raise Unloadable(f"the roles of {self.roles} cannot be created: {told}", hint=LACKS_SETTING, lacking=True)
        try:
            home.create_login(citizen(self.name))
            self._empty(home)
            loading.load(home, lambda: self._empty(home))
            self._prepare(home)
        except psycopg.Error as refused:
            raise home.failed(f"{self.name} cannot be filled: {of_error(refused)}") from None

    def _empty(self, home: Site) -> None:
        """Its database, made or made anew."""
        with home.console() as console:
            _do(console, "drop database if exists {database}")
            _do(console, "create database {database} template template0")
            _do(console, "alter database {database} set log_min_messages = fatal")  # their functions may raise logs
            _do(console, "alter role {courier} bypassrls")  # or policies would keep rows from the copies

    def _prepare(self, home: Site) -> None:
        """The drill's own tables; the courier may read everything, citizens may leave receipts and nothing else."""
        with home.console(self.name, patience=DEADLINE) as console:
            if console.execute(_MINE.encode()).fetchone() == (0,):
                raise CannotRun(f"{self.dump.path} holds no table", hint="is it the right dump? nothing could be lost")
            if console.execute(_CLASH.encode()).fetchone() != (0,):
                hint = "rename it before the dump (alter schema drill rename to ...), or dump without it (-N drill)"
                raise CannotRun(f"{self.dump.path} has a schema drill, where the drill keeps its receipts", hint=hint)
            if far := sorted(name for (name,) in console.execute(_ELSEWHERE.encode())):
                hint = f"dump without it ({' '.join(f'-T {name}' for name in far)})"
                said = "a part of a table is foreign, so its rows are elsewhere, and a drill goes nowhere"
                raise CannotRun(f"{self.dump.path}: {said}: {', '.join(far)}", hint=hint)
            with console.transaction():
                console.execute(_NO_REPLICATION.encode())
                console.execute(OWN_TABLES.encode())
                for statement in _RIGHTS:
                    _do(console, statement)
            console.execute("analyze")


_LEFT_OUT = ("tablespaces", "publications", "subscriptions", "security-labels")
# What pg_restore is told to leave out and psql loads: a drill publishes to nobody and subscribes to nothing.
_NO_REPLICATION = """
do $$ declare each record; begin
  for each in select subname as name from pg_subscription s join pg_database d on d.oid = subdbid
              where datname = current_database() loop
    execute format('alter subscription %I set (slot_name = none)', each.name);
    execute format('drop subscription %I', each.name);
  end loop;
  for each in select pubname as name from pg_publication loop
    execute format('drop publication %I', each.name);
  end loop;
end $$
"""
_RIGHTS = (
    "alter table drill.receipt alter column relation drop not null",  # a receipt here speaks of no table
    "revoke all on database {database} from public",
    "grant connect on database {database} to {citizen}, {courier}",
    "alter role {courier} in database {database} set lo_compat_privileges = on",  # large objects have owners of theirs
    "grant usage on schema drill to {citizen}",
    "grant select, insert on drill.receipt to {citizen}",
)


def _do(console: psycopg.Connection[Any], statement: str) -> None:
    names = {"database": OWN_DATA, "citizen": citizen(OWN_DATA), "courier": COURIER}
    console.execute(sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()}))
