"""What of somebody's own cannot be loaded, on a real server: the cause is named with the fix, and never a row."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drill.errors import StepFailed
from tests.fix_own_data import CANARY, FORMS, SHIPPED, Origin, Town, cleared

LARGE = "create table t as select i, md5(i::text) from generate_series(1, 20000) i; select lo_from_bytea(1, 'x')"
UNSAID = "an error whose text may quote rows, so it is not shown"


def soak(*what: str) -> Any:
    return pytest.param(*what, marks=pytest.mark.soak)


@pytest.fixture
def town(somewhere: Town) -> Iterator[Town]:
    with cleared(somewhere) as town:
        yield town


def kept(origin: Origin, sql: str, folder: Path) -> Path:
    """A database in each form."""
    with origin.holding(sql) as small:
        for form in FORMS:
            dumped = origin.dumped(small, form)
            (shutil.copytree if form == "-Fd" else shutil.copy)(dumped, folder / form)
    return folder


@pytest.fixture(scope="module")
def small(somewhere: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept(somewhere.origin, "create extension pg_trgm; create table t (a int)", tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def large(somewhere: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept(somewhere.origin, LARGE, tmp_path_factory.mktemp("large"))


# -- what home lacks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["-Fp", "-Fc", soak("-Fd"), soak("-Ft")])
def test_a_missing_role_is_named_with_the_fix(town: Town, form: str) -> None:
    said = town.refused(town.origin.dumped("harbour", form))
    assert said.exit_code == 4
    assert str(said).endswith('role "harbour_master" does not exist')
    assert "give them as `globals: FILE` of `home` (pg_dumpall --globals-only -f FILE" in said.hint


def test_a_role_that_its_file_lacks_is_named_with_the_file(town: Town, tmp_path: Path) -> None:
    lacking = tmp_path / "globals.sql"
    lacking.write_text((SHIPPED / "globals.sql").read_text().replace("harbour_master", "harbour_mistress"))
    said = town.refused(SHIPPED / "harbour.sql", lacking)
    assert str(said).endswith('in line 29: role "harbour_master" does not exist')
    assert f"{lacking} lacks it: write it anew" in said.hint


def test_roles_that_cannot_be_created_are_told(town: Town, small: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "globals.sql"
    wrong.write_text((SHIPPED / "globals.sql").read_text().replace("CREATE ROLE harbour_reader", "CREATE ROLE nobody"))
    said = town.refused(small / "-Fp", wrong)
    assert 'globals.sql cannot be created: UndefinedObject (42704): role "harbour_reader" does not exist' in str(said)
    assert "pg_dumpall --globals-only" in said.hint


@pytest.mark.parametrize("form", [soak("-Fp"), "-Fc"])
def test_a_missing_extension_is_named_with_the_fix(town: Town, small: Path, form: str, tmp_path: Path) -> None:
    (dump := tmp_path / "dump").write_bytes((small / form).read_bytes().replace(b"pg_trgm", b"pg_none"))
    said = town.refused(dump)
    assert str(said).endswith('extension "pg_none" is not available')
    assert said.hint.startswith("drill with the programs of a PostgreSQL that has pg_none: --pg-bin DIR (embedded)")


@pytest.mark.parametrize(
    ("put", "says", "hint"),
    [
        ("SET default_tablespace = fast;", 'invalid value for parameter "default_tablespace"', "--no-tablespaces"),
        ("CREATE SCHEMA public;", 'schema "public" already exists', "dumped with --clean or -n? dump it without"),
        soak("DROP TABLE public.gone;", 'table "gone" does not exist', "dumped with --clean or -n? dump it without"),
        ('CREATE TABLE public.e (a text COLLATE "et_XX");', 'collation "et_XX" for encoding "UTF8"', "its locales"),
        soak("SET not_there = 1;", 'unrecognized configuration parameter "not_there"', "--pg-bin DIR"),
        soak("LOAD 'nothing';", 'could not access file "nothing"', "a PostgreSQL that has this library"),
        soak("GRANT SELECT ON x TO y;", 'relation "x" does not exist', "load it into an empty database of yours"),
    ],
)
def test_what_a_server_lacks_is_named_with_its_line_and_the_fix(
    town: Town, small: Path, put: str, says: str, hint: str, tmp_path: Path
) -> None:
    whole = (small / "-Fp").read_text()
    (dump := tmp_path / "dump.sql").write_text(whole.replace("SET row_security = off;\n", f"\n{put}\n"))
    said = town.refused(dump)
    assert f"in line 21: {says}" in str(said)
    assert hint in said.hint


@pytest.mark.parametrize("form", ["-Fp", "-Fc"])
def test_a_dump_of_a_newer_server_is_refused_before_it_is_loaded(
    town: Town, small: Path, form: str, tmp_path: Path
) -> None:
    whole = (small / form).read_bytes()
    newer = whole.replace(b"database version 18", b"database version 99").replace(b"\x0018.", b"\x0099.")
    (dump := tmp_path / "dump").write_bytes(newer)
    said = town.refused(dump)
    assert "is of PostgreSQL 99." in str(said)
    assert "drill with the programs of PostgreSQL 99: --pg-bin DIR" in said.hint


_FDW = "create extension postgres_fdw; create server s foreign data wrapper postgres_fdw options (host '127.0.0.1');"
_FAR = f"{_FDW} create table p (k int) partition by list (k); create foreign table far partition of p default server s"


@pytest.mark.parametrize(
    ("made", "says", "hint"),
    [
        ("create view v as select 1 as one", "holds no table", "is it the right dump? nothing could be lost"),
        ("create schema drill; create table drill.t (a int)", "has a schema drill", "alter schema drill rename to"),
        (_FAR, "a part of a table is foreign", "dump without it (-T far)"),
        soak("select", "holds no table", "is it the right dump? nothing could be lost"),
    ],
    ids=["no table", "a schema of our name", "rows that are elsewhere", "nothing"],
)
def test_a_database_that_no_drill_can_use(town: Town, made: str, says: str, hint: str) -> None:
    with town.origin.holding(made) as small:
        said = town.refused(town.origin.dumped(small, "-Fc"))
    assert says in str(said)
    assert hint in said.hint


# -- rows that break a rule ------------------------------------------------------------------------------------------

_ELSE = "current_database() = 'small'"  # where it is dumped it does no harm
_ROW = f"insert into t values ('{CANARY}');"
_CHECK = f"create table t (a text, constraint good check ({_ELSE} or a <> '{CANARY}')); "
_DOMAIN = f"create domain d text constraint good check ({_ELSE} or value <> '{CANARY}'); create table t (a d); "
_UNIQUE = f"create function f(t text) returns text language sql immutable as $$ select case when {_ELSE} then t end $$;"
_UNIQUE += "create table t (a text); create unique index good on t (f(a)) nulls not distinct; "
_FAKE = f'role "{CANARY}" does not exist'
_FAKES = f"insert into t values (e'{CANARY}\\npg_restore: error: could not execute query: ERROR:  {_FAKE}');"


def raising(text: str) -> str:
    return (
        f"create function f(t text) returns bool language plpgsql as $$ begin if {_ELSE} then return true; end if;"
        f" raise exception '{text}', t; end $$; create table t (a text check (f(a))); "
    )


_BROKEN = {
    "a check": (_CHECK + _ROW, 'new row for relation "t" violates check constraint "good"'),
    "a domain": (_DOMAIN + _ROW, 'value for domain public.d violates check constraint "good"'),
    "a key": (_UNIQUE + _ROW + "insert into t values ('other')", 'could not create unique index "good"'),
    "words of theirs": (raising("no %") + _ROW, UNSAID),
    "words like ours": (raising('role "%" does not exist') + _ROW, UNSAID),
    "a row like an error": (raising("%") + _FAKES, UNSAID),
}
_OFTEN = [("a check", "-Fp"), ("a check", "-Fc"), ("a key", "-Fc"), ("words like ours", "-Fp")]
_OFTEN += [("a row like an error", "-Fc")]
_SELDOM = [(broken, form) for broken in _BROKEN for form in ("-Fp", "-Fc") if (broken, form) not in _OFTEN]


@pytest.mark.parametrize(("broken", "form"), [*_OFTEN, *(soak(*case) for case in _SELDOM)])
def test_a_row_that_breaks_a_rule_is_not_quoted(town: Town, broken: str, form: str) -> None:
    made, says = _BROKEN[broken]
    with town.origin.holding(made) as small:
        said = town.refused(town.origin.dumped(small, form))
    assert str(said).endswith(says)
    assert said.hint.startswith("load it into an empty database of yours")


def test_an_index_that_cannot_be_looked_at_quotes_no_row(town: Town) -> None:
    """Theirs is called when home looks at what was loaded; it chooses a kind of error that is harmless elsewhere."""
    raised = f"raise exception 'saw %', t using errcode = '55000', table = '{CANARY}'"
    made = f"""
    create function f(t text) returns text language plpgsql immutable as
      $$ begin if {_ELSE} or current_setting('application_name') <> 'drill console' then return t; end if;
      {raised}; end $$;
    create table t (a text); create index on t (f(a)); {_ROW}"""
    with town.origin.holding(made) as small:
        dump = town.origin.dumped(small, "-Fc")
    with pytest.raises(StepFailed, match=rf"ObjectNotInPrerequisiteState \(55000\): {UNSAID}") as failed:
        town.load(dump)
    assert CANARY not in f"{failed.value} {failed.value.hint}"


# -- damage ----------------------------------------------------------------------------------------------------------


def _cut(share: float) -> Callable[[Path], None]:
    def cut(dump: Path) -> None:
        dump.write_bytes((whole := dump.read_bytes())[: int(len(whole) * share)])

    return cut


def _flip(dump: Path) -> None:
    whole = bytearray(dump.read_bytes())
    whole[len(whole) // 2] ^= 1
    dump.write_bytes(whole)


def _shorten(folder: Path) -> None:
    rows = gzip.decompress(_largest(folder).read_bytes())
    _largest(folder).write_bytes(gzip.compress(rows[: len(rows) // 2]))


def _lose(folder: Path) -> None:
    _largest(folder).unlink()


def _forget_objects(folder: Path) -> None:
    next(folder.glob("blobs*.toc")).write_bytes(b"")


def _largest(folder: Path) -> Path:
    return max(folder.glob("*.dat.gz"), key=lambda file: file.stat().st_size)


@pytest.mark.parametrize(
    ("form", "damage"),
    [
        pytest.param("-Fc", _cut(0.005), id="the contents cut", marks=pytest.mark.soak),
        pytest.param("-Fc", _cut(0.5), id="cut in the middle", marks=pytest.mark.soak),
        pytest.param("-Fc", _cut(0.999), id="cut at the end", marks=pytest.mark.soak),
        pytest.param("-Fc", _flip, id="a bit flipped"),
        pytest.param("-Fd", _lose, id="a file lost"),
        pytest.param("-Fd", _shorten, id="a table cut"),
        pytest.param("-Fd", _forget_objects, id="large objects lost"),
    ],
)
def test_a_damaged_dump_is_no_half_register(
    town: Town, large: Path, form: str, damage: Callable[[Path], None], tmp_path: Path
) -> None:
    (shutil.copytree if form == "-Fd" else shutil.copy)(large / form, tmp_path / "dump")
    damage(tmp_path / "dump")
    assert "copy it again" in town.refused(tmp_path / "dump").hint
