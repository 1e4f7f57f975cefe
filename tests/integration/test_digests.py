"""Digests on a real server: every type, and what must and must not change them."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from drill.digest import Digest, Form
from drill.probes.digests import digest, shapes
from tests.fix_site import Filled

Console = psycopg.Connection[tuple[object, ...]]

# values that one must not take for the other, though many are equal by the type's own hash
UNLIKE = [
    ("boolean", "true", "false"),
    # the hash of int8 folds its halves together
    ("timestamptz", "'2000-01-01 00:00:00.000001Z'", "'2000-01-01 01:11:34.967296Z'"),
    ("timestamp", "'2000-01-01 00:00:00.000001'", "'2000-01-01 01:11:34.967296'"),
    ("time", "'00:00:00.000001'", "'01:11:34.967296'"),
    ("timetz", "'00:00:00.000001+00'", "'01:11:34.967296+00'"),
    ("xid8", "'1'", "'4294967296'"),
    ("money", "'0.01'", "'42949672.96'"),
    ("bigint[]", "'{1}'", "'{4294967296}'"),
    ("smallint", "1", "-1"),
    ("bigint", "1", "4294967296"),
    ("oid", "1", "2"),
    ("uuid", "'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000010'"),
    ("bytea", r"'\x00'", r"'\x0000'"),
    ("date", "'2026-01-01'", "'infinity'"),
    ("time", "'12:00'", "'12:00:00.000001'"),
    ("timetz", "'12:00+00'", "'14:00+02'"),
    ("timestamp(3)", "'2026-01-01'", "'2026-01-01 00:00:00.001'"),
    ("timestamptz", "'2026-01-01 00:00Z'", "'2026-01-01 00:00:00.000001Z'"),
    ("inet", "'10.0.0.1/8'", "'10.0.0.1/9'"),
    ("cidr", "'10.0.0.0/8'", "'10.0.0.0/9'"),
    ("macaddr", "'08:00:2b:01:02:03'", "'08:00:2b:01:02:04'"),
    ("macaddr8", "'08:00:2b:01:02:03:04:05'", "'08:00:2b:01:02:03:04:06'"),
    ("pg_lsn", "'0/1'", "'1/0'"),
    ("xid8", "'1'", "'4294967297'"),
    ('"char"', "'a'", "'b'"),
    ("text", "'a'", "'a '"),
    ("varchar(9)", "'a'", "'A'"),
    ("name", "'a'", "'b'"),
    ("text collate blind", "'a'", "'A'"),
    ("bpchar", "'a'", "'a '"),
    ("char(3)", "'a'", "'b'"),
    ("numeric", "1.0", "1.00"),
    ("numeric", "'NaN'", "'Infinity'"),
    ("interval", "'1 day'", "'24 hours'"),
    ("interval", "'1 month'", "'30 days'"),
    ("interval day to second", "'1 day'", "'24 hours'"),
    ("real", "'0'", "'-0'"),
    ("double precision", "'0'", "'-0'"),
    ("bit(3)", "'100'", "'001'"),
    ("varbit", "'0'", "'00'"),
    ("point", "'(0,0)'", "'(-0,0)'"),
    ("money", "'1'", "'1.01'"),
    ("box", "'(1,1),(0,0)'", "'(1,1),(0,0.5)'"),
    ("path", "'((0,0),(1,1))'", "'[(0,0),(1,1)]'"),
    ("json", "'{\"a\":1}'", "'{\"a\": 1}'"),
    ("jsonb", "'1.0'", "'1.00'"),
    ("jsonpath", "'$.a'", "'$.b'"),
    ("tsvector", "'a:1'", "'a:2'"),
    ("tsquery", "'a & b'", "'a | b'"),
    ("int4range", "'[1,2]'", "'[1,4)'"),
    ("numrange", "'[1.0,2]'", "'[1.00,2]'"),
    ("datemultirange", "'{[2026-01-01,2026-02-01)}'", "'{}'"),
    ("integer[]", "'{1,2}'", "'[0:1]={1,2}'"),
    ("integer[]", "'{1,2}'", "'{{1,2}}'"),
    ("text[]", "array['a', null]", "array['a', 'null']"),
    ("numeric[]", "'{1.0}'", "'{1.00}'"),
    ("mood", "'glad'", "'sad'"),
    ("pair", "'(1,1.0)'", "'(1,1.00)'"),
    ("exact", "1.0", "1.00"),
    ("exacter", "1.0", "1.00"),
    ("moods", "'{glad}'", "'{sad}'"),
    ("regclass", "'pg_class'", "'pg_type'"),
    ("regtype", "'int4'", "'int8'"),
    ("txid_snapshot", "'10:20:'", "'10:21:'"),
    ("refcursor", "'a'", "'b'"),
    ("integer", "0", "null"),
    ("text", "''", "null"),
]

TYPES = """
create schema types;
set search_path = types;
create type mood as enum ('glad', 'sad');
create type pair as (a int, b numeric);
create domain exact as numeric(9);
create domain exact_base as numeric;
drop domain exact;
create domain exact as exact_base;
create domain exacter as exact check (value > 0);
create domain moods as mood[];
"""
BLIND = "create collation types.blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"


@pytest.fixture(scope="module")
def database(broken: Filled) -> Iterator[Filled]:
    """A database of its own for the types."""
    broken.do("postgres", "create database trial template template0")
    broken.do("trial", TYPES)
    try:
        broken.do("trial", BLIND)
    except psycopg.errors.FeatureNotSupported:  # built without ICU, as the pinned wheel is
        broken.do("trial", 'create collation types.blind from "C"')
    yield broken
    broken.do("postgres", "drop database trial with (force)")


@pytest.fixture
def console(database: Filled) -> Iterator[Console]:
    """In a transaction that is rolled back, with the settings of every digest."""
    with database.site.console("trial") as opened:
        opened.execute("set search_path = pg_catalog, public, types; begin")
        yield opened
        opened.execute("rollback")


def _digest(console: Console, table: str = "types.t", form: Form = Form.NATIVE) -> Digest:
    shape = next(shape for shape in shapes(console) if shape.name == table)
    found = digest(console, shape, shape.columns, form)
    assert found is not None
    return found


def _holding(console: Console, type_: str, *values: str, form: Form = Form.NATIVE) -> Digest:
    console.execute(
        f"drop table if exists types.t; create table types.t (i int generated always as identity, v {type_})"
    )
    for one in values:
        console.execute(f"insert into types.t (v) values ({one})")
    return _digest(console, form=form)


@pytest.mark.parametrize(("type_", "one", "other"), UNLIKE)
def test_unlike_values_have_unlike_digests(type_: str, one: str, other: str, console: Console) -> None:
    found = _holding(console, type_, one)
    assert found.rows == 1
    assert _holding(console, type_, one) == found
    assert _holding(console, type_, other) != found
    assert _holding(console, type_, other, one) != _holding(console, type_, one, other)  # swapped between rows


# one value, of which a server keeps more than one pattern of bits
ALIKE = [
    ("double precision", "'NaN'", "'Infinity'::float8 - 'Infinity'::float8"),
    ("real", "'NaN'", "'Infinity'::real - 'Infinity'::real"),
    ("point", "'(NaN,1)'", "point('Infinity'::float8 - 'Infinity'::float8, 1)"),
    ("double precision[]", "'{NaN}'", "array['Infinity'::float8 - 'Infinity'::float8]"),
]


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize(("type_", "one", "other"), ALIKE)
def test_what_is_not_a_number_has_one_digest(type_: str, one: str, other: str, form: Form, console: Console) -> None:
    assert _holding(console, type_, one, form=form) == _holding(console, type_, other, form=form)


@pytest.mark.parametrize("form", Form)
def test_no_cast_of_somebody_is_asked_what_a_value_is(form: Form, console: Console) -> None:
    console.execute("""
        create type types.light as enum ('red', 'green');
        create function types.told(types.light) returns text immutable language sql as $$select 'a light'$$;
        create cast (types.light as text) with function types.told(types.light)""")
    assert console.execute("select 'red'::types.light::text").fetchone() == ("a light",)
    assert _holding(console, "types.light", "'red'", form=form) != _holding(
        console, "types.light", "'green'", form=form
    )


@pytest.mark.parametrize(("type_", "value"), [(type_, value) for type_, *both in UNLIKE for value in both])
def test_the_portable_form_is_that_of_the_row_as_text(type_: str, value: str, console: Console) -> None:
    """As earlier versions had it, and so have their seals."""
    found = _holding(console, type_, value, form=Form.PORTABLE)
    query = "select ('x' || left(md5(row(i::text, v::text)::text), 16))::bit(64)::bigint from types.t"
    assert console.execute(query).fetchone() == (found.sums[0] - (found.sums[0] >> 63 << 64),)


CHANGED = [
    ("TimeZone", "Asia/Tokyo"),
    ("DateStyle", "SQL, DMY"),
    ("IntervalStyle", "iso_8601"),
    ("extra_float_digits", "-5"),
    ("bytea_output", "escape"),
    ("xmlbinary", "hex"),
    ("lc_monetary", "C.UTF-8"),
    ("search_path", "types"),
]
_NOT_AS_TEXT = {
    "timestamptz": "'2026-01-01 00:00Z'",
    "timestamp": "'2026-01-01'",
    "date": "'2026-01-02'",
    "timetz": "'12:00+02'",
    "interval": "'1 month 2 days'",
    "double precision": "0.1",
    "real": "0.3",
    "bytea": r"'\x0a0b'",
    "money": "'1.50'",
    "numeric": "1.50",
    "point": "'(0.1,0.2)'",
}


@pytest.mark.parametrize(("setting", "changed"), CHANGED)
def test_no_setting_changes_the_digest_of_a_plain_type(setting: str, changed: str, console: Console) -> None:
    columns = ", ".join(f"c{i} {type_}" for i, type_ in enumerate(_NOT_AS_TEXT))
    console.execute(f"create table types.plain ({columns})")
    console.execute(f"insert into types.plain values ({', '.join(_NOT_AS_TEXT.values())})")
    before = _digest(console, "types.plain")
    try:
        console.execute("savepoint trying")
        console.execute("select set_config(%s, %s, true)", (setting, changed))
    except psycopg.errors.InvalidParameterValue:
        pytest.skip(f"this build does not know {changed}")
    assert _digest(console, "types.plain") == before


def test_the_console_pins_what_changes_the_text_of_other_types(database: Filled) -> None:
    """Arrays of timestamps are hashed as text: only pinned settings make two surveys alike."""
    database.do(
        "trial", "create table types.times (v timestamptz[]); insert into types.times values ('{2026-01-01 00:00Z}')"
    )
    database.do(
        "trial", "alter database trial set timezone = 'Asia/Tokyo'; alter role drill set datestyle = 'SQL, DMY'"
    )
    try:
        with database.site.console("trial") as opened:
            assert opened.execute("select v::text from types.times").fetchone() == ('{"2026-01-01 00:00:00+00"}',)
    finally:
        database.do("trial", "alter database trial reset all; alter role drill reset all; drop table types.times")


def test_a_row_of_nulls_is_a_row(console: Console) -> None:
    assert _holding(console, "int", "null").rows == 1


def test_a_table_without_columns_has_rows(console: Console) -> None:
    console.execute("create table types.bare (); insert into types.bare default values")
    assert _digest(console, "types.bare").rows == 1


def test_partitions_count_with_their_parent_only(console: Console) -> None:
    console.execute("""
        create table types.p (i int, v text) partition by list (i);
        create table types.p1 partition of types.p for values in (1);
        create table types.p2 partition of types.p for values in (2);
        insert into types.p values (1, 'a'), (2, 'b')""")
    assert {"types.p"} == {shape.name for shape in shapes(console) if shape.table.startswith("p")}
    assert _digest(console, "types.p").rows == 2


def test_children_by_inheritance_count_for_themselves(console: Console) -> None:
    console.execute(
        "create table types.a (i int); create table types.b () inherits (types.a); insert into types.b values (1)"
    )
    assert (_digest(console, "types.a").rows, _digest(console, "types.b").rows) == (0, 1)


def test_stored_columns_count_and_virtual_ones_do_not(console: Console) -> None:
    console.execute(
        "create table types.g (i int, s int generated always as (i + 1) stored, v int generated always as (i + 2))"
    )
    shape = next(shape for shape in shapes(console) if shape.name == "types.g")
    assert [column.name for column in shape.columns] == ["i", "s"]


def test_any_name_can_be_read(console: Console) -> None:
    console.execute('create schema "Ü ""1"; create table "Ü ""1"."t.x" ("c""1" int, "from" text); ')
    console.execute("""insert into "Ü ""1"."t.x" values (1, '%s')""")
    assert _digest(console, '"Ü ""1"."t.x"').rows == 1


def test_a_sealed_column_that_is_gone_or_changed_makes_the_table_unreadable(console: Console) -> None:
    before = _holding(console, "int", "1")
    sealed = next(shape for shape in shapes(console) if shape.name == "types.t")
    console.execute("alter table types.t add more int")
    now = next(shape for shape in shapes(console) if shape.name == "types.t")
    assert digest(console, now, sealed.columns) == before
    console.execute("alter table types.t alter v type bigint")
    changed = next(shape for shape in shapes(console) if shape.name == "types.t")
    assert digest(console, changed, sealed.columns) is None
    console.execute("alter table types.t drop v")
    gone = next(shape for shape in shapes(console) if shape.name == "types.t")
    assert digest(console, gone, sealed.columns) is None
