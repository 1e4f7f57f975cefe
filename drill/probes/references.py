"""Looks for rows that refer to nobody: every foreign key, compared with its tables and without any index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from drill.evidence import Observation
from drill.probes.borrowed import sandbox
from drill.probes.look import Look, named

# Compared as the server does: by the operators and the collations of the key that is referred to. NULL is asked for by
# DISTINCT, since a composite of NULLs would be IS NULL, and is none. A period, which comes last, is compared otherwise.
_KEYS: LiteralString = """
select array[n.nspname::text, t.relname::text, k.conname::text], k.convalidated,
       k.confmatchtype = 'f',
       format('%s%I.%I', case t.relkind when 'p' then '' else 'only ' end, n.nspname, t.relname),
       format('%s%I.%I', case r.relkind when 'p' then '' else 'only ' end, m.nspname, r.relname),
       string_agg(format('c.%I is distinct from null', f.attname), ' and '),
       string_agg(format('c.%I is not distinct from null', f.attname), ' and '),
       string_agg(format('p.%I%s operator(%I.%s) c.%I%s%s', g.attname,
           case when lt.typtype <> 'p' then format('::%I.%I', ln.nspname, lt.typname) end, q.nspname, o.oprname,
           f.attname, case when rt.typtype <> 'p' then format('::%I.%I', rn.nspname, rt.typname) end,
           case when g.attcollation <> 0 then format(' collate %I.%I', cn.nspname, s.collname) end), ' and ')
         filter (where not u.period),
       max(format('c.%I', f.attname)) filter (where u.period), max(format('p.%I', g.attname)) filter (where u.period)
from pg_constraint k
join pg_class t on t.oid = k.conrelid
left join pg_namespace n on n.oid = t.relnamespace
left join pg_class r on r.oid = k.confrelid
left join pg_namespace m on m.oid = r.relnamespace
cross join lateral (
  select e.*, e.place = cardinality(k.conkey) and coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false) as period
  from unnest(k.conkey, k.confkey, k.conpfeqop) with ordinality e(mine, theirs, operator, place)) u
left join pg_attribute f on f.attrelid = k.conrelid and f.attnum = u.mine
left join pg_attribute g on g.attrelid = k.confrelid and g.attnum = u.theirs
left join pg_operator o on o.oid = u.operator
left join pg_namespace q on q.oid = o.oprnamespace
left join pg_type lt on lt.oid = o.oprleft
left join pg_namespace ln on ln.oid = lt.typnamespace
left join pg_type rt on rt.oid = o.oprright
left join pg_namespace rn on rn.oid = rt.typnamespace
left join pg_collation s on s.oid = g.attcollation
left join pg_namespace cn on cn.oid = s.collnamespace
where k.contype = 'f' and k.conparentid = 0 and t.relpersistence <> 't'
  and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
group by k.oid, n.nspname, t.relname, t.relkind, m.nspname, r.relname, r.relkind
order by 1
"""


@dataclass(frozen=True, slots=True)
class _Key:
    """One row of _KEYS: names as they are told, the rest as it is to be written in SQL."""

    names: tuple[str, ...]
    validated: bool
    full: bool
    child: str
    parent: str
    filled: str
    empty: str
    match: str | None  # nothing but the period need match
    period: str | None = None  # of the child, which those of the parents must cover together
    periods: str | None = None

    @property
    def orphans(self) -> str:
        """SELECT the number of rows that refer to nobody; MATCH FULL takes no row that is filled in part."""
        known = f"exists (select from {self.parent} p where {self.match})"
        if self.period is not None:
            together = f"select range_agg({self.periods}) from {self.parent} p where {self.match or 'true'}"  # noqa: S608
            known = f"coalesce({self.period} operator(pg_catalog.<@) ({together}), false)"
        alone = f"select count(*) from {self.child} c where {self.filled} and not {known}"  # noqa: S608
        if not self.full:
            return alone
        part = f"select count(*) from {self.child} c where not ({self.filled}) and not ({self.empty})"  # noqa: S608
        return f"select ({alone}) + ({part})"


def references(console: psycopg.Connection[Any]) -> Observation:
    """One line for each key with orphans. One that is not validated is counted and not compared: it may have some.

    The console is in autocommit; psycopg.Error when its connection is gone.
    """
    look = Look(console)
    with look.over(), sandbox(console):
        for key in (_Key(tuple(names), *rest) for names, *rest in console.execute(_KEYS).fetchall()):
            thing = f"foreign key {named(*key.names)}"
            with look.at(thing):
                if not key.validated:
                    continue
                for (count,) in console.execute(key.orphans.encode()):
                    if count:
                        look.wrong.append(f"{thing}: {count} rows refer to nobody")
    return look.observation
