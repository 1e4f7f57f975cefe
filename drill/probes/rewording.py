"""Has a view written otherwise than it was sealed the same query? A server words what it has parsed, and parses again.

A function's columns are listed in it as they were when it was made, and a newer server may word all of it otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

import psycopg

from drill.probes.borrowed import sandbox
from drill.wording import settled

_MADE: LiteralString = "create view pg_temp.drill_sealed as "
_TOLD: LiteralString = "select pg_get_viewdef('pg_temp.drill_sealed'::regclass)"


def reworded(console: psycopg.Connection[Any], sealed: Mapping[str, str], held: Mapping[str, str]) -> dict[str, str]:
    """The views held, by name; those in the seal's words of which this server makes just what is held.

    The console is in autocommit, in a database that is thrown away; nothing is left in it. psycopg.Error when its
    connection is gone.
    """
    told = dict(held)
    for name in sealed.keys() & held.keys():
        if settled(sealed[name]) == settled(held[name]):
            continue
        try:
            with sandbox(console):
                console.execute((_MADE + sealed[name]).encode())
                if console.execute(_TOLD).fetchall() == [(held[name],)]:
                    told[name] = sealed[name]
        except psycopg.Error:  # what cannot be parsed here does differ
            if console.closed:
                raise
    return told
