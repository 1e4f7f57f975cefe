"""Looks at every page and tuple of every table, catalogues and TOAST tables too."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from drill.evidence import Observation
from drill.probes.borrowed import borrowed
from drill.probes.look import Look, oids, printable, tables

_DAMAGED = sql.SQL("select count(*) from unnest({}) t, lateral {}(t, false, true, 'none', null, null)")
_FIRST = sql.SQL(
    "select count(*) over (), blkno, offnum, msg from {}({}::oid, false, true, 'none', null, null)"
    " order by 2, 3 limit 1"
)


def heap(console: psycopg.Connection[Any]) -> Observation:
    """One line for each damaged table. The console is in autocommit; psycopg.Error when its connection is gone."""
    look = Look(console)
    with look.over(), borrowed(console, "verify_heapam") as lent:
        look_at = lent("verify_heapam")
        for table in look.doubtful(tables(console), lambda some: _DAMAGED.format(oids(some), look_at)):
            with look.at(table.name):
                for count, block, tuple_, says in console.execute(_FIRST.format(look_at, table.oid)):
                    look.wrong.append(
                        f"{table.name}: {count} damaged, first block {block}, tuple {tuple_}: {printable(says)}"
                    )
    return look.observation
