"""Looks whether every index is whole and true to its table: btree and GIN by amcheck, others by looking rows up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from drill.evidence import Observation
from drill.probes.borrowed import Absent, Lent, borrowed
from drill.probes.collations import moved
from drill.probes.look import Look, named
from drill.probes.lookups import Lookups, lookups
from drill.sites.discretion import of_error

_INDEXES: LiteralString = """
select i.indexrelid::bigint, array[n.nspname::text, c.relname::text], a.amname,
       i.indisvalid and i.indisready and i.indislive, i.indcollation::oid[]::bigint[]
from pg_index i
join pg_class c on c.oid = i.indexrelid
left join pg_namespace n on n.oid = c.relnamespace
left join pg_am a on a.oid = c.relam
where c.relkind = 'i' and c.relpersistence <> 't'
order by 2
"""


def btree(console: psycopg.Connection[Any]) -> Observation:
    """One line for each damaged index. A btree has every tuple of its table, each where a search finds it, none twice.

    GIN is held to its own order, not to its table (PostgreSQL 18 and later). One whose text is in another order here
    than where it was written, and that is not in this server's, is unseen. The console is in autocommit; psycopg.Error
    when its connection is gone.
    """
    look = Look(console)
    with look.over(), borrowed(console, "bt_index_parent_check", "gin_index_check") as lent:
        others = {index.oid: index for index in lookups(console)}
        elsewhere = moved(console)
        for oid, names, method, valid, ordered_by in console.execute(_INDEXES).fetchall():
            thing = f"index {named(*names)}"
            reordered = "; ".join(elsewhere[each] for each in ordered_by if each in elsewhere)
            with look.at(thing), _unless(reordered):
                if not valid:
                    raise Absent("it is not valid")
                if method in ("btree", "gin"):
                    _amcheck(console, lent, method, oid)
                elif missing := _others(console, method, others.get(oid)):
                    if reordered:
                        raise Absent(f"{missing} rows are not found by it; {reordered}")
                    look.wrong.append(f"{thing}: {missing} rows are not found by it")
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


def _amcheck(console: psycopg.Connection[Any], lent: Lent, method: str, oid: int) -> None:
    """psycopg.Error says what is damaged."""
    flags = ", true" * (3 if console.info.server_version >= 170000 else 2)  # the third: no key is there twice
    function, given = ("gin_index_check", "") if method == "gin" else ("bt_index_parent_check", flags)
    console.execute(sql.SQL("select {}({}::oid" + given + ")").format(lent(function), oid))


def _others(console: psycopg.Connection[Any], method: str, index: Lookups | None) -> int:
    """How many rows are not found by it. Absent where it offers no way to tell."""
    if index is None:
        raise Absent(f"nothing tells whether this {method} finds what its table has")
    return index.missing(console)
