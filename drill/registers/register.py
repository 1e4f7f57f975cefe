"""The shape that all registers share: a database with its two roles, tables, rows, and what citizens do there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import sql
from sqlalchemy import ForeignKeyConstraint, MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, ExecutableDDLElement

from drill.registers.codes import CADASTRAL_NUMBER, PERSON, PERSONAL_CODE, REGISTRY_CODE
from drill.registers.rows import Lots, Rows
from drill.registers.transaction import StateTransaction
from drill.sites.site import COURIER, citizen, owner

if TYPE_CHECKING:
    import psycopg

    from drill.sites.site import Site

_DIALECT = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]

_PATIENCE = 3600.0  # seconds for one statement that fills a register of a whole country

# No key and no index: what recovery brought back must be readable whatever it is, also twice the same.
OWN_TABLES = """
create schema drill;
create table drill.receipt
  (citizen int not null, number int not null, relation text not null, rows int not null, one numeric not null,
   two numeric not null);
create table drill.mark (nonce uuid not null);
insert into drill.mark values (gen_random_uuid());
"""


@dataclass(frozen=True, slots=True)
class Reference:
    """A column whose every value must stand in a column of another register: no foreign key can say so."""

    table: str
    column: str
    register: str
    other_table: str
    other_column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column} -> {self.register}: {self.other_table}.{self.other_column}"


@dataclass
class StateRegister:
    """One register. `before` are functions and types that the tables need, `after` what needs the tables."""

    name: str
    tables: MetaData
    rows: Callable[[Lots], Sequence[Rows]]
    transactions: Sequence[StateTransaction]
    references: Sequence[Reference] = ()
    before: Sequence[str] = ()
    after: Sequence[str] = ()

    def fill(self, home: Site, people: int, seed: int) -> None:
        """Create the database with its roles, tables and rows; the same rows for the same people and seed."""
        home.create_login(citizen(self.name))
        with home.console() as console:
            console.execute(_sql("create role {owner} nologin", self.name))
            console.execute(_sql("create database {database} owner {owner} template template0", self.name))
        with home.console(self.name, patience=_PATIENCE) as console:
            console.execute(_sql("revoke all on database {database} from public", self.name))
            console.execute(_sql("grant connect on database {database} to {citizen}, {courier}", self.name))
            with console.transaction():
                console.execute("set local timezone = 'UTC'; set local search_path = public")
                self._build(console, Lots(people, seed))
            console.execute("analyze")

    def _build(self, console: psycopg.Connection[Any], lots: Lots) -> None:
        """Everything in the database, as the owner's; keys and indexes that slow a load come after it."""
        console.execute(_sql("grant all on database {database} to {owner}", self.name))
        console.execute(_sql("set local role {owner}", self.name))
        console.execute("set local maintenance_work_mem = '256MB'")
        for made in (PERSONAL_CODE, PERSON, REGISTRY_CODE, CADASTRAL_NUMBER):
            _do(console, made.format(schema="pg_temp"))
        for statement in (OWN_TABLES, *self.before, *self._tables()):
            _do(console, statement)
        for rows in self.rows(lots):
            _do(console, rows.sql())
        for statement in (*self._keys(), *self.after, *self._counters(), *self._rights()):
            _do(console, statement)

    def _tables(self) -> Iterator[str]:
        for table in self.tables.sorted_tables:
            yield _ddl(CreateTable(table, include_foreign_key_constraints=[]))
            yield from table.info.get("partitions", ())

    def _keys(self) -> Iterator[str]:
        for table in self.tables.sorted_tables:
            yield from (_ddl(CreateIndex(index)) for index in sorted(table.indexes, key=lambda index: str(index.name)))
        for table in self.tables.sorted_tables:
            keys = [key for key in table.constraints if isinstance(key, ForeignKeyConstraint)]
            for key in sorted(keys, key=lambda key: tuple(key.column_keys)):
                yield _ddl(AddConstraint(key, isolate_from_table=False))

    def _counters(self) -> Iterator[str]:
        """Sequences go on behind the rows that were made with their numbers."""
        for table in self.tables.sorted_tables:
            for column in table.columns:
                if column.identity is not None:
                    yield (
                        f"select setval(pg_get_serial_sequence('public.{table.name}', '{column.name}'),"  # noqa: S608
                        f" coalesce(max({column.name}), 0) + 1, false) from public.{table.name}"
                    )

    def _rights(self) -> Iterator[str]:
        """The citizen role may do what its transactions need, and nothing else."""
        role = citizen(self.name)
        yield "revoke all on schema public from public"
        yield "revoke execute on all functions in schema public from public"
        yield f"grant usage on schema public, drill to {role}"
        yield f"grant usage on all sequences in schema public to {role}"
        yield f"grant execute on all functions in schema public to {role}"
        yield f"grant select, insert on drill.receipt to {role}"
        needed = {(step.table, right) for kind in self.transactions for step in kind.steps for right in step.rights}
        needed |= {(table, "select") for kind in self.transactions for table in kind.reads}
        for table, right in sorted(needed):
            yield f"grant {right} on public.{table} to {role}"


def _sql(text: LiteralString, register: str) -> sql.Composed:
    return sql.SQL(text).format(
        database=sql.Identifier(register),
        owner=sql.Identifier(owner(register)),
        citizen=sql.Identifier(citizen(register)),
        courier=sql.Identifier(COURIER),
    )


def _ddl(element: ExecutableDDLElement) -> str:
    return str(element.compile(dialect=_DIALECT))


def _do(console: psycopg.Connection[Any], statement: str) -> None:
    """Statements made of this package's own constants, numbers and names; nothing of a user's."""
    console.execute(statement)
