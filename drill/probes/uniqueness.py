"""Looks for keys that are there twice: every unique index and exclusion, counted in its table and not in the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, LiteralString

import psycopg

from drill.evidence import Observation
from drill.probes.borrowed import Absent, sandbox
from drill.probes.look import Look, named

# Rows are put in an order in which those that conflict stand side by side: that of a btree family which knows the very
# operator that must not hold. Of ranges that must not overlap, ordered by their beginnings, two neighbours do if any.
# What a TOAST table has twice is seen where its values are read.
_INDEXES: LiteralString = """
with qualified as (
  select o.oid, format('operator(%I.%s)', n.nspname, o.oprname) as text
  from pg_operator o join pg_namespace n on n.oid = o.oprnamespace)
select array[n.nspname::text, c.relname::text], coalesce(pg_relation_size(i.indrelid), 0),
       format('%I.%I', m.nspname, t.relname), pg_get_expr(i.indpred, i.indrelid),
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
       count(*) filter (where e.overlap),
       array_agg(format('(%s)%s%s', pg_get_indexdef(i.indexrelid, p.place + 1, false),
           case when y.typtype <> 'p' then format('::%I.%I', z.nspname, y.typname) end,
           case when l.oid is not null then format(' collate %I.%I', v.nspname, l.collname) end)
         order by e.overlap, p.place),
       array_agg(s.text order by e.overlap, p.place), array_agg(w.text order by e.overlap, p.place)
from pg_index i
join pg_class c on c.oid = i.indexrelid
left join pg_namespace n on n.oid = c.relnamespace
left join pg_class t on t.oid = i.indrelid
left join pg_namespace m on m.oid = t.relnamespace
left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x') and k.conexclop is not null
cross join generate_series(0, i.indnkeyatts - 1) p(place)
left join pg_opclass b on b.oid = i.indclass[p.place]
left join pg_type y on y.oid = b.opcintype
left join pg_namespace z on z.oid = y.typnamespace
left join pg_collation l on l.oid = i.indcollation[p.place]
left join pg_namespace v on v.oid = l.collnamespace
left join pg_amop q on q.amopfamily = b.opcfamily and q.amoplefttype = b.opcintype and q.amoprighttype = b.opcintype
  and q.amopstrategy = 3 and q.amopmethod = (select oid from pg_am where amname = 'btree')
cross join lateral (select coalesce(k.conexclop[p.place + 1], q.amopopr) as operator) u
cross join lateral (select coalesce(u.operator = '&&(anyrange,anyrange)'::regoperator, false) as overlap) e
left join lateral (
  select h.amopopr from pg_amop g
  join pg_amop h on h.amopfamily = g.amopfamily and h.amoplefttype = g.amoplefttype
    and h.amoprighttype = g.amoprighttype and h.amopstrategy = 1
  where g.amopopr = u.operator and g.amopstrategy = 3 and g.amoplefttype = g.amoprighttype
    and g.amopmethod = (select oid from pg_am where amname = 'btree')
  order by g.amopfamily <> b.opcfamily, g.amopfamily limit 1) o on true
left join qualified s on s.oid = case when e.overlap then '<(anyrange,anyrange)'::regoperator else o.amopopr end
left join qualified w on w.oid = u.operator
where (i.indisunique or i.indisexclusion) and i.indisvalid and i.indisready
  and c.relkind = 'i' and c.relpersistence <> 't' and n.nspname is distinct from 'pg_toast'
group by i.indexrelid, n.nspname, c.relname, m.nspname, t.relname, i.indpred, i.indrelid, to_jsonb(i)
order by 1
"""


@dataclass(frozen=True, slots=True)
class _Index:
    """One row of _INDEXES: names as they are told, the rest as it is to be written in SQL."""

    names: tuple[str, ...]
    size: int  # bytes on the disk, of its table
    table: str
    predicate: str | None
    nulls_conflict: bool
    overlaps: int  # columns of ranges that must not overlap; they come last
    keys: Sequence[str]
    before: Sequence[str | None]  # by key: the operator that orders
    conflict: Sequence[str | None]  # by key: the operator that must not hold for every key at once

    @property
    def ordered(self) -> bool:
        """Are rows that conflict neighbours in some order?"""
        return None not in self.before and None not in self.conflict and self.overlaps <= 1

    @property
    def twice(self) -> str:
        """SELECT the number of rows that conflict with the row before them."""
        each = range(len(self.keys))
        read = ", ".join(f"{key} as k{i}" for i, key in enumerate(self.keys))
        filled = " and ".join("true" if self.nulls_conflict else f"k{i} is distinct from null" for i in each)
        order = ", ".join(f"k{i} using {operator}" for i, operator in enumerate(self.before))
        former = ", ".join(f"k{i}, lag(k{i}) over w as p{i}" for i in each)
        # no row is taken in whose predicate does not hold, or the expressions may fail for it
        rows = f"select {read} from only {self.table} where {self.predicate or 'true'} offset 0"  # noqa: S608
        return (
            f"select count(*) from (select {former}, row_number() over w as number from ({rows}) r"  # noqa: S608
            f" where {filled} window w as (order by {order})) s"
            f" where number > 1 and {' and '.join(map(self._same, each))}"
        )

    def _same(self, i: int) -> str:
        nulls = f" or k{i} is not distinct from null and p{i} is not distinct from null" if self.nulls_conflict else ""
        return f"(p{i} {self.conflict[i]} k{i}{nulls})"


def _all_twice(some: Sequence[_Index]) -> bytes:
    return f"select sum(n) from ({' union all '.join(index.twice for index in some)}) s(n)".encode()  # noqa: S608


def uniqueness(console: psycopg.Connection[Any]) -> Observation:
    """One line for each index whose table has a key twice. One that is not valid promises nothing, and is left out.

    The console is in autocommit; psycopg.Error when its connection is gone.
    """
    look = Look(console)
    with look.over(), sandbox(console):
        every = [_Index(tuple(names), *rest) for names, *rest in console.execute(_INDEXES).fetchall()]
        doubtful = look.doubtful((index for index in every if index.ordered), _all_twice)
        for index in chain(doubtful, (index for index in every if not index.ordered)):
            thing = f"index {named(*index.names)}"
            with look.at(thing):
                if not index.ordered:
                    raise Absent("its rows have no order in which those that conflict are neighbours")
                for (count,) in console.execute(index.twice.encode()):
                    if count:
                        look.wrong.append(f"{thing}: {count} rows have a key that another row has")
    return look.observation
