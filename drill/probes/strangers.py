"""Looks for rows that name somebody whom the register they come from does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import psycopg
from psycopg import sql

from drill.registers.register import Reference
from drill.sites.site import Site


def strangers(places: Mapping[str, Site], register: str, references: Sequence[Reference]) -> dict[str, int]:
    """Rows without their counterpart, by reference; each register at its site, its codes carried over once."""

    def place(reference: Reference) -> tuple[str, str, str]:
        return reference.register, reference.other_table, reference.other_column

    with places[register].console(register) as console, console.transaction():
        # the asking register is seen no later than the others, in which people may still be entered
        console.execute("set transaction isolation level repeatable read")
        console.execute("select pg_current_snapshot()")
        found: dict[str, int] = {}
        for (other, table, column), alike in groupby(sorted(references, key=place), key=place):
            with places[other].console(other) as source:
                _carry(_codes(source, table, column), console)
            found |= {str(reference): _missing(console, reference) for reference in alike}
        return found


def _codes(source: psycopg.Connection[Any], table: str, column: str) -> Iterator[str]:
    """Arrays of so many codes, written as PostgreSQL writes them: row by row a million would take many seconds."""
    if not _has(source, table, column):
        return  # nobody is known there any more
    query = sql.SQL(
        "select array_agg(code)::text from"
        " (select {}::text as code, row_number() over () / 20000 as lot from {}) each group by lot"
    ).format(sql.Identifier(column), sql.Identifier("public", table))
    for (codes,) in source.execute(query):
        yield codes


def _carry(codes: Iterator[str], console: psycopg.Connection[Any]) -> None:
    console.execute("drop table if exists pg_temp.known")
    console.execute("create temp table known (code text) on commit drop")
    for lot in codes:
        console.execute("insert into pg_temp.known select unnest(%s::text[])", (lot,))
    console.execute("analyze pg_temp.known")


def _missing(console: psycopg.Connection[Any], reference: Reference) -> int:
    if not _has(console, reference.table, reference.column):
        return 0  # a table that is gone names nobody; that it is gone is told by the register's digests
    query = sql.SQL(
        "select count(*) from {table} t where t.{column} is not null"
        " and not exists (select from pg_temp.known k where k.code = t.{column}::text)"
    ).format(table=sql.Identifier("public", reference.table), column=sql.Identifier(reference.column))
    row = console.execute(query).fetchone()
    return int(row[0]) if row else 0


def _has(console: psycopg.Connection[Any], table: str, column: str) -> bool:
    query = (
        "select exists (select from information_schema.columns"
        " where table_schema = 'public' and table_name = %s and column_name = %s)"
    )
    return console.execute(query, (table, column)).fetchone() == (True,)
