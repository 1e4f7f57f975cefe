"""Functions of PostgreSQL's own extensions, borrowed for one transaction, of which nothing stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

from drill.sites.discretion import of_error

Lent = Callable[[str], sql.Identifier]


class Absent(Exception):
    """Something could not be looked at, and why; `thing` where that is another one than was asked for."""

    def __init__(self, reason: str, *, thing: str = "") -> None:
        super().__init__(reason)
        self.thing = thing


# By name: the library, and from which version on it has which form, the newest first. A library goes on serving the
# forms of its past, since extensions are not updated with it.
_FORMS: Mapping[str, tuple[LiteralString, Mapping[int, LiteralString]]] = {
    "verify_heapam": (
        "amcheck",
        {
            140000: "(regclass, boolean, boolean, text, bigint, bigint, out blkno bigint, out offnum integer,"
            " out attnum integer, out msg text) returns setof record"
        },
    ),
    "bt_index_parent_check": (
        "amcheck",
        {
            170000: "(regclass, boolean, boolean, boolean) returns void",
            110000: "(regclass, boolean, boolean) returns void",
        },
    ),
    "gin_index_check": ("amcheck", {180000: "(regclass) returns void"}),
    "pg_check_visible": ("pg_visibility", {90600: "(regclass, out t_ctid tid) returns setof tid"}),
    "pg_check_frozen": ("pg_visibility", {90600: "(regclass, out t_ctid tid) returns setof tid"}),
}

# What a database may have set otherwise: damage must not be passed over, indexes must not stand for their tables, and
# nobody's own functions, operators or triggers on events are to be called.
_SETTINGS: Mapping[str, str] = {
    "search_path": "pg_catalog, pg_temp",
    "zero_damaged_pages": "off",
    "ignore_checksum_failure": "off",
    "enable_seqscan": "on",
    "enable_indexscan": "off",
    "enable_indexonlyscan": "off",
    "enable_bitmapscan": "off",
    "event_triggers": "off",
    "jit": "off",
    "gin_fuzzy_search_limit": "0",
    "work_mem": "64MB",
    "lock_timeout": "30s",
}
# One that this version does not know is left out.
_SET = """
select pg_catalog.set_config(s.name, w.setting, true)
from rows from (pg_catalog.unnest(%s::pg_catalog.text[]), pg_catalog.unnest(%s::pg_catalog.text[])) w(name, setting)
join pg_catalog.pg_settings s on s.name operator(pg_catalog.=) w.name
"""


@contextmanager
def sandbox(console: psycopg.Connection[Any]) -> Iterator[None]:
    """A transaction with settings that are safe and see damage; it is rolled back. The console is in autocommit."""
    console.execute("begin isolation level read committed read write")
    try:
        console.execute(_SET, (list(_SETTINGS), list(_SETTINGS.values())))
        yield
    finally:
        if not console.closed:
            console.execute("rollback")


@contextmanager
def borrowed(console: psycopg.Connection[Any], *functions: str) -> Iterator[Lent]:
    """A sandbox with these functions; yields a question for the name by which one is called.

    They are declared here, not by CREATE EXTENSION: of one name there can be only one extension, so that sessions would
    wait for each other, and what is installed may be old. Absent when this server has not the library; asked for a
    function that its version has not, the question raises it.
    """
    schema = f"drill_{uuid4().hex}"
    with sandbox(console):
        try:
            console.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
            lent = {name for name in functions if _declare(console, schema, name)}
        except psycopg.errors.UndefinedFile as lacking:
            raise Absent(of_error(lacking)) from lacking

        def called(name: str) -> sql.Identifier:
            if name not in lent:
                version = console.info.server_version // 10000
                raise Absent(f"{_FORMS[name][0]} of PostgreSQL {version} has no {name}")
            return sql.Identifier(schema, name)

        yield called


def _declare(console: psycopg.Connection[Any], schema: str, name: str) -> bool:
    """Whether this version has it."""
    library, forms = _FORMS[name]
    form = next((form for version, form in forms.items() if console.info.server_version >= version), None)
    if form is None:
        return False
    declared = sql.SQL("create function {}" + form + " language c as {}, {}")
    console.execute(declared.format(sql.Identifier(schema, name), f"$libdir/{library}", name))
    return True
