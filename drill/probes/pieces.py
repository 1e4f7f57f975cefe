"""The digest of a large table in pieces, so that whoever reads it can pause: a digest of pieces is their sum."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from drill.digest import Wanted, quoted
from drill.probes.digests import Parts, Shape, digests, has, read, together, unless_unreadable
from drill.throttle import Throttle

# Partitions one by one: their blocks are counted each for itself. What a foreign one holds is another server's.
_PARTS: LiteralString = """
select n.nspname, c.relname, c.oid, coalesce(pg_table_size(c.oid), 0),
       case when a.amname = 'heap' then pg_relation_size(c.oid) / current_setting('block_size')::bigint end
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_am a on a.oid = c.relam
where c.relkind not in ('p', 'f')
  and (c.oid = %(table)s::regclass or c.oid in (select relid from pg_partition_tree(%(table)s::regclass) where isleaf))
order by c.oid
"""
_BLOCKS: LiteralString = "select pg_relation_size(%s::oid) / current_setting('block_size')::bigint"
# Else a plan may read all of the table for each piece.
_BY_PLACE: LiteralString = "set local enable_seqscan = off; set local enable_tidscan = on"
_AS_BEFORE: LiteralString = "set local enable_seqscan to default; set local enable_tidscan to default"


@dataclass(frozen=True, slots=True)
class _Part:
    """A file of rows: a table, or a partition."""

    schema: str
    table: str
    oid: int
    size: int  # bytes, with what lies outside of its rows
    blocks: int | None  # None: it has none that could be asked for

    @property
    def written(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.table)}"


@dataclass(frozen=True, slots=True)
class Pieces:
    """Reads tables piece by piece, each in its turn, and tells how many bytes it was."""

    throttle: Throttle
    count: Callable[[int], None]

    def digests(self, console: psycopg.Connection[Any], shape: Shape, wanted: Wanted) -> Parts | None:
        """As digests.digests(), in the snapshot of the session; a table that is no larger than a piece at once."""
        if shape.size > self.throttle.piece and has(shape, wanted):
            return unless_unreadable(console, lambda: self._sum(console, shape, wanted))
        self.throttle.wait(shape.size)
        found = digests(console, shape, wanted)
        self.count(shape.size)
        return found

    def _sum(self, console: psycopg.Connection[Any], shape: Shape, wanted: Wanted) -> Parts:
        console.execute(_BY_PLACE)
        found = together(self._each(console, shape, wanted))
        console.execute(_AS_BEFORE)
        return found

    def _each(self, console: psycopg.Connection[Any], shape: Shape, wanted: Wanted) -> Iterator[Parts]:
        for part in [_Part(*row) for row in console.execute(_PARTS, {"table": shape.written})]:
            for size, blocks in self._ranges(console, part):
                self.throttle.wait(size)
                yield read(console, wanted.query(part.written, blocks=blocks))
                self.count(size)

    def _ranges(self, console: psycopg.Connection[Any], part: _Part) -> Iterator[tuple[int, tuple[int, int] | None]]:
        """How many bytes, and from block to block, the second not included."""
        if part.blocks is None:
            yield part.size, None
            return
        in_a_block = max(part.size // max(part.blocks, 1), 1)
        step, first, end = max(self.throttle.piece // in_a_block, 1), 0, max(part.blocks, 1)
        while first < end:
            yield min(step, end - first) * in_a_block, (first, first + step)
            if first == 0:  # only now is the table locked: till then it may have been written anew
                ((end,),) = console.execute(_BLOCKS, (part.oid,)).fetchall()
            first += step
