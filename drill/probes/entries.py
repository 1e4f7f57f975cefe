"""Looks whether the entries of an index lead each to a row, where amcheck does not: whether there are too many.

Of GIN, which amcheck holds to its own order alone, also whether there are too few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from drill.evidence import Observation
from drill.probes.borrowed import Absent, sandbox
from drill.probes.collations import moved
from drill.probes.look import Look, named
from drill.probes.lookups import ALONE, Lookups, lookups, nodes

_INDEXES: LiteralString = """
select i.indexrelid::bigint, i.indrelid::bigint, array[n.nspname::text, c.relname::text],
       array[m.nspname::text, t.relname::text], a.amname, pg_get_expr(i.indpred, i.indrelid),
       array(select quote_ident(k.attname) from pg_attribute k
             where k.attrelid = i.indexrelid and i.indrelid < 16384 order by k.attnum),
       row_number() over (partition by i.indrelid order by i.indexrelid),
       coalesce(pg_relation_size(i.indexrelid) + pg_relation_size(i.indrelid), 0)
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_am a on a.oid = c.relam
join pg_class t on t.oid = i.indrelid
join pg_namespace m on m.oid = t.relnamespace
where c.relkind = 'i' and c.relpersistence <> 't' and i.indisvalid and i.indisready and i.indislive
order by 3
"""
# What can be read from one end to the other by the index alone.
_COUNTED = ("btree", "gist", "spgist")
_VACUUM: LiteralString = "vacuum (truncate false, parallel 0)"
_HONESTLY: LiteralString = """
set zero_damaged_pages = off; set ignore_checksum_failure = off; set lock_timeout = '30s'; set vacuum_cost_delay = 0
"""
_BY_INDEX: LiteralString = """
select set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true),
       set_config('enable_indexscan', 'on', true), set_config('enable_indexonlyscan', 'on', true),
       set_config('max_parallel_workers_per_gather', '0', true)
"""


@dataclass(frozen=True, slots=True)
class _Index:
    """One row of _INDEXES."""

    oid: int
    table_oid: int
    names: Sequence[str]
    table: Sequence[str]
    method: str
    predicate: str | None
    keys: Sequence[str]  # of a catalogue's, of which a server does not see that others are out of use
    turn: int  # among the indexes of its table
    size: int  # bytes on the disk, with those of its table

    @property
    def thing(self) -> str:
        """As it is told."""
        return f"index {named(*self.names)}"


def entries(console: psycopg.Connection[Any]) -> Observation:
    """One line for each index that has too many, or too few where nobody else looks for those.

    For a copy that is thrown away: it is vacuumed, so that an index is believed without its table being asked. The
    console is in autocommit; psycopg.Error when its connection is gone.
    """
    look = Look(console)
    with look.over():
        every = [_Index(*row) for row in console.execute(_INDEXES).fetchall()]
        _vacuum(look, every)
        with sandbox(console):
            known = {index.oid: index for index in lookups(console)}
            reordered = "; ".join(moved(console).values())
            for index in _doubtful(look, every):
                with look.at(index.thing):
                    for wrong in _wrong(console, index, known):
                        if reordered:  # a predicate may have held of other rows, and a GIN be in another order
                            raise Absent(f"{wrong}; {reordered}")
                        look.wrong.append(f"{index.thing}: {wrong}")
    return look.observation


def _doubtful(look: Look, every: Sequence[_Index]) -> Iterator[_Index]:
    """Those that must be looked at one by one. Of each table only one index at a time can be counted."""
    for turn in sorted({index.turn for index in every}):
        counted = (index for index in every if index.turn == turn and index.method in _COUNTED)
        yield from look.uncounted(counted, lambda some: len(_off(look.console, some)))
    yield from (index for index in every if index.method not in _COUNTED)


def _vacuum(look: Look, every: Sequence[_Index]) -> None:
    """All tables at once or, where one is damaged, each that has an index which is counted."""
    look.console.execute(_HONESTLY)
    try:
        look.console.execute(_VACUUM)
        return
    except psycopg.Error:
        if look.console.closed:
            raise
    for table in dict.fromkeys(tuple(index.table) for index in every if index.method in _COUNTED):
        with look.over(f"table {named(*table)}"):
            look.console.execute(sql.SQL(_VACUUM + " {}").format(sql.Identifier(*table)))


def _wrong(console: psycopg.Connection[Any], index: _Index, known: Mapping[int, Lookups]) -> Iterator[str]:
    if index.method in _COUNTED:
        for rows, entries in _off(console, [index]):
            yield f"its entries lead to {entries} rows, and its table has {rows} for it"
    elif index.method == "gin":
        if index.oid not in known:
            raise Absent("nothing tells whether this gin finds what its table has")
        if missing := known[index.oid].missing(console):
            yield f"{missing} rows are not found by it"


def _off(console: psycopg.Connection[Any], some: Sequence[_Index]) -> list[tuple[int, int]]:
    """Of those that have not as many: how many rows their tables have for them, and to how many they lead.

    No two are of one table. Absent where the planner does not ask each alone.
    """
    query = sql.SQL(" union all ").join(_counting(index) for index in some)
    rows = dict(console.execute(query).fetchall())
    console.execute(ALONE, ([index.table_oid for index in some], [index.oid for index in some]))
    console.execute(_BY_INDEX)
    ((plans,),) = console.execute(sql.SQL("explain (format json) {}").format(query)).fetchall()
    scanned = [(node["Node Type"], node["Index Name"]) for node in nodes(plans[0]["Plan"]) if "Index Name" in node]
    if sorted(scanned) != sorted(("Index Only Scan", index.names[-1]) for index in some):
        raise Absent("the planner does not count by it")
    found = dict(console.execute(query).fetchall())
    return [(rows[index.oid], found[index.oid]) for index in some if rows[index.oid] != found[index.oid]]


def _counting(index: _Index) -> sql.Composed:
    """SELECT its number, and how many rows its table has for it."""
    held = sql.SQL(index.predicate or "true")
    order = sql.SQL(f"order by {', '.join(index.keys)}" if index.keys else "")
    every = sql.SQL("select from only {} where {} {} offset 0").format(sql.Identifier(*index.table), held, order)
    return sql.SQL("select {}::bigint, (select count(*) from ({}) s)").format(index.oid, every)
