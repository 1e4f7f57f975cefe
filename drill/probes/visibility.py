"""Looks for tuples that a visibility map calls visible to all or frozen, and that are not."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from drill.evidence import Observation
from drill.probes.borrowed import borrowed
from drill.probes.look import Look, oids, tables

_NOT_SO = sql.SQL(
    "select (select count(*) from unnest({0}) t, lateral {1}(t)) + (select count(*) from unnest({0}) t, lateral {2}(t))"
)
_COUNT = sql.SQL("select count(*) from {}({}::oid)")
_ASKED = {"pg_check_visible": "visible to all", "pg_check_frozen": "frozen"}


def visibility(console: psycopg.Connection[Any]) -> Observation:
    """One line for each table and kind. The console is in autocommit; psycopg.Error when its connection is gone."""
    look = Look(console)
    with look.over(), borrowed(console, *_ASKED) as lent:
        called = [lent(function) for function in _ASKED]
        for table in look.doubtful(tables(console), lambda some: _NOT_SO.format(oids(some), *called)):
            with look.at(table.name):
                for function, kind in zip(called, _ASKED.values(), strict=True):
                    for (count,) in console.execute(_COUNT.format(function, table.oid)):
                        if count:
                            look.wrong.append(f"{table.name}: {count} tuples not {kind}, on pages marked as such")
    return look.observation
