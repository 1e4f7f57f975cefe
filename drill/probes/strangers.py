"""Looks for rows that name somebody whom the register they come from does not know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import psycopg
from psycopg import sql

from drill.registers.register import Reference
from drill.sites.site import Site


def strangers(site: Site, register: str, references: Sequence[Reference]) -> dict[str, int]:
    """Rows without their counterpart, by reference; the other register's codes are carried over once."""

    def place(reference: Reference) -> tuple[str, str, str]:
        return reference.register, reference.other_table, reference.other_column

    with site.console(register) as console, console.transaction():
        # the asking register is seen no later than the others, in which people may still be entered
        console.execute("set transaction isolation level repeatable read")
        console.execute("select pg_current_snapshot()")
        found: dict[str, int] = {}
        for (other, table, column), alike in groupby(sorted(references, key=place), key=place):
            with site.console(other) as source:
                _carry(_codes(source, table, column), console)
            found |= {str(reference): _missing(console, reference) for reference in alike}
        return found


def _codes(source: psycopg.Connection[Any], table: str, column: str) -> Iterator[bytes]:
    query = sql.SQL("copy (select {} from {}) to stdout").format(
        sql.Identifier(column), sql.Identifier("public", table)
    )
    with source.cursor().copy(query) as copy:
        yield from map(bytes, copy)


def _carry(codes: Iterator[bytes], console: psycopg.Connection[Any]) -> None:
    console.execute("drop table if exists pg_temp.known")
    console.execute("create temp table known (code text) on commit drop")
    with console.cursor().copy("copy pg_temp.known from stdin") as copy:
        for block in codes:
            copy.write(block)
    console.execute("analyze pg_temp.known")


def _missing(console: psycopg.Connection[Any], reference: Reference) -> int:
    query = sql.SQL(
        "select count(*) from {table} t where t.{column} is not null"
        " and not exists (select from pg_temp.known k where k.code = t.{column}::text)"
    ).format(table=sql.Identifier("public", reference.table), column=sql.Identifier(reference.column))
    row = console.execute(query).fetchone()
    return int(row[0]) if row else 0
