"""Dumps that were taken after something had changed that few look at: each is missed for it, by kind and name."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from drill.dumpfile import sha256
from drill.hosts import binaries
from drill.hosts.process import ProcessPremises
from drill.offered import Offered
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.site import Site
from drill.verdict import Finding, Verdict
from drill.verification import Verification
from tests.fix_home import ROLES, lone, origin_of

# By database: what is made, what is done to it later, and what is to be told of that by the check.
CHANGED: dict[str, tuple[str, str, dict[str, list[str]]]] = {
    "bound": (
        "create table t (i int primary key, o text); insert into t values (1, 'x')",
        "alter table t add constraint never check (i < 3); alter table t add constraint lone unique (o);"
        " create unique index few on t (o) where i > 100; create index plain on t (o)",
        {
            "constraints": ["too many: public.t.lone: UNIQUE", "public.t.never: CHECK"],
            "indexes": ["too many: public.few: CREATE UNIQUE INDEX few", "public.lone: CREATE UNIQUE INDEX"],
        },
    ),
    "published": (
        "create schema s; create table t (i int primary key, secret text);"
        " create publication p for table t (i) where (i > 10); create publication q for tables in schema s;"
        " create publication r for table t; create subscription away connection 'host=nowhere' publication p"
        " with (connect = false, slot_name = none)",
        "drop publication p; create publication p for table t; alter publication q drop tables in schema s;"
        " alter publication r owner to boss; drop subscription away",
        {
            "schema": [
                'published tables: p of public.t is \'["i", "secret"]\' instead of \'["i"] (i > 10)\'',
                "published schemas: q of s is missing",
                "owners of publications: r is 'boss' instead of",
                "subscriptions: away is missing",
            ]
        },
    ),
    "granted": (
        "create table t (i int); create type mood as enum ('a'); create type pair as (a int);"
        " grant maintain on t to clerk; revoke usage on type mood from public; grant usage on type pair to clerk;"
        " revoke usage on type pair from public;"
        " create extension btree_gist; revoke execute on function gbt_int4_compress(internal) from public;"
        " grant execute on function pg_catalog.pg_ls_waldir() to clerk; grant select on pg_catalog.pg_authid to clerk;"
        " select lo_from_bytea(4711, 'x'); grant select on large object 4711 to clerk",
        "revoke maintain on t from clerk; grant usage on type mood to public; revoke usage on type pair from clerk;"
        " grant execute on function gbt_int4_compress(internal) to public;"
        " revoke execute on function pg_catalog.pg_ls_waldir() from clerk;"
        " revoke select on pg_catalog.pg_authid from clerk; alter large object 4711 owner to boss",
        {
            "schema": [
                "type grants: public.mood",
                "large object rights: all",
                "maintainers: public.t is missing",
                "rights on functions of others: pg_ls_waldir() is missing",
                "rights on functions of others: public.gbt_int4_compress(internal) is missing",
                "rights on relations of others: pg_authid is missing",
                "composite types: public.pair",
            ]
        },
    ),
    "rare": (
        "create table t (i int); create foreign data wrapper w options (a '1'); create server far foreign"
        " data wrapper w; create user mapping for clerk server far options (password 'x');"
        " create conversion mine for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;"
        " create access method heap2 type table handler heap_tableam_handler;"
        " create text search parser words (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,"
        " lextypes = prsd_lextype);"
        " create text search template plain (lexize = dsimple_lexize);"
        " create function same(int, int) returns boolean language sql immutable as 'select $1 = $2';"
        " create operator === (leftarg = int, rightarg = int, procedure = same, hashes);"
        " create type span as range (subtype = float8, subtype_diff = float8mi);"
        " create collation german (provider = builtin, locale = 'C.UTF-8')",
        "alter foreign data wrapper w options (set a '2'); drop conversion mine; drop access method heap2;"
        " drop text search parser words; drop text search template plain; drop type span;"
        " create type span as range (subtype = float8); drop operator === (int, int);"
        " create operator === (leftarg = int, rightarg = int, procedure = same);"
        " alter user mapping for clerk server far options (set password 'y')",
        {
            "schema": [
                "user mapping options: far for clerk",
                "foreign data wrappers: w",
                "conversions: public.mine is missing",
                "access methods: heap2 is missing",
                "text search parsers: public.words is missing",
                "text search templates: public.plain is missing",
                "traits of operators: public.===(integer,integer)",
                "traits of ranges: public.span",
            ]
        },
    ),
    "computed": (
        "create aggregate m(int) (sfunc = int4larger, stype = int, sortop = >);"
        " create function ordered(text, text) returns int language sql immutable as 'select bttextcmp($1, $2)';"
        " create operator class own for type text using btree as operator 1 <, operator 2 <=, operator 3 =,"
        " operator 4 >=, operator 5 >, function 1 ordered(text, text);"
        " create collation german (provider = builtin, locale = 'C.UTF-8');"
        " create function tell() returns event_trigger language plpgsql as 'begin end';"
        " create event trigger told on ddl_command_end execute function tell();"
        " create table r (i int primary key); create table c (i int references r) partition by list (i);"
        " create table c1 partition of c for values in (1)",
        "alter event trigger told disable; drop operator family own using btree; drop collation german;"
        " create collation german (provider = builtin, locale = 'C'); drop aggregate m(int);"
        " create aggregate m(int) (sfunc = int4larger, stype = int, sortop = <);"
        " alter event trigger told owner to chief",
        {
            "schema": [
                "operator classes: public.own of btree is missing",
                "aggregates: public.m(integer)",
                "locales of collations: public.german",
                "owners of event triggers: told is 'chief'",
                "triggers of references that are off",
            ],
            "constraints": ["not validated: public.c.c_i_fkey"],
        },
    ),
    "lent": (
        "create extension postgres_fdw; grant usage on foreign data wrapper postgres_fdw to clerk;"
        " revoke usage on language plpgsql from public; revoke usage on type pg_catalog.int4 from public;"
        " grant select (rolname) on pg_catalog.pg_authid to clerk; create type pair as (a int); create table t of pair;"
        " create server far foreign data wrapper postgres_fdw;"
        " create foreign table f (a int options (column_name 'b')) server far; create table s (id serial);"
        " create access method heap2 type table handler heap_tableam_handler; create table h (a int)",
        "revoke usage on foreign data wrapper postgres_fdw from clerk; grant usage on language plpgsql to public;"
        " grant usage on type pg_catalog.int4 to public; revoke select (rolname) on pg_catalog.pg_authid from clerk;"
        " alter table t not of; alter foreign table f alter a options (set column_name 'c');"
        " alter sequence s_id_seq owned by none; alter table h set access method heap2",
        {
            "schema": [
                "rights on objects of others: foreign data wrapper postgres_fdw is missing",
                "rights on objects of others: language plpgsql is missing",
                "rights on objects of others: type integer is missing",
                "rights on objects of others: column pg_authid.rolname is missing",
                "typed tables: public.t is missing",
                "options of foreign columns: public.f.a",
                "columns of sequences: public.s_id_seq is missing",
                "access methods of tables: public.h is too many",
            ]
        },
    ),
    "made": (
        "create view few as select 1 as i; create type mine;"
        " create function mine_in(cstring) returns mine language internal immutable strict as 'int4in';"
        " create function mine_out(mine) returns cstring language internal immutable strict as 'int4out';"
        " create type mine (input = mine_in, output = mine_out, like = int4, category = 'X');"
        ' create domain c as text collate "C"; create type span as range (subtype = text, subtype_opclass ='
        " text_pattern_ops); create operator family few using btree;"
        " alter operator family few using btree add operator 1 < (int4, int4);"
        " create aggregate m(int) (sfunc = int4pl, stype = int, msfunc = int4pl, minvfunc = int4mi, mstype = int,"
        " minitcond = '0'); create publication p for all tables with (publish_generated_columns = stored);"
        " create subscription away connection 'host=nowhere' publication p with (connect = false, slot_name = none)",
        "create or replace view few as select 2 as i; revoke usage on type mine from public;"
        " drop domain c; create domain c as text; drop type span;"
        " create type span as range (subtype = text);"
        " alter operator family few using btree drop operator 1 (int4, int4);"
        " drop aggregate m(int); create aggregate m(int) (sfunc = int4pl, stype = int, msfunc = int4pl,"
        " minvfunc = int4mi, mstype = int, minitcond = '1');"
        " alter publication p set (publish_generated_columns = none);"
        " alter subscription away connection 'host=elsewhere'",
        {
            "schema": [
                "views: public.few is 'SELECT 2 AS i;' instead of 'SELECT 1 AS i;'",
                "base types: public.mine",
                "collations of domains: public.c is missing",
                "orders of ranges: public.span is 'pg_catalog.text_ops'",
                "operator families: public.few of btree",
                "moving aggregates: public.m(integer)",
                "publications of generated columns: p is 'n' instead of 's'",
                "ways of subscriptions: away",
            ]
        },
    ),
    "ordered": (
        "create schema s; create collation german (provider = builtin, locale = 'C.UTF-8');"
        " create collation s.german (provider = builtin, locale = 'C'); create table t (a int, b text collate german);"
        " create type pair as (a int, b int); create sequence up; create sequence down increment -2;"
        " create sequence near maxvalue 30; create sequence round maxvalue 90 cycle; create sequence over maxvalue 90;"
        " select setval('over', 90)",
        "drop table t; create table t (b text collate s.german, a int); drop type pair;"
        " create type pair as (b int, a int); select setval('up', 9223372036854775807);"
        " select setval('down', -9223372036854775807); select setval('near', 30); select setval('round', 90)",
        {
            "schema": [
                "orders of columns: public.pair is 'b a' instead of 'a b'",
                "orders of columns: public.t is 'b a' instead of 'a b'",
                "schemas of collations: public.t.b is 's.german' instead of 'public.german'",
            ],
            "sequences": ["at their end: public.down (its last is 9223372036854775808), public.up"],
        },
    ),
}

_ENDS = "-- PostgreSQL database dump complete"


def _sealed(site: Site, folder: Path) -> Sealed:
    with site.console() as console:
        console.execute(f"{ROLES}; create role chief superuser; grant set on parameter log_statement to clerk".encode())
        for name in CHANGED:
            console.execute(f"create database {name} template template0".encode())
    for name, (making, _, _) in CHANGED.items():
        with site.console(name) as console:
            for statement in making.split("; "):
                console.execute(statement.encode())
    nightly = folder / "nightly"
    nightly.mkdir()
    origin = origin_of(site, folder)
    return Sealing(origin, How.DUMPED, tuple(CHANGED), nightly, binaries.find().folder).take(lambda _: None)


def _change(site: Site, folder: Path) -> Path:
    """All of it is changed and dumped anew."""
    later = folder / "later"
    later.mkdir()
    for name, (_, change, _) in CHANGED.items():
        with site.console(name) as console:
            for statement in change.split("; "):
                console.execute(statement.encode())
        where = origin_of(site, folder).conninfo(name)
        argv = [site.program("pg_dump"), "-f", str(later / f"{name}.sql"), "-d", where]
        subprocess.run(argv, check=True, timeout=60, capture_output=True)
    _rewrite(later / "computed.sql", _ENDS, f"ALTER TABLE public.c1 DISABLE TRIGGER ALL;\n{_ENDS}")
    roles = (folder / "nightly" / "globals.sql").read_text()
    (later / "globals.sql").write_text(roles)
    _rewrite(later / "globals.sql", "boss TO clerk WITH INHERIT TRUE", "boss TO clerk WITH INHERIT FALSE")
    _rewrite(later / "globals.sql", "GRANT SET ON PARAMETER", "-- ")
    return later


def _rewrite(file: Path, old: str, new: str) -> None:
    before = file.read_text()
    assert before.count(old) == 1
    file.write_text(before.replace(old, new))


@pytest.fixture(scope="module")
def verified(
    embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Finding], list[Finding]]:
    """What is found of the dumps as they were sealed, and of those of later."""
    folder = tmp_path_factory.mktemp("changed")
    with lone(embedded_premises, {"wal_level": "logical"}) as site:
        sealed = _sealed(site, folder)
        clean = Verification(Offered.recognised(folder / "nightly"), sealed, embedded_premises).run(lambda _: None)
        later = _change(site, folder)
    sealed = replace(sealed, dump={file.name: sha256(file) for file in later.iterdir()})
    changed = Verification(Offered.recognised(later), sealed, embedded_premises).run(lambda _: None)
    return list(clean.findings), list(changed.findings)


def test_as_it_was_sealed_it_is_met(verified: tuple[list[Finding], list[Finding]]) -> None:
    assert [(f.register, f.check, f.actual) for f in verified[0] if f.verdict is not Verdict.MET] == []


@pytest.mark.parametrize("name", CHANGED)
def test_each_change_is_told(name: str, verified: tuple[list[Finding], list[Finding]]) -> None:
    missed = {f.check: f.actual for f in verified[1] if f.register == name and f.verdict is Verdict.MISSED}
    due = CHANGED[name][2]
    assert missed.keys() == due.keys(), missed
    for check, told in due.items():
        assert [each for each in told if each not in missed[check]] == [], missed[check]
    assert "INDEX plain" not in missed.get("indexes", "")


def test_ways_of_memberships_and_rights_on_parameters_are_told(
    verified: tuple[list[Finding], list[Finding]],
) -> None:
    (roles,) = [f for f in verified[1] if f.register == "copy" and f.verdict is Verdict.MISSED]
    assert roles.check == "roles"
    assert "parameters: log_statement is missing" in roles.actual
    assert "ways of memberships: boss for clerk is 'sets' instead of 'inherits sets'" in roles.actual
