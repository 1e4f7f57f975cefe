"""Looks at every page and tuple of every table, catalogues and TOAST tables too."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from drill.evidence import Observation
from drill.probes.borrowed import borrowed
from drill.probes.look import Look, printable, tables


def heap(console: psycopg.Connection[Any]) -> Observation:
    """One line for each damaged table. The console is in autocommit; psycopg.Error when its connection is gone."""
    look = Look(console)
    with look.over(), borrowed(console, "verify_heapam") as lent:
        for oid, name in tables(console):
            with look.at(name):
                query = sql.SQL(
                    "select count(*) over (), blkno, offnum, msg from {}({}::oid, false, true, 'none', null, null)"
                    " order by 2, 3 limit 1"
                ).format(lent("verify_heapam"), oid)
                for count, block, tuple_, says in console.execute(query):
                    look.wrong.append(
                        f"{name}: {count} damaged, first block {block}, tuple {tuple_}: {printable(says)}"
                    )
    return look.observation
