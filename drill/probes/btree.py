"""Looks whether every index is whole and true to its table: btree and GIN by amcheck, others by looking rows up."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from drill.evidence import Observation
from drill.probes.borrowed import Absent, Lent, borrowed
from drill.probes.collations import moved
from drill.probes.look import Look, named, oids
from drill.probes.lookups import Lookups, lookups
from drill.sites.discretion import of_error

_INDEXES: LiteralString = """
select i.indexrelid::bigint, array[n.nspname::text, c.relname::text], a.amname,
       i.indisvalid and i.indisready and i.indislive, i.indcollation::oid[]::bigint[],
       coalesce(pg_relation_size(i.indexrelid) + pg_relation_size(i.indrelid), 0)
from pg_index i
join pg_class c on c.oid = i.indexrelid
left join pg_namespace n on n.oid = c.relnamespace
left join pg_am a on a.oid = c.relam
where c.relkind = 'i' and c.relpersistence <> 't'
order by 2
"""


_KNOWS_GIN = 180000  # from this version on amcheck does
_WRONG = sql.SQL("select count(*) filter (where s.said is null) from ({}) s(said)")


@dataclass(frozen=True, slots=True)
class _Index:
    """One row of _INDEXES."""

    oid: int
    names: Sequence[str | None]
    method: str
    valid: bool
    ordered_by: Sequence[int]  # oids of collations
    size: int  # bytes on the disk, with those of its table

    @property
    def thing(self) -> str:
        """As it is told."""
        return f"index {named(*self.names)}"

    def plain(self, elsewhere: Container[int]) -> bool:
        """Is it a valid btree in this server's own order?"""
        return self.method == "btree" and self.valid and not any(each in elsewhere for each in self.ordered_by)


def btree(console: psycopg.Connection[Any]) -> Observation:
    """One line for each damaged index. A btree has every tuple of its table, each where a search finds it, none twice.

    GIN is held to its own order, by PostgreSQL 18 and later; `entries` holds it to its table. One whose text is in
    another order here than where it was written, and that is not in this server's, is unseen. The console is in
    autocommit; psycopg.Error when its connection is gone.
    """
    look = Look(console)
    with look.over(), borrowed(console, "bt_index_parent_check", "gin_index_check") as lent:
        known = console.info.server_version >= _KNOWS_GIN
        every = [index for row in console.execute(_INDEXES) if (index := _Index(*row)).method != "gin" or known]
        looked_up = {index.oid: index for index in lookups(console)}
        elsewhere = moved(console)
        trees = [index for index in every if index.plain(elsewhere)]
        doubtful = look.doubtful(trees, lambda some: _WRONG.format(_amchecked(console, lent, some)))
        for index in chain(doubtful, (index for index in every if not index.plain(elsewhere))):
            reordered = "; ".join(elsewhere[each] for each in index.ordered_by if each in elsewhere)
            with look.at(index.thing), _unless(reordered):
                if not index.valid:
                    raise Absent("it is not valid")
                if index.method in ("btree", "gin"):
                    console.execute(_amchecked(console, lent, [index]))
                elif missing := _others(console, index.method, looked_up.get(index.oid)):
                    if reordered:
                        raise Absent(f"{missing} rows are not found by it; {reordered}")
                    look.wrong.append(f"{index.thing}: {missing} rows are not found by it")
    return look.observation


@contextmanager
def _unless(reordered: str) -> Iterator[None]:
    """An index that is called corrupt may only be in the order of another version of its collation."""
    try:
        yield
    except psycopg.errors.IndexCorrupted as said:
        if not reordered:
            raise
        raise Absent(f"{of_error(said)}; {reordered}") from said


def _amchecked(console: psycopg.Connection[Any], lent: Lent, some: Sequence[_Index]) -> sql.Composed:
    """SELECT nothing of each of these, all of one method; psycopg.Error says what is damaged."""
    flags = ", true" * (3 if console.info.server_version >= 170000 else 2)  # the third: no key is there twice
    function, given = ("gin_index_check", "") if some[0].method == "gin" else ("bt_index_parent_check", flags)
    return sql.SQL("select {}(t" + given + ") from unnest({}) t").format(lent(function), oids(some))  # noqa: S608


def _others(console: psycopg.Connection[Any], method: str, index: Lookups | None) -> int:
    """How many rows are not found by it. Absent where it offers no way to tell."""
    if index is None:
        raise Absent(f"nothing tells whether this {method} finds what its table has")
    return index.missing(console)
