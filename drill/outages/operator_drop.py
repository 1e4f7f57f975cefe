"""An operator drops what was never to be dropped: some tables of one register, or all of it. The others stay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import psycopg
from psycopg import sql
from pydantic import BaseModel, Field

from drill.errors import StepFailed
from drill.objectives import Duration, RegisterName
from drill.outages import signs
from drill.parts import Proof
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site

_Table = Annotated[str, Field(min_length=1, max_length=127)]

# As a scenario writes them: with their schema unless it is `public`. What the drill put there itself is no table of it.
_THERE = """
select case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'drill')
  and n.nspname !~ '^pg_(toast|temp)'
"""
_EXISTS = "select count(*) from pg_database where datname = %s"


class OperatorDrop(BaseModel, frozen=True, extra="forbid"):
    """Drops the named tables with what hangs on them, or the whole register; a person discovers it."""

    kind: Literal["operator_drop"]
    lost: Annotated[RegisterName, Field(alias="register")]
    tables: Annotated[tuple[_Table, ...], Field(min_length=1)] | None = None
    discovered_after: Duration

    @property
    def takes(self) -> frozenset[str]:
        """This register is lost, and no other."""
        return frozenset({self.lost})

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        """Dropped; nothing of it can be given back, though home is alive."""
        if absent := sorted(set(self.tables or ()) - _tables(home, self.lost)):
            there = ", ".join(sorted(_tables(home, self.lost)))
            raise StepFailed(f"{self.lost} has no table {', '.join(absent)}", hint=f"its tables are: {there}")
        timeline.record("outage", "struck", kind=self.kind)
        self.drop(home, self.lost)
        yield partial(self._gone, home)
        timeline.record("outage", "nothing to give back", kind=self.kind, how=signs.as_it_stands(home))

    def drop(self, home: Site, database: str) -> None:
        """That database, or the tables in it, all at once."""
        named = sql.SQL(", ").join(sql.Identifier(*_with_schema(table)) for table in self.tables or ())
        drop = sql.SQL("drop table {} cascade").format(named)
        if self.tables is None:
            drop = sql.SQL("drop database {} with (force)").format(sql.Identifier(database))
        try:
            with home.console("postgres" if self.tables is None else database) as console:
                console.execute("set deadlock_timeout = '1h'")  # a citizen in the way is thrown out, not the operator
                console.execute(drop)
        except psycopg.Error as refused:
            raise home.failed(f"nothing is dropped in {database}: {refused}", refused) from refused

    def _gone(self, home: Site) -> str:
        """Of the catalogue, asked over a new connection to the right database; StepFailed when it is still there."""
        if self.tables is None:
            if home.ask(_EXISTS, [self.lost]) != [(0,)]:
                raise StepFailed(f"{self.lost} is still there", hint="what was dropped instead?")
            return f"{self.lost} is no database of {home.name} any more"
        if left := sorted(set(self.tables) & _tables(home, self.lost)):
            raise StepFailed(f"{self.lost} still has {', '.join(left)}", hint="was it dropped in another database?")
        return f"{', '.join(self.tables)}: not in the catalogue of {self.lost} any more"


def _with_schema(table: str) -> tuple[str, str]:
    schema, _, name = table.rpartition(".")
    return schema or "public", name


def _tables(home: Site, register: str) -> set[str]:
    return {table for (table,) in home.ask(_THERE, database=register)}
