"""The digest as arithmetic and as SQL text."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.digest import (
    PINNED,
    PINNED_OPTIONS,
    Column,
    Digest,
    Form,
    Wanted,
    of_change,
    of_table,
    quoted,
    row_hash,
    sum_of_change,
    value,
)

digests = st.builds(Digest.read, st.integers(), st.integers(), st.integers())
# the sums that PostgreSQL returns are of any size and sign
hashes = st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1)))


def _of(rows: list[tuple[int, int]]) -> Digest:
    return Digest.read(len(rows), str(sum(one for one, _ in rows)), str(sum(two for _, two in rows)))


@given(hashes, hashes)
def test_the_digest_of_a_union_is_the_sum(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    assert _of(one) + _of(other) == _of(one + other)


@given(digests, digests, digests)
def test_addition_is_that_of_a_group(a: Digest, b: Digest, c: Digest) -> None:
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + Digest() == a
    assert a + Digest.read(-a.rows, -a.sums[0], -a.sums[1]) == Digest()


@given(
    st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1)), min_size=1), st.randoms()
)
def test_changes_lead_from_the_seal_to_what_is_held(rows: list[tuple[int, int]], random: object) -> None:
    """Each change is new rows minus old ones; in whatever order they are added, the same table comes out."""
    changes = [Digest.read(0, new[0] - old[0], new[1] - old[1]) for old, new in pairwise(rows)]
    random.shuffle(changes)  # type: ignore[attr-defined]
    assert reduce(Digest.__add__, changes, _of(rows[:1])) == _of(rows[-1:])


@given(digests)
def test_sums_are_kept_below_two_to_the_64(digest: Digest) -> None:
    assert all(0 <= part < 2**64 for part in digest.sums)


_WRITTEN = """case when t."c" is distinct from null then pg_catalog.concat(t."c") end collate "C\""""


@pytest.mark.parametrize("type_", ["boolean", "character(3)", "bpchar", '"char"', "inet", "cidr"])
def test_what_a_cast_writes_otherwise_than_the_type_itself_stays_cast_in_the_portable_form(type_: str) -> None:
    assert 'md5(row(t."c"::text)::text)' in of_table("x", (Column("c", type_),), form=Form.PORTABLE)


@pytest.mark.parametrize(
    ("type_", "expression"),
    [
        ("integer", 't."c"'),
        ("boolean", 't."c"'),
        ("uuid", 't."c"'),
        ('"char"', 't."c"'),
        ("date", 't."c"'),
        ("bigint", 'int8send(t."c")'),
        ("timestamp(3) with time zone", 'timestamptz_send(t."c")'),
        ("timestamp without time zone", 'timestamp_send(t."c")'),
        ("time(0) with time zone", 'timetz_send(t."c")'),
        ("pg_lsn", 'pg_lsn_send(t."c")'),
        ("text", 't."c" collate "C"'),
        ("character varying(14)", 't."c" collate "C"'),
        ("name", 't."c" collate "C"'),
        ("character(3)", 'bpcharsend(t."c")'),
        ("bpchar", 'bpcharsend(t."c")'),
        ("numeric(12,2)", 'numeric_send(t."c")'),
        ("numeric(2,-3)", 'numeric_send(t."c")'),
        ("interval", 'interval_send(t."c")'),
        ("interval(3)", 'interval_send(t."c")'),
        ("interval day to second(3)", 'interval_send(t."c")'),
        ("double precision", r"""case t."c" when 'NaN' then '\x7ff8000000000000' else float8send(t."c") end"""),
        ("real", r"""case t."c" when 'NaN' then '\x7fc00000' else float4send(t."c") end"""),
        ("bit varying(9)", 'varbit_send(t."c")'),
        ("bit(3)", 'bit_send(t."c")'),
        (
            "point",
            """case when 'NaN' in ((t."c")[0], (t."c")[1]) then textsend(t."c"::text) else point_send(t."c") end""",
        ),
        ("money", 'cash_send(t."c")'),
        ("integer[]", _WRITTEN),
        ("numeric(5,2)[]", _WRITTEN),
        ("timestamp with time zone[]", _WRITTEN),
        ("jsonb", _WRITTEN),
        ("citext", _WRITTEN),
        ("public.date", _WRITTEN),
        ("regclass", _WRITTEN),
        ("mood", _WRITTEN),
    ],
)
def test_each_type_is_hashed_by_what_settings_cannot_change(type_: str, expression: str) -> None:
    assert value(Column("c", type_), "t") == expression


def test_names_are_quoted() -> None:
    assert quoted('a"b') == '"a""b"'
    assert value(Column('x" from t; --', "integer"), "t") == 't."x"" from t; --"'


def test_one_row_hash_for_seals_and_receipts() -> None:
    columns = (Column("a", "integer"), Column("b", "numeric(3,1)"))
    assert row_hash(columns, "t") in of_table("x", columns)
    change = of_change(columns, "update x set a = 1", "done", also="new.a as a")
    assert row_hash(columns, "old") in change
    assert row_hash(columns, "new") in change
    assert change.startswith("done as (update x set a = 1 returning ")
    assert change.endswith(" as n, new.a as a)")
    assert sum_of_change("done").startswith("count(done.n)-count(done.o) as rows, ")


def test_a_partitioned_table_stands_for_its_partitions() -> None:
    columns = (Column("a", "integer"),)
    assert " from only x t " in of_table("x", columns)
    assert " from x t " in of_table("x", columns, partitioned=True)


SEED_ONE, SEED_TWO = "coalesce(sum(hashbyteaextended({0},3)),0)", "coalesce(sum(hashbyteaextended({0},4)),0)"


def test_a_table_is_counted_and_summed_under_two_seeds() -> None:
    columns = (Column("a", "integer"), Column("b", "text"))
    hashed = 'int8send(hash_record_extended(row(t."a", t."b" collate "C"),1))'
    assert of_table("x", columns) == (
        f"select count(*), {SEED_ONE.format('h')}, {SEED_TWO.format('h')}"
        f" from (select {hashed} h from only x t offset 0) s"
    )


def test_the_portable_form_is_two_halves_of_an_md5_and_the_same_for_every_server() -> None:
    """Two servers of different versions, or two machines, must agree on it: it may not change."""
    halves = (f"coalesce(sum(('x' || substr(h, {n}, 16))::bit(64)::bigint), 0)" for n in (1, 17))
    hashed = 'md5(row(t."a", t."b", t."c"::text)::text)'
    columns = (Column("a", "integer"), Column("b", "text"), Column("c", "character(3)"))
    assert of_table("x", columns, form=Form.PORTABLE) == (
        f"select count(*), {', '.join(halves)} from (select {hashed} h from only x t offset 0) s"
    )
    assert (Form.NATIVE, Form.PORTABLE) == ("native", "portable")  # as they are written down in seals


A, B = Column("a", "integer"), Column("b", "text")
HASHED = 'int8send(hash_record_extended(row(t."a", t."b" collate "C"),1))'


def test_some_blocks_of_a_table_are_read_by_where_their_rows_lie() -> None:
    assert Wanted((A, B)).query("x", blocks=(3, 7)) == (
        f"select count(*), {SEED_ONE.format('h')}, {SEED_TWO.format('h')} from (select {HASHED} h from only x t"
        " where t.ctid >= '(3,0)' and t.ctid < '(7,0)' offset 0) s"
    )
    assert Wanted((A, B)).query("x") == of_table("x", (A, B))


def test_the_buckets_of_a_key_are_counted_and_summed_apart() -> None:
    bucket = '(hash_record_extended(row(t."a", t."b" collate "C"),5)&15)::integer'
    assert Wanted((A, B), key=(A, B)).query("x") == (
        f"select b, count(*), {SEED_ONE.format('h')}, {SEED_TWO.format('h')}"
        f" from (select {HASHED} h, {bucket} b from only x t offset 0) s group by b"
    )
    assert Wanted((A,), key=(A,)).key == (A,)
    assert (Wanted((A,)).key, Wanted((A,)).form) == ((), Form.NATIVE)


def test_the_buckets_of_the_portable_form_are_the_same_for_every_server() -> None:
    query = Wanted((A, B), Form.PORTABLE, key=(A,)).query("x")
    bucket = "('x' || left(md5(row(t.\"a\")::text), 1))::bit(4)::integer"
    assert f" h, {bucket} b from only x t offset 0) s group by b" in query
    assert query.startswith("select b, count(*), ")


def test_a_change_hashes_only_rows_that_were_there_and_rows_that_are() -> None:
    columns = (Column("a", "integer"),)
    old, new = row_hash(columns, "old"), row_hash(columns, "new")
    assert of_change(iter(columns), "delete from x", "done") == (
        f"done as (delete from x returning case when old.tableoid is not null then {old} end as o,"
        f" case when new.tableoid is not null then {new} end as n)"
    )


def test_the_sum_of_a_change_is_that_of_new_rows_minus_that_of_old_ones() -> None:
    one, two = (f"{seed.format('d.n')}-{seed.format('d.o')}" for seed in (SEED_ONE, SEED_TWO))
    assert sum_of_change("d") == f"count(d.n)-count(d.o) as rows, {one} as one, {two} as two"


def test_the_settings_that_change_how_a_value_is_written_are_pinned_as_postgresql_spells_them() -> None:
    assert PINNED_OPTIONS == (
        r"-c TimeZone=UTC -c DateStyle=ISO,\ YMD -c IntervalStyle=postgres -c extra_float_digits=1 -c bytea_output=hex"
        r" -c client_encoding=UTF8 -c lc_monetary=C -c xmlbinary=base64"
        r" -c quote_all_identifiers=off -c standard_conforming_strings=on -c search_path=public"
    )
    assert PINNED_OPTIONS.count("-c ") == len(PINNED)


@pytest.mark.parametrize("type_", ["smallint", "oid", "bytea", "inet", "cidr", "macaddr", "macaddr8"])
def test_what_the_servers_own_hash_tells_apart_is_hashed_by_it(type_: str) -> None:
    assert value(Column("c", type_), "t") == 't."c"'


@pytest.mark.parametrize(
    ("type_", "sent"), [("time without time zone", "time_send"), ("xid8", "xid8send"), ("bit", "bit_send")]
)
def test_what_it_does_not_tell_apart_is_hashed_by_its_bytes(type_: str, sent: str) -> None:
    assert value(Column("c", type_), "t") == f'{sent}(t."c")'


def test_an_empty_digest_is_nothing() -> None:
    assert Digest() == Digest(0, (0, 0)) == Digest.read("0", "0", "0")
    assert Digest.read("1", str(2**64), -1) == Digest(1, (0, 2**64 - 1))
