"""Looks rows up by an index of which no extension knows whether it is whole: what the table has, it must find.

Hash, GiST and SP-GiST: each value is looked up by its equality, and must lead to every row that has it; GIN: by all its
parts. BRIN by lowest and highest values: in each range of blocks both extremes are looked up, and must lead to that
range.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from drill.probes.borrowed import Absent

_INDEXES: LiteralString = """
with qualified as (
  select o.oid, o.oprname, format('operator(%I.%s)', n.nspname, o.oprname) as text
  from pg_operator o join pg_namespace n on n.oid = o.oprnamespace)
select i.indexrelid::bigint, i.indrelid::bigint, c.relname, format('%I.%I', m.nspname, t.relname),
       pg_get_expr(i.indpred, i.indrelid), a.amname,
       coalesce((select option_value::integer from pg_options_to_table(c.reloptions)
                 where option_name = 'pages_per_range'), 128),
       array_agg(format('(%s)%s%s', pg_get_indexdef(i.indexrelid, p.place + 1, false),
           case when y.typtype <> 'p' then format('::%I.%I', z.nspname, y.typname) end,
           case when l.oid is not null then format(' collate %I.%I', v.nspname, l.collname) end) order by p.place),
       array_agg(e.text order by p.place), array_agg(array[low.text, high.text] order by p.place),
       array_agg(coalesce(e.oprname = '@@', false) order by p.place),
       array_agg(y.typcategory = 'G' and a.amname in ('gist', 'spgist') order by p.place)
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_am a on a.oid = c.relam and a.amname in ('hash', 'gist', 'spgist', 'brin', 'gin')
left join pg_class t on t.oid = i.indrelid
left join pg_namespace m on m.oid = t.relnamespace
cross join generate_series(0, i.indnkeyatts - 1) p(place)
left join pg_opclass b on b.oid = i.indclass[p.place]
left join pg_type y on y.oid = b.opcintype
left join pg_namespace z on z.oid = y.typnamespace
left join pg_collation l on l.oid = i.indcollation[p.place]
left join pg_namespace v on v.oid = l.collnamespace
left join lateral (
  select o.text, o.oprname from pg_amop q join qualified o on o.oid = q.amopopr
  where q.amopfamily = b.opcfamily and q.amoplefttype = b.opcintype and q.amoppurpose = 's'
    and (q.amoprighttype = b.opcintype and (o.oprname in ('=', '~=') or o.oprname = '@>' and a.amname = 'gin')
      or q.amoprighttype = 'tsquery'::regtype and o.oprname = '@@' and a.amname = 'gin')
  order by o.oprname limit 1) e on true
left join (pg_amop f join qualified low on low.oid = f.amopopr and low.oprname = '<')
  on f.amopfamily = b.opcfamily and f.amoplefttype = b.opcintype and f.amoprighttype = b.opcintype
  and f.amopstrategy = 1
left join (pg_amop g join qualified high on high.oid = g.amopopr and high.oprname = '>')
  on g.amopfamily = b.opcfamily and g.amoplefttype = b.opcintype and g.amoprighttype = b.opcintype
  and g.amopstrategy = 5
where c.relkind = 'i' and (a.amname <> 'brin' or exists (
  select from pg_amproc d where d.amprocfamily = b.opcfamily and d.amproc = 'brin_minmax_opcinfo'::regproc))
group by i.indexrelid, i.indrelid, c.relname, m.nspname, t.relname, i.indpred, a.amname, c.reloptions, i.indnkeyatts
having count(*) = i.indnkeyatts and count(e.text) = i.indnkeyatts
"""
# Of all indexes of the table only this one may be used, and it must be; undone with the savepoint.
ALONE: LiteralString = """
update pg_index set indisvalid = false where indrelid = any (%s::oid[]) and indexrelid <> all (%s::oid[])
"""
_BY_INDEX = ("enable_seqscan", "enable_tidscan", "enable_hashjoin", "enable_mergejoin")  # off
_BY_BITMAP = ("brin", "gin")
_NO_NULLS = ("hash", "gin")  # a row that has nothing else cannot be looked up
# Of all words, in groups: a server goes only so deep into an expression.
_QUERY = (
    "(select string_agg(part, ' & ') from (select concat('(', string_agg(concat(chr(39),"
    " replace(replace(w, chr(92), repeat(chr(92), 2)), chr(39), repeat(chr(39), 2)), chr(39)), ' & '), ')') as part"
    " from unnest(tsvector_to_array({})) with ordinality as each(w, n) group by n / 500) s)::tsquery"
)
_SET: LiteralString = "select set_config(%s, %s, true)"
_BLOCK = "(ctid::text::point)[0]::bigint"


@dataclass(frozen=True, slots=True)
class Lookups:
    """An index, and how rows are looked up by it; all but oids and name as it is to be written in SQL."""

    oid: int
    table_oid: int
    name: str
    table: str
    predicate: str | None
    method: str
    pages: int  # of a range, where it summarises
    keys: Sequence[str]
    equal: Sequence[str]  # by key
    ends: Sequence[Sequence[str]]  # by key: the operators that put the lowest and the highest first
    worded: Sequence[bool]  # by key: it is text that is looked up by all its words
    spatial: Sequence[bool]  # by key: it is found by where it lies

    @property
    def summarises(self) -> bool:
        """Leads to ranges of blocks, not to rows."""
        return self.method == "brin"

    def missing(self, console: psycopg.Connection[Any]) -> int:
        """How many rows are not found by it; where it summarises, how many ends of ranges, and rows without a key.

        Absent when the planner does not use it. The console is in a savepoint that is rolled back afterwards.
        """
        console.execute(ALONE, ([self.table_oid], [self.oid]))
        for setting in _BY_INDEX:
            console.execute(_SET, (setting, "off"))
        console.execute(_SET, ("enable_bitmapscan" if self.method in _BY_BITMAP else "enable_indexscan", "on"))
        if self.method == "gin":  # each lookup would read all of what is not yet in its place
            console.execute("select gin_clean_pending_list(%s::oid)", (self.oid,))
        missing = sum(self._asked(console, query) for query in self._queries(console))
        if missing and self._lies_nowhere(console):
            raise Absent(f"{missing} rows are not found by it; it has a NaN, which leads searches astray")
        return missing

    def _lies_nowhere(self, console: psycopg.Connection[Any]) -> bool:
        """Whether the place of a row is not a number: what lies beside it in the index is not always found either."""
        places = " or ".join(
            f"{key}::text ~ 'NaN'" for key, spatial in zip(self.keys, self.spatial, strict=True) if spatial
        )
        if not places:
            return False
        held = (
            f"select from only {self.table} tablesample system (100) where ({self.predicate or 'true'}) and ({places})"
        )
        ((nowhere,),) = console.execute(f"select exists ({held})".encode()).fetchall()
        return bool(nowhere)

    def _asked(self, console: psycopg.Connection[Any], query: str) -> int:
        ((plans,),) = console.execute(f"explain (format json) {query}".encode()).fetchall()
        if not all(self._allowed(node) for node in nodes(plans[0]["Plan"])):
            raise Absent("the planner does not use it to look up rows")
        ((missing,),) = console.execute(query.encode()).fetchall()
        return int(missing)

    def _allowed(self, node: dict[str, Any]) -> bool:
        """Tables are read by sampling all of them, since no setting makes an index of that, or by this index."""
        if "Index Name" in node:
            return node["Index Name"] == self.name and "Index Cond" in node
        return node["Node Type"] not in ("Seq Scan", "Tid Scan", "Tid Range Scan")

    def _queries(self, console: psycopg.Connection[Any]) -> Iterator[str]:
        if self.summarises:
            for i in range(len(self.keys)):
                yield self._extremes(i)
                yield self._nulls(i)
            return
        nothing = ", ".join(self._nothing(i) for i in range(len(self.keys)))
        patterns = f"select distinct {nothing} from {self._rows(sampled=True)} s"  # noqa: S608
        for absent in console.execute(patterns.encode()).fetchall():
            if not (self.method in _NO_NULLS and all(absent)):
                yield self._values(absent)

    def _nothing(self, i: int) -> str:
        """Whether a row has nothing there to be looked up by."""
        return f"coalesce(length(k{i}), 0) = 0" if self.worded[i] else f"k{i} is not distinct from null"

    def _rows(self, *, sampled: bool = False) -> str:
        """Rows of the table: `sampled` all of them, in the order of its blocks, else as the planner likes."""
        keys = ", ".join(f"{key} as k{i}" for i, key in enumerate(self.keys))
        how, fenced = ("tablesample system (100)", "offset 0") if sampled else ("", "")
        part, held = f"{_BLOCK} / {self.pages} as part", f"({self.predicate or 'true'}) as held"
        read = f"select ctid, {part}, {held}, {keys} from only {self.table} {how} where {self.predicate or 'true'}"  # noqa: S608
        return f"({read} {fenced})"

    def _values(self, absent: Sequence[bool]) -> str:
        """SELECT how many rows, among those with nothing in just these keys, no lookup of their own values leads to."""
        rows, every = self._rows(), self._rows(sampled=True)
        those = " and ".join(f"{'' if gone else 'not '}({self._nothing(i)})" for i, gone in enumerate(absent))
        there = [i for i, gone in enumerate(absent) if not gone]
        nulls = [f"{{}}.k{i} is null" for i, gone in enumerate(absent) if gone and not self.worded[i]]
        same = [f"b.k{i} {self.equal[i]} a.q{i}" for i in there] + [null.format("b") for null in nulls]
        # An entry may lead to another row, and what is found may only contain what was looked up.
        again = [f'f.k{i}::text collate "C" = a.k{i}::text' for i in there] + [null.format("f") for null in nulls]
        values = ", ".join(f'k{i}::text collate "C"' for i in there)
        asked = "".join(f", {_QUERY.format(f'k{i}') if self.worded[i] else f'k{i}'} as q{i}" for i in there)
        each = f"distinct on ({values}) *{asked}" if values else "*"
        looked_up = f"select {each} from {every} s where {those} {'' if values else 'limit 1'}"  # noqa: S608
        return (
            f"select (select count(*) from {every} s where {those}) - (select count(distinct f.ctid)"  # noqa: S608
            f" from ({looked_up}) a cross join lateral (select b.* from {rows} b where {' and '.join(same)} offset 0) f"
            f" where {' and '.join(again)} and f.held)"
        )

    def _extremes(self, i: int) -> str:
        """SELECT how many lowest and highest values of a key do not lead to the range of blocks that holds them."""
        every = self._rows(sampled=True)
        ends = (
            f"(select distinct on (part) part, k{i} from {every} s where k{i} is not null"  # noqa: S608
            f" order by part, k{i} using {operator})"
            for operator in self.ends[i]
        )
        return (
            f"select count(*) from ({' union all '.join(ends)}) a cross join lateral (select count(*) as found"  # noqa: S608
            f" from {self._rows()} b where b.k{i} {self.equal[i]} a.k{i} and b.part = a.part) f where f.found = 0"
        )

    def _nulls(self, i: int) -> str:
        """SELECT how many rows without that key are not found."""
        every = f"select count(*) from {self._rows(sampled=True)} s where k{i} is null"  # noqa: S608
        return f"select ({every}) - (select count(*) from {self._rows()} s where k{i} is null)"  # noqa: S608


def lookups(console: psycopg.Connection[Any]) -> list[Lookups]:
    """Every index by whose keys rows can be looked up, and that no function of amcheck knows."""
    return [Lookups(*row) for row in console.execute(_INDEXES).fetchall()]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)
