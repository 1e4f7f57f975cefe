"""Looks at what holds the rows together: columns, constraints, indexes, sequences. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from drill import evidence
from drill.digest import quoted
from drill.probes.digests import Shape

# Constraints that partitions inherit are left out: their parent speaks for them, and their names are the server's own.
# A foreign key is kept by two triggers on each of its sides. A partition has those of its side under a key of its own:
# where it refers, that is a key of the partition; where it is referred to, a key of the table that refers.
_CONSTRAINTS: LiteralString = """
with recursive family(root, oid, refers, referred, theirs) as (
  select k.oid, k.oid, k.conrelid, k.confrelid, true from pg_constraint k where k.contype = 'f' and k.conparentid = 0
  union all
  select f.root, k.oid, k.conrelid, k.confrelid, k.conrelid = f.refers
  from family f join pg_constraint k on k.conparentid = f.oid and k.contype = 'f'
), sides(root, oid, relation, checks) as (
  select f.root, f.oid, f.refers, true from family f where f.oid = f.root or not f.theirs
  union all
  select f.root, f.oid, f.referred, false from family f where f.theirs
), unkept as (
  select s.root from sides s join pg_class c on c.oid = s.relation and c.relkind = 'r'
  where 2 > (
    select count(*) from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where t.tgconstraint = s.oid and t.tgrelid = s.relation and t.tgenabled in ('O', 'A')
      and p.proname ~ '^RI_FKey_' and (p.proname ~ '^RI_FKey_check_') = s.checks)
)
select n.nspname || '.' || c.relname || '.' || k.conname || ': ' || pg_get_constraintdef(k.oid),
       k.convalidated and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)  -- since PostgreSQL 18
         and not exists (select from pg_trigger t where t.tgconstraint = k.oid and t.tgenabled in ('D', 'R'))
         and not exists (select from unkept u where u.root = k.oid)
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
where k.conparentid = 0 and (k.coninhcount = 0 or not c.relispartition)
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
order by 1
"""
_INDEXES: LiteralString = """
select n.nspname || '.' || c.relname || ': ' || pg_get_indexdef(i.indexrelid),
       i.indisvalid and i.indisready and i.indislive
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
order by 1
"""
# The column that owns a sequence, as serial and identity do, or whose default draws from it; none for a lone one.
_SEQUENCES: LiteralString = """
with drawing as (
  select d.objid as sequence, d.refobjid as relation, d.refobjsubid as attribute
  from pg_depend d
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0
    and d.deptype in ('a', 'i')
  union
  select d.refobjid, f.adrelid, f.adnum
  from pg_depend d join pg_attrdef f on f.oid = d.objid
  where d.classid = 'pg_attrdef'::regclass and d.refclassid = 'pg_class'::regclass
)
select n.nspname, c.relname, s.seqincrement, tn.nspname, t.relname, a.attname, t.relkind = 'p',
       a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
from pg_sequence s
join pg_class c on c.oid = s.seqrelid
join pg_namespace n on n.oid = c.relnamespace
left join (drawing d
  join pg_class t on t.oid = d.relation and t.relkind in ('r', 'p') and not t.relispartition
  join pg_namespace tn on tn.oid = t.relnamespace
  join pg_attribute a on a.attrelid = d.relation and a.attnum = d.attribute) on d.sequence = s.seqrelid
where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_temp'
order by 1, 2, 4, 5, 6
"""


def structure(console: psycopg.Connection[Any], shapes: Sequence[Shape]) -> evidence.Structure:
    """As the catalogue and the sequences show it, within the caller's transaction."""
    return evidence.Structure(
        columns={shape.name: shape.columns for shape in shapes},
        constraints=dict(console.execute(_CONSTRAINTS).fetchall()),
        indexes=dict(console.execute(_INDEXES).fetchall()),
        sequences=tuple(_sequences(console, {(s.schema, s.table): s.parts for s in shapes})),
    )


def _sequences(
    console: psycopg.Connection[Any], parts: Mapping[tuple[str, str], Sequence[str] | None]
) -> Iterator[evidence.Sequence]:
    """A sequence that counts down is shown with both its numbers negated, so that ahead means greater for each."""
    for schema, name, step, table_schema, table, column, partitioned, counts in console.execute(_SEQUENCES).fetchall():
        sign = 1 if step > 0 else -1
        highest = None
        if counts:
            alone = parts.get((table_schema, table))
            own = f"{'' if partitioned else 'only '}{quoted(table_schema)}.{quoted(table)}"  # heirs may be foreign
            where = [own] if alone is None else alone
            highest = max((n for one in where if (n := _extreme(console, column, one, sign)) is not None), default=None)
        # asked after the column: a sequence is not bound to the snapshot and goes on meanwhile
        ahead = sql.SQL("select case when is_called then last_value::numeric + {} else last_value end from {}").format(
            sql.Literal(step), sql.Identifier(schema, name)
        )
        yield evidence.Sequence(
            name=f"{schema}.{name}",
            column=f"{table_schema}.{table}.{column}" if column else "",
            next_value=sign * (_number(console, ahead) or 0),
            highest=highest,
        )


def _extreme(console: psycopg.Connection[Any], column: str, table: str, sign: int) -> int | None:
    """The largest number there, each taken with that sign; `table` as SQL calls it."""
    found = _number(console, f"select {'max' if sign > 0 else 'min'}({quoted(column)}) from {table}".encode())  # noqa: S608
    return None if found is None else sign * found


def _number(console: psycopg.Connection[Any], query: sql.Composed | bytes) -> int | None:
    row = console.execute(query).fetchone()
    return None if row is None or row[0] is None or not isfinite(row[0]) else int(row[0])
