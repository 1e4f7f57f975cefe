"""Looks whether text is ordered here as where the copy was made: the versions of collations, recorded and actual.

Where they differ, indexes may be in another order than this server's. Of those `btree` proves each by itself; what
nothing proves, such as the bounds of partitions, is unseen.
"""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

from drill.evidence import Observation
from drill.probes.borrowed import sandbox
from drill.probes.look import Look, named

_DATABASE: LiteralString = "select d.datcollversion, pg_database_collation_actual_version(d.oid), d.datcollate::text"
_FROM: LiteralString = " from pg_database d where d.datname = current_database()"
_USED: LiteralString = """
select distinct c.oid::bigint, array[n.nspname::text, c.collname::text], c.collversion
from (select unnest(indcollation::oid[]) from pg_index union select unnest(partcollation::oid[]) from pg_partitioned_table) u(oid)
join pg_collation c on c.oid = u.oid and c.collprovider <> 'd'
join pg_namespace n on n.oid = c.collnamespace
order by 2
"""  # noqa: E501
_ACTUAL: LiteralString = "select pg_collation_actual_version(%s::oid)"
_BY_RANGE: LiteralString = """
select array[n.nspname::text, c.relname::text] from pg_partitioned_table p
join pg_class c on c.oid = p.partrelid join pg_namespace n on n.oid = c.relnamespace
where c.relpersistence <> 't' and p.partstrat = 'r' and p.partcollation::oid[] && %s::oid[]
order by 1
"""
DEFAULT = 100  # the oid of the collation `default`, that of the database


def moved(console: psycopg.Connection[Any]) -> dict[int, str]:
    """By oid of a collation that an index or a partitioned table uses: how its version differs from this server's.

    One whose version was never recorded, or that has none, as C, is not among them. The console is in a transaction.
    """
    found = dict[int, str]()
    if console.info.server_version >= 150000:
        for recorded, actual, name in console.execute(_DATABASE + _FROM).fetchall():
            if recorded is not None and recorded != actual:
                found[DEFAULT] = f"{name} of the database was of version {recorded}, and is of {actual or 'none'} here"
    for oid, names, recorded in console.execute(_USED).fetchall():
        actual = _actual(console, oid)
        if recorded is not None and recorded != actual:
            found[oid] = f"{named(*names)} was of version {recorded}, and is of {actual or 'none'} here"
    return found


def _actual(console: psycopg.Connection[Any], oid: int) -> str | None:
    """None where this server has no such collation."""
    console.execute("savepoint versions")
    try:
        ((actual,),) = console.execute(_ACTUAL, (oid,)).fetchall()
    except psycopg.Error:
        if console.closed:
            raise
        console.execute("rollback to savepoint versions; release savepoint versions")
        return None
    console.execute("release savepoint versions")
    return None if actual is None else str(actual)


def collations(console: psycopg.Connection[Any]) -> Observation:
    """Unseen is each table whose partitions have bounds in an order that is another one here, or may be.

    The console is in autocommit; psycopg.Error when its connection is gone.
    """
    look, excused = Look(console), dict[str, str]()
    with look.over(), sandbox(console), look.at("the collations"):
        told = moved(console)
        excused = {why: "each index that it orders is proven by `btree`" for why in told.values()}
        for (names,) in console.execute(_BY_RANGE, (list(told),)).fetchall():
            look.unseen[f"partitions of {named(*names)}"] = "; ".join(told.values())
    return Observation(look.looked_at, tuple(look.wrong), dict(look.unseen), excused)
