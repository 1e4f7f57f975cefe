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
from drill.probes.borrowed import Absent, sandbox
from drill.probes.collations import moved
from drill.probes.look import Look, named
from drill.sites.discretion import of_error

Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]

_TABLES: LiteralString = """
select n.nspname::text, c.relname::text, array_agg(a.attname::text order by a.attnum),
       array(select r.rulename::text from pg_rewrite r where r.ev_class = c.oid and r.ev_enabled in ('A', 'R'))
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

_TWICE = (psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation)
# Classes of errors of what a table's own constraints and expressions say of a row: one may never have been held against
# it, hold at its time only, or need a search_path. Whether row and rule are as sealed, `content` and `schema` tell.
_THEIRS = ("22", "23", "2F", "38", "39", "42", "P0")
_REFUSED = "its own rules refuse a row that it holds"
_NO_TEXT = "22021"  # and bytes that are no text are damage


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
            console.execute("set local session_replication_role = replica; set local search_path to default")
            for (publication,) in console.execute("select pubname::text from pg_publication").fetchall():
                _silence(console, publication)
            reordered = "; ".join(moved(console).values())
            for schema, table, columns, rules in console.execute(_TABLES).fetchall():
                thing = f"table {named(schema, table)}"
                with look.at(thing):
                    _still(console, sql.Identifier(schema, table), rules)
                    wrong, excuse = _tried(console, sql.Identifier(schema, table), columns, reordered)
                    look.wrong += [f"{thing}: {wrong}"] if wrong else []
                    excused |= {thing: excuse} if excuse else {}
    return Observation(look.looked_at, tuple(look.wrong), dict(look.unseen), excused)


def _tried(
    console: psycopg.Connection[Any], table: sql.Identifier, columns: list[str], reordered: str
) -> tuple[str, str]:
    """What is wrong with a table, or why it takes no row although nothing is; psycopg.Error where that is not known.

    `reordered` says why rows may belong to another partition here; Absent where one does.
    """
    try:
        return ("a row that was taken out is not put in again" if _lost(console, table, columns) else ""), ""
    except _TWICE as there:
        return f"a row that it holds cannot be put in again: {of_error(there)}", ""
    except psycopg.errors.CheckViolation as elsewhere:
        if elsewhere.diag.constraint_name is not None:
            return "", f"{_REFUSED}: {of_error(elsewhere)}"
        if reordered:
            raise Absent(reordered) from elsewhere
        return f"it holds a row of another partition: {of_error(elsewhere)}", ""
    except psycopg.Error as refused:
        state = refused.sqlstate or ""
        if state == _NO_TEXT or not state.startswith(_THEIRS):
            raise
        return "", f"{_REFUSED}: {of_error(refused)}"


def _silence(console: psycopg.Connection[Any], publication: str) -> None:
    """Nothing is deleted from what is published, unless its rows can be told from one another."""
    console.execute(sql.SQL("alter publication {} set (publish = '')").format(sql.Identifier(publication)))


def _still(console: psycopg.Connection[Any], table: sql.Identifier, rules: list[str]) -> None:
    """No trigger of the table fires, nor any rule that would even now."""
    console.execute(sql.SQL("alter table {} disable trigger all").format(table))
    for rule in rules:
        console.execute(sql.SQL("alter table {} disable rule {}").format(table, sql.Identifier(rule)))


def _lost(console: psycopg.Connection[Any], table: sql.Identifier, columns: list[str]) -> bool:
    """Whether a row is lost by being taken out and put in again."""
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
