"""Looks for tuples that a visibility map calls visible to all or frozen, and that are not."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from drill.evidence import Observation
from drill.probes.borrowed import borrowed
from drill.probes.look import Look, tables

_ASKED = {"pg_check_visible": "visible to all", "pg_check_frozen": "frozen"}


def visibility(console: psycopg.Connection[Any]) -> Observation:
    """One line for each table and kind. The console is in autocommit; psycopg.Error when its connection is gone."""
    look = Look(console)
    with look.over(), borrowed(console, *_ASKED) as lent:
        for oid, name in tables(console):
            with look.at(name):
                for function, kind in _ASKED.items():
                    query = sql.SQL("select count(*) from {}({}::oid)").format(lent(function), oid)
                    for (count,) in console.execute(query):
                        if count:
                            look.wrong.append(f"{name}: {count} tuples not {kind}, on pages marked as such")
    return look.observation
