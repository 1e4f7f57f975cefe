"""An intruder with the officer's rights rewrites every register. No watch sees it, since home goes on serving."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, LiteralString

import psycopg
from psycopg import sql
from pydantic import BaseModel

from drill.clock import wait_until
from drill.crew import Crew
from drill.errors import CannotRun, StepFailed
from drill.objectives import Duration
from drill.outages import signs
from drill.outages.signs import PATIENCE
from drill.parts import Proof
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site

_AT_A_TIME = 2  # registers
_LONGEST = 3600.0  # seconds for one statement: a whole country's table

# What becomes of a value, by its type. It fits the type whatever it was, and what is null stays so: a citizen's
# transaction must still find rows that it can work on.
_REWRITTEN: Mapping[str, LiteralString] = {
    **dict.fromkeys(("text", "varchar", "bpchar"), "md5({column}::text)::{type}"),
    **dict.fromkeys(("int2", "int4", "int8"), "~{column}"),
    **dict.fromkeys(("numeric", "float4", "float8", "money", "interval"), "{column} * -1"),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), "case when {column} is not null then 'epoch'::{type} end"),
    "bool": "not {column}",
    "uuid": "md5({column}::text)::uuid",
    "bytea": "sha256({column})",
    "json": "json_build_object('encrypted', md5({column}::text))",
    "jsonb": "jsonb_build_object('encrypted', md5({column}::text))",
    "point": "point({column}[1], {column}[0])",
    "array": "case when {column} is not null then '{{}}'::{type} end",
    "range": "case when {column} is not null then 'empty'::{type} end",
}

# Columns that no key, unique index, constraint, generated column, expression of an index or partition key needs; leaf
# tables only. What the drill put there itself is left alone: the receipts still tell what was promised.
_COLUMNS: LiteralString = """
select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
       case when t.typcategory = 'A' and t.typname ^@ '_' then 'array'
            when t.typtype = 'r' then 'range' else t.typname end
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_type t on t.oid = a.atttypid and t.typtype in ('b', 'r')
where c.relkind = 'r'
  and n.nspname not in ('pg_catalog', 'information_schema', 'drill') and n.nspname !~ '^pg_(toast|temp)'
  and a.attgenerated = '' and a.attidentity = ''
  and not exists (
    select from pg_constraint k
    where k.contype <> 'n' and (k.conrelid = c.oid and a.attnum = any(k.conkey)
                                or k.confrelid = c.oid and a.attnum = any(k.confkey)))
  and not exists (
    select from pg_index i
    where i.indrelid = c.oid and (i.indisunique or i.indexprs is not null or i.indpred is not null)
      and (a.attnum = any(i.indkey) or exists (
        select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
          and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid = a.attnum)))
  and not exists (
    select from pg_attrdef f join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
    where f.adrelid = c.oid and f.adnum <> a.attnum
      and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid = a.attnum)
  and not exists (
    select from pg_partition_ancestors(c.oid) above
    join pg_partitioned_table p on p.partrelid = above.relid
    join pg_attribute b on b.attrelid = p.partrelid and b.attname = a.attname
    where b.attnum = any(p.partattrs) or p.partexprs is not null)
order by 1, 2, a.attnum
"""
_REGISTERS = (
    "select datname from pg_database where datallowconn and not datistemplate and datname <> 'postgres' order by 1"
)
_AS_INTRUDER = (
    "set session_replication_role = replica",  # no trigger and no foreign key is in the way
    "set deadlock_timeout = '1h'",  # a citizen in the way is thrown out, not the intruder
)
_BEHIND = (
    "select count(*) from pg_stat_replication"
    " where state <> 'backup' and coalesce(replay_lsn, write_lsn, '0/0') < %s::pg_lsn"
)
_FOLLOWERS = "select count(*) from pg_stat_replication where state <> 'backup'"

Statements = Mapping[str, sql.Composed]  # by table, as it is written in SQL


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What one transaction did to one register."""

    register: str
    tables: tuple[str, ...]
    rows: int  # that are not what they were
    transaction: str  # its full number


class Wipe(BaseModel, frozen=True, extra="forbid"):
    """Rewrites every row of every register, committed and replicated; a person discovers it."""

    kind: Literal["wipe"]
    discovered_after: Duration

    @property
    def takes(self) -> None:
        """Every register is lost."""
        return

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        """Rewritten; nothing of it can be given back, though home is alive."""
        plans = _plans(home)
        timeline.record("outage", "struck", kind=self.kind)
        with Crew(_AT_A_TIME) as crew:
            done = list(crew.map(lambda register: self.rewrite(home, register, plans[register]), plans))
        yield partial(proof_of, home, done)
        timeline.record("outage", "nothing to give back", kind=self.kind, how=signs.as_it_stands(home))

    def rewrite(self, home: Site, register: str, statements: Statements) -> Rewriting:
        """One register, in one transaction."""
        try:
            with home.console(register, patience=_LONGEST) as console:
                for setting in _AS_INTRUDER:
                    console.execute(setting)
                with console.transaction():
                    changed = [_one(console, statement) for statement in statements.values()]
                    number = _one(console, "select pg_current_xact_id()::text")
        except psycopg.Error as refused:
            raise home.failed(f"{register} cannot be wiped: {refused}", refused) from refused
        return Rewriting(register, tuple(statements), sum(map(int, changed)), number)


def _one(console: psycopg.Connection[tuple[object, ...]], query: LiteralString | sql.Composed) -> str:
    row = console.execute(query).fetchone()
    return str(row[0]) if row else ""


def _plans(home: Site) -> dict[str, Statements]:
    """By register: how each of its tables is rewritten. CannotRun where one would stay unhurt."""
    plans = {register: statements(home, register) for (register,) in home.ask(_REGISTERS)}
    unhurt = [register for register, found in plans.items() if not found]
    if unhurt or not plans:
        raise CannotRun(
            f"a wipe finds nothing that it could rewrite in {', '.join(unhurt) or 'home'}",
            hint="a register needs a column with rows that no key and no constraint needs; choose another outage",
        )
    return plans


def statements(home: Site, register: str) -> Statements:
    """By table with rows: an UPDATE of every column that nothing needs as it is, which counts the rows it changed."""
    found: dict[str, list[sql.Composed]] = {}
    with home.console(register) as console:
        for schema, table, column, type_, sort in console.execute(_COLUMNS):
            if sort in _REWRITTEN:
                new = sql.SQL(_REWRITTEN[sort]).format(column=sql.Identifier(column), type=sql.SQL(type_))
                written = sql.Identifier(schema, table).as_string(console)
                found.setdefault(written, []).append(sql.SQL("{} = {}").format(sql.Identifier(column), new))
        return {t: _update(t, sets) for t, sets in found.items() if _one(console, _any(t)) == "True"}


def _any(table: str) -> sql.Composed:
    return sql.SQL("select exists (select from only {})").format(_as_written(table))


def _update(table: str, sets: Sequence[sql.Composed]) -> sql.Composed:
    return sql.SQL(
        "with rewritten as (update only {} set {} returning old *<> new as changed)"
        " select count(*) filter (where changed) from rewritten"
    ).format(_as_written(table), sql.SQL(", ").join(sets))


def _as_written(quoted: str) -> sql.SQL:
    """A name that was quoted already."""
    return sql.SQL(quoted)


def proof_of(home: Site, done: Sequence[Rewriting], *, deadline: float = PATIENCE) -> str:
    """Each register's transaction is committed, its rows are there, whoever follows home has them. Else StepFailed."""
    rows = sum(_found(home, each) for each in done)
    ((last,),) = home.ask("select pg_current_wal_flush_lsn()")
    hint = "the outage did not reach the copies"

    def followed() -> bool:
        ((behind,),) = home.ask(_BEHIND, [last])
        if behind:
            raise StepFailed(f"{behind} who follow home are not there yet", hint="")
        return True

    wait_until("the wipe is replicated", followed, deadline=deadline, hint=hint)
    ((followers,),) = home.ask(_FOLLOWERS)
    return f"{rows} rows of {len(done)} registers are rewritten and committed; {followers} who follow home have them"


def _found(home: Site, done: Rewriting) -> int:
    """How many rows of the register are the wipe's, seen over a new connection."""
    query = "select pg_xact_status(%s::xid8)"
    if (status := home.ask(query, [done.transaction])) != [("committed",)]:
        raise StepFailed(f"the wipe of {done.register} is not committed: {status}", hint="who has rolled it back?")
    if not done.rows:
        raise StepFailed(f"the wipe of {done.register} has changed no row", hint="had it been wiped before?")
    count = "select count(*) filter (where xmin = xid(%s::xid8)), count(*) from only "
    tables = [table.replace("%", "%%") for table in done.tables]
    seen = [home.ask(count + table, [done.transaction], done.register)[0] for table in tables]
    rewritten, rows = (sum(column) for column in zip(*seen, strict=True))
    if rewritten * 2 <= rows:
        said = f"only {rewritten} of {rows} rows of {done.register} are the wipe's"
        raise StepFailed(said, hint="who wrote the others?")
    return int(rewritten)
