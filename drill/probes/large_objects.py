"""Looks at large objects: what they hold, and whether each page belongs to one."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

from drill.digest import Column, Digest, Form, of_table
from drill.evidence import Observation
from drill.probes.borrowed import sandbox
from drill.probes.look import Look

_COLUMNS = (Column("loid", "oid"), Column("place", "integer"), Column("data", "bytea"))

# As a reader sees them: a page of zeros may be there or not, and a page may be short, since both are read as zeros, and
# a dump makes one of the other. So pages are filled up, those of zeros left out, and the length stands for itself.
_CONTENT: LiteralString = """(
with zeros as materialized (
  select decode(repeat('00', size), 'hex') as page, size
  from (select current_setting('block_size')::integer / 4 as size) s),
sizes as (
  select l.loid, max(l.pageno::bigint * z.size + length(l.data)) as size from pg_largeobject l, zeros z group by l.loid)
select l.loid, l.pageno as place, l.data || substr(z.page, length(l.data) + 1) as data
from pg_largeobject l, zeros z
where l.data || substr(z.page, length(l.data) + 1) <> z.page
union all
select m.oid, -1, int8send(coalesce(s.size, 0)) from pg_largeobject_metadata m left join sizes s on s.loid = m.oid)"""
_OBJECTS: LiteralString = "select count(*) from pg_largeobject_metadata"
_SIZE: LiteralString = "select pg_table_size('pg_largeobject')"
_STRAY: LiteralString = """
select count(*), min(l.loid::bigint) from pg_largeobject l
where not exists (select from pg_largeobject_metadata m where m.oid = l.loid)
"""
_TOO_LONG: LiteralString = """
select count(*), min(l.loid::bigint) from pg_largeobject l
where length(l.data) > current_setting('block_size')::integer / 4
"""


def large_objects(console: psycopg.Connection[Any]) -> Observation:
    """One line for pages that belong to no object, or are longer than a page is. What they hold is in the digest.

    The console is in autocommit; psycopg.Error when its connection is gone.
    """
    look = Look(console)
    with look.over(), sandbox(console), look.at("large objects"):
        ((objects,),) = console.execute(_OBJECTS).fetchall()
        for query, says in ((_STRAY, "belong to no object"), (_TOO_LONG, "are too long")):
            for count, first in console.execute(query):
                if count:
                    look.wrong.append(f"large objects: {count} pages {says}, the first of {first}")
        look.looked_at += objects - 1  # each object is a thing, and their table none
    return look.observation


def size_of_large_objects(console: psycopg.Connection[Any]) -> int:
    """Bytes."""
    return int((console.execute(_SIZE).fetchone() or (0,))[0])


def content_of(console: psycopg.Connection[Any], form: Form) -> Digest:
    """How many there are, and the sums over their lengths and pages, in the session as it stands."""
    ((objects,),) = console.execute(_OBJECTS).fetchall()
    ((_, one, two),) = console.execute(of_table(_CONTENT, _COLUMNS, form=form, partitioned=True).encode()).fetchall()
    return Digest.read(objects, one, two)
