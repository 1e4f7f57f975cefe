"""Tries whether a database takes writes and gives them back, and whether each table takes a row into all its indexes.

It is for a copy that is thrown away. Nobody's triggers and rules are executed: what they do, they might do to others.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

from drill.evidence import Observation
from drill.probes.borrowed import sandbox
from drill.probes.look import Look, named
from drill.sites.discretion import of_error

Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]

_TABLES: LiteralString = """
select n.nspname::text, c.relname::text, array_agg(a.attname::text order by a.attnum),
       exists (select from pg_constraint k where k.conrelid = c.oid and not k.convalidated)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
where c.relkind = 'r' and c.relpersistence <> 't'
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast'
group by c.oid, n.nspname, c.relname
order by 1, 2
"""
# A database may be set to read only, or its tables to a place that is not there.
_PLAIN: LiteralString = (
    "set default_transaction_read_only = off; set default_tablespace = ''; set search_path = pg_catalog"
)
# Taken out and put in again, the row goes into every index; an update to what it was before would touch none.
_AGAIN: LiteralString = """
with gone as (
  delete from only {table} where ctid = any (array(select ctid from only {table} limit 1)) returning {columns}),
put as (insert into {table} ({columns}) overriding system value select {columns} from gone returning 1)
select (select count(*) from gone) - (select count(*) from put)
"""


def writing(connect: Connect) -> Observation:
    """One line for the database where it does not give back what it acknowledged, and one for each table that fails.

    Connections are in autocommit; psycopg.Error when one is gone.
    """
    with connect() as console:
        look = Look(console)
        with look.over():
            kept = _kept(connect)
            look.looked_at += 1
            if not kept:
                look.wrong.append("the database: what was written and acknowledged is not there")
        excused = dict[str, str]()
        with look.over(), sandbox(console):
            console.execute("set local session_replication_role = replica")
            for (publication,) in console.execute("select pubname::text from pg_publication").fetchall():
                _silence(console, publication)
            for schema, table, columns, loose in console.execute(_TABLES).fetchall():
                thing = f"table {named(schema, table)}"
                with look.at(thing):
                    try:
                        if _again(console, sql.Identifier(schema, table), columns):
                            look.wrong.append(f"{thing}: a row that was taken out is not put in again")
                    except psycopg.errors.IntegrityError as refused:
                        _refused(look, excused, thing, refused, loose=loose)
    return Observation(look.looked_at, tuple(look.wrong), dict(look.unseen), excused)


def _silence(console: psycopg.Connection[Any], publication: str) -> None:
    """Nothing is deleted from what is published, unless its rows can be told from one another."""
    console.execute(sql.SQL("alter publication {} set (publish = '')").format(sql.Identifier(publication)))


def _refused(look: Look, excused: dict[str, str], thing: str, refused: psycopg.Error, *, loose: bool) -> None:
    """A row that breaks a rule of its own table: no damage where some rule was never held against the rows."""
    if loose:
        excused[thing] = f"a row breaks a constraint, and not all of its constraints are validated: {of_error(refused)}"
    else:
        look.wrong.append(f"{thing}: a row that it holds cannot be put in again: {of_error(refused)}")


def _again(console: psycopg.Connection[Any], table: sql.Identifier, columns: list[str]) -> bool:
    """Whether a row is lost by being taken out and put in again."""
    console.execute(sql.SQL("alter table {} disable trigger all").format(table))
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return console.execute(sql.SQL(_AGAIN).format(table=table, columns=names)).fetchall() != [(0,)]


def _kept(connect: Connect) -> bool:
    """Whether a row that one session has committed is what another reads, and is gone when it was deleted."""
    schema, key = sql.Identifier(f"drill_{uuid4().hex}"), uuid4()
    table = sql.SQL("{}.written").format(schema)
    with connect() as writer, connect() as reader:
        for each in (writer, reader):
            each.execute(_PLAIN)
        writer.execute(sql.SQL("create schema {}; create table {} (key uuid primary key)").format(schema, table))
        try:
            writer.execute(sql.SQL("insert into {} values (%s)").format(table), (key,))
            query = sql.SQL("select key from {}").format(table)
            there = reader.execute(query).fetchall() == [(key,)]
            writer.execute(sql.SQL("delete from {}").format(table))
            return there and reader.execute(query).fetchall() == []
        finally:
            writer.execute(sql.SQL("drop schema {} cascade").format(schema))
