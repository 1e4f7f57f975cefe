"""What can be unsound in a database: SQL that makes it so, and how it must be told."""

from __future__ import annotations

from dataclasses import dataclass

THEIRS = "create function public.theirs() returns trigger language c as '$libdir/tcn', 'triggered_change_notification'"


@dataclass(frozen=True)
class Damage:
    """SQL that is sound, SQL that damages it, a query that proves it, and how the check must word it.

    Each has a schema of its own, which stands where `public` is written.
    """

    check: str
    sound: str
    damage: str
    proof: str
    says: str

    def moved(self, schema: str) -> Damage:
        """The same in that schema."""
        each = (text.replace("public.", f"{schema}.") for text in (self.sound, self.damage, self.proof, self.says))
        return Damage(self.check, *each)


_READY = "update pg_index set indisready = {} where indexrelid = 'i'::regclass"


def _behind(method: str, column: str, value: str, query: str, *, says: str = "1 rows are not found by it") -> Damage:
    """A row that the index never heard of."""
    found = f"(select count(*) from t {{}} where {query})"
    return Damage(
        "btree",
        f"create table t (c {column});"
        f" insert into t select {value.format('i')} from generate_series(1, 2000) i;"
        f" create index i on t using {method} (c)",
        f"{_READY.format('false')}; insert into t select {value.format(9999)}; {_READY.format('true')};"
        " set enable_seqscan = off",
        f"select {found.format('')} = 0 and {found.format('tablesample system (100)')} = 1",
        f"index public.i: .*{says}",
    )


_INSERT_TWICE = "insert into t values (7); update pg_index set {0} = true where indexrelid = 'u'::regclass"
_TWICE = f"update pg_index set {{0}} = false where indexrelid = 'u'::regclass; {_INSERT_TWICE}"
_PAIR = "create table p (a integer, b text, primary key (a, b)); insert into p values (1, 'x'), (2, 'y');"
_UNHEEDED = "set session_replication_role = replica;"
_CHANGED = "language plpgsql immutable as $$ begin return i {} 1; end $$"

DAMAGE = {
    "an index behind its table": _behind("btree", "integer", "{}", "c = 9999", says="lacks matching index tuple"),
    "a hash index behind its table": _behind("hash", "text", "'t' || {}", "c = 't9999'"),
    "a GiST behind its table": _behind("gist", "int4range", "int4range({0}, {0} + 2)", "c = '[9999,10000]'"),
    "an SP-GiST behind its table": _behind("spgist", "text", "'t' || {}", "c = 't9999'"),
    "a BRIN behind its table": _behind("brin", "integer", "{}", "c = 9999"),
    "an index over a function that changed": Damage(
        "btree",
        f"create function f(i integer) returns integer {_CHANGED.format('+')};"
        " create table t (i integer); insert into t select generate_series(1, 2000); create index on t (f(i))",
        f"create or replace function f(i integer) returns integer {_CHANGED.format('-')}; set enable_seqscan = off",
        "select f(1) = 0 and not exists (select from t where f(i) = 0)",
        "index public.t_f_idx: .*lacks matching index tuple",
    ),
    "a parent deleted": Damage(
        "references",
        f"{_PAIR} create table c (a integer, b text, foreign key (a, b) references p);"
        " insert into c values (1, 'x'), (1, 'x'), (2, 'y'), (null, 'z')",
        f"{_UNHEEDED} delete from p where a = 1",
        "select count(*) = 2 from c left join p using (a, b) where p.a is null and c.a is not null",
        "foreign key public.c.c_a_b_fkey: 2 rows refer to nobody",
    ),
    "a reference that is filled in part": Damage(
        "references",
        f"{_PAIR} create table c (a integer, b text, foreign key (a, b) references p match full);"
        " insert into c values (null, null), (1, 'x')",
        f"{_UNHEEDED} insert into c values (1, null)",
        "select count(*) = 1 from c where (a is null) <> (b is null)",
        "foreign key public.c.c_a_b_fkey: 1 rows refer to nobody",
    ),
    "an orphan that an index hides": Damage(
        "references",
        "create table p (a integer primary key); create table c (a integer references p); create index i on c (a);"
        " insert into p select generate_series(1, 9); insert into c select generate_series(1, 9)",
        f"{_READY.format('false')}; {_UNHEEDED} insert into c values (10); {_READY.format('true')};"
        " set enable_seqscan = off; set enable_bitmapscan = off",
        "select (select count(*) from c where a = 10) = 0"
        " and (select count(*) from c tablesample system (100) where a = 10) = 1",
        "foreign key public.c.c_a_fkey: 1 rows refer to nobody",
    ),
    "an orphan in a partition": Damage(
        "references",
        f"{_PAIR} create table c (a integer, b text, foreign key (a, b) references p) partition by list (a);"
        " create table c1 partition of c for values in (1, 3); insert into c values (1, 'x')",
        f"{_UNHEEDED} insert into c values (3, 'x')",
        "select count(*) = 1 from c where a = 3",
        "foreign key public.c.c_a_b_fkey: 1 rows refer to nobody",
    ),
    "a time that nobody covers": Damage(
        "references",
        "create table p (k integer, d daterange, primary key (k, d without overlaps));"
        " create table c (k integer, d daterange, foreign key (k, period d) references p);"
        " insert into p values (7, '[2020-01-01,2020-02-01)'), (7, '[2020-02-01,2020-03-01)'), (8, '[2020-03-01,)');"
        " insert into c values (7, '[2020-01-09,2020-02-09)'), (7, null)",
        f"{_UNHEEDED} delete from p where d @> date '2020-02-01'; insert into c values (9, '[2020-01-01,2020-01-02)')",
        "select count(*) = 1 from p where k = 7",
        "foreign key public.c.c_k_d_fkey: 2 rows refer to nobody",
    ),
    "a key twice": Damage(
        "uniqueness",
        "create table t (k integer); insert into t select generate_series(1, 9); create unique index u on t (k)",
        _TWICE.format("indisunique"),
        "select count(*) = 2 from t where k = 7",
        "index public.u: 1 rows have a key that another row has",
    ),
    "no key twice, where NULLs are not distinct": Damage(
        "uniqueness",
        "create table t (k integer, l integer); insert into t values (7, null);"
        " create unique index u on t (l, (k + 1)) nulls not distinct where k > 5",
        _TWICE.format("indisunique"),
        "select count(*) = 2 from t where k = 7 and l is null",
        "index public.u: 1 rows have a key that another row has",
    ),
    "times that overlap": Damage(
        "uniqueness",
        "create table t (k integer, d daterange default '[2020-01-01,2020-02-01)',"
        " constraint u primary key (k, d without overlaps)); insert into t values (7), (8)",
        _TWICE.format("indisready"),
        "select count(*) = 2 from t tablesample system (100) where k = 7",
        "index public.u: 1 rows have a key that another row has",
    ),
    "a function whose library has not its symbol": Damage(
        "functions",
        THEIRS,
        "update pg_proc set prosrc = 'no_such' where oid = 'public.theirs()'::regprocedure",
        "select prosrc = 'no_such' from pg_proc where proname = 'theirs'",
        r"function public.theirs\(\): could not find function .no_such. in file",
    ),
}

# By the check: SQL, and what cannot be told of it, and why.
UNSEEN = {
    "btree": (
        "create table t (v tsvector, i integer); create index g on t using gist (v); create index b on t (i);"
        " create index r on t using brin (i int4_bloom_ops);"
        " update pg_index set indisvalid = false where indexrelid = 'b'::regclass",
        {
            "index public.b": "it is not valid",
            "index public.g": "nothing tells whether this gist finds what its table has",
            "index public.r": "nothing tells whether this brin finds what its table has",
        },
    ),
    "uniqueness": (
        "create table t (b box, exclude using gist (b with &&))",
        {"index public.t_b_excl": "its rows have no order in which those that conflict are neighbours"},
    ),
}
