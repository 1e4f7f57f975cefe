"""Looks at the rows: the columns and the digest of every table of a register."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from drill.digest import Column, Digest, Form, Wanted, of_table, quoted

RECEIPTS = "drill.receipt"

# How to read fast and alike: see the page on the digest for what a parallel plan needs.
READING: Mapping[str, str] = {
    "jit": "off",
    "enable_indexonlyscan": "off",  # an index must not stand for its table, in which rows may be lost
    "synchronize_seqscans": "off",
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "4MB",  # a smaller table is read sooner than a worker has started
    "max_parallel_workers_per_gather": "1",
    "search_path": "pg_catalog",  # somebody's own function of a name that is used here must not be called
}

# The server says that what is stored cannot be read: internal and data-corrupted errors, a missing file, a failed read,
# bytes that are no text. Every other error says something of the server or of the drill, not of the table.
_UNREADABLE = ("XX", "58P01", "58030", "22021")

_TABLES: LiteralString = """
with recursive resolved(domain, base, modifier) as (
  select oid, typbasetype, typtypmod from pg_type where typtype = 'd'
  union all
  select r.domain, t.typbasetype, t.typtypmod from resolved r join pg_type t on t.oid = r.base where t.typtype = 'd'
), elsewhere(root) as (
  select pg_partition_root(oid) from pg_class where relkind = 'f' and relispartition
)
select n.nspname, c.relname, c.relkind = 'p',
       coalesce((select sum(pg_table_size(relid)) from pg_partition_tree(c.oid)), pg_table_size(c.oid))::bigint,
       coalesce(array_agg(a.attname::text order by a.attnum) filter (where a.attname is not null), '{}'),
       coalesce(array_agg(format_type(coalesce(r.base, a.atttypid), coalesce(r.modifier, a.atttypmod))
                          order by a.attnum) filter (where a.attname is not null), '{}'),
       case when c.relkind = 'p' and c.oid in (select root from elsewhere) then array(
         select format('%%I.%%I', m.nspname, l.relname) from pg_partition_tree(c.oid) q join pg_class l
           on l.oid = q.relid
         join pg_namespace m on m.oid = l.relnamespace where l.relkind = 'r' order by 1) end
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated <> 'v'
left join resolved r on r.domain = a.atttypid and (select typtype from pg_type where oid = r.base) <> 'd'
where c.relkind = any (%s) and not c.relispartition and c.relispopulated
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
group by c.oid, n.nspname, c.relname, c.relkind
order by 1, 2
"""


# A partition's file is one of the partitioned table: receipts and seals know no other name.
ROWS = ("r", "m")  # kinds of relations that have files of rows
FILES: LiteralString = """
select pg_catalog.pg_relation_filepath(c.oid), n.nspname, r.relname
from pg_catalog.pg_class c
join pg_catalog.pg_class r on r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)
join pg_catalog.pg_namespace n on n.oid = r.relnamespace
where c.relkind = any (%s) and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
order by c.oid
"""

_KEYS: LiteralString = """
select n.nspname, c.relname, array_agg(a.attname::text)
from pg_index i
join pg_class c on c.oid = i.indrelid and c.relkind in ('r', 'p') and not c.relispartition
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
where i.indisprimary
group by n.nspname, c.relname
"""
_PLAIN = 3  # columns of a digest: rows, sum, sum


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as the catalogue shows it; a partitioned one stands for its partitions."""

    schema: str
    table: str
    partitioned: bool
    size: int  # bytes
    columns: tuple[Column, ...]
    parts: tuple[str, ...] | None = None  # as SQL calls them: those with rows here, where others are foreign tables

    @property
    def name(self) -> str:
        """As seals and receipts call it."""
        return name_of(self.schema, self.table)

    @property
    def written(self) -> str:
        """As SQL calls it."""
        return f"{quoted(self.schema)}.{quoted(self.table)}"

    def sql(self, columns: Sequence[Column], form: Form = Form.NATIVE) -> str:
        """SELECT rows, sum, sum over these columns."""
        return of_table(self.written, columns, form=form, partitioned=self.partitioned)


def shapes(console: psycopg.Connection[Any], *, receipts: bool = False) -> tuple[Shape, ...]:
    """Every table, that of the receipts if wanted; virtual columns left out, domains resolved.

    What a foreign table holds is another server's, also where it is a partition.
    """
    return tuple(shape for shape in _shapes(console, "r", "p") if receipts or shape.name != RECEIPTS)


def views(console: psycopg.Connection[Any]) -> tuple[Shape, ...]:
    """Every materialized view that was filled: it is a file of rows, which no log makes anew."""
    return _shapes(console, "m")


def _shapes(console: psycopg.Connection[Any], *kinds: str) -> tuple[Shape, ...]:
    found = (
        Shape(
            schema, table, partitioned, size, tuple(map(Column, names, types)), None if parts is None else tuple(parts)
        )
        for schema, table, partitioned, size, names, types, parts in console.execute(_TABLES, (list(kinds),))
    )
    return tuple(found)


def files(console: psycopg.Connection[Any], *kinds: str) -> dict[str, str]:
    """By path below the data folder: the table whose rows are in that file, that of the receipts included."""
    return {str(path): name_of(schema, table) for path, schema, table in console.execute(FILES, (list(kinds),))}


def name_of(*names: str) -> str:
    """Quoted where dots in a name would make it another table's."""
    return ".".join(map(quoted, names) if any("." in name for name in names) else names)


def keys(console: psycopg.Connection[Any], shapes: Sequence[Shape]) -> dict[str, tuple[Column, ...]]:
    """By table: the columns of its primary key; all of its columns where it has none."""
    named = {name_of(schema, table): columns for schema, table, columns in console.execute(_KEYS)}
    return {
        shape.name: tuple(c for c in shape.columns if c.name in named.get(shape.name, ())) or shape.columns
        for shape in shapes
    }


Parts = Mapping[int, Digest]  # by bucket; all of it as one where there are none


def whole(parts: Parts) -> Digest:
    """Of the table."""
    return sum(parts.values(), Digest())


def together(some: Iterable[Parts]) -> Parts:
    """Of several parts of a table."""
    found: dict[int, Digest] = {}
    for parts in some:
        for bucket, digest in parts.items():
            found[bucket] = found.get(bucket, Digest()) + digest
    return found


def has(shape: Shape, wanted: Wanted) -> bool:
    """Whether the table has the columns, of these types."""
    return set(wanted.columns) | set(wanted.key) <= set(shape.columns)


def digests(console: psycopg.Connection[Any], shape: Shape, wanted: Wanted) -> Parts | None:
    """Of one table; None where it has not all of the columns, of these types, or cannot be read.

    The connection is in a transaction, and still is afterwards.
    """
    if not has(shape, wanted):
        return None
    if shape.parts is None:
        query = wanted.query(shape.written, partitioned=shape.partitioned)
        return unless_unreadable(console, lambda: read(console, query))
    return unless_unreadable(console, lambda: together(read(console, wanted.query(part)) for part in shape.parts or ()))


def digest(
    console: psycopg.Connection[Any], shape: Shape, columns: Sequence[Column], form: Form = Form.NATIVE
) -> Digest | None:
    """The same of all its rows at once."""
    parts = digests(console, shape, Wanted(tuple(columns), form))
    return None if parts is None else whole(parts)


def read(console: psycopg.Connection[Any], query: str) -> Parts:
    """What a query of digest.of_table() tells."""
    rows = console.execute(query.encode()).fetchall()
    return {(row[0] if len(row) > _PLAIN else 0): Digest.read(*row[-_PLAIN:]) for row in rows}


def unless_unreadable(console: psycopg.Connection[Any], look: Callable[[], Parts]) -> Parts | None:
    """What the look sees; None where what is stored cannot be read.

    All that it did in the session is undone. So are its locks: of very many tables a server could not hold them all.
    """
    console.execute("savepoint digest")
    try:
        seen = look()
    except psycopg.Error as refused:
        if console.broken or not (refused.sqlstate or "").startswith(_UNREADABLE):
            raise
        seen = None
    console.execute("rollback to savepoint digest; release savepoint digest")
    return seen
