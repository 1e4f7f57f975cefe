"""Dumps that hold all that was sealed, of servers on which something is uncommon: none of them is missed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from drill.digest import Digest
from drill.dumpfile import DumpFile, sha256
from drill.hosts import binaries
from drill.hosts.process import ProcessPremises
from drill.offered import Offered
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.loading import Loading
from drill.sites.origin import Origin
from drill.sites.site import Site
from drill.verdict import Finding, Verdict
from drill.verification import Verification
from tests.fix_home import lone, origin_of

SOUND = {
    "lists": """
create domain size as varchar(9) check (value in ('s', 'm'));
create table o (id int primary key, s varchar(20) check (s in ('new', 'paid')),
  c cidr check (c in ('10.0.0.0/8', '11.0.0.0/8')),
 tags varchar(9)[] default array['a', 'b'], t varchar(20), check (s not in (t, 'x')), size size);
insert into o values (1, 'new');
create index oi on o (id) where s in ('new', 'paid');
create view ov as select id from o where s in ('new', 'paid');
alter table o enable row level security;
create policy op on o using (s in ('new', 'paid'));
create function f() returns bigint language sql begin atomic select count(*) from o where s in ('new', 'paid'); end
""",
    "folded": """
create table g (a text, f text generated always as (lower(a)) stored);
insert into g values ('Ärmel');
""",
    "unique_in_c": """
create table g (a text);
create unique index on g (lower(a));
insert into g values ('Ä'), ('ä');
""",
    "checked": """
create table g (a text check (a !~* '^ä'));
insert into g values ('Ärmel');
""",
    "fast": """
create table g (a text, f text generated always as (upper(a)) stored);
insert into g values ('straße');
""",
    "lacking": """
drop schema public;
drop extension plpgsql;
create schema s;
create table s.t (i int);
""",
    "unready": """
create table t (i int primary key);
insert into t values (1);
create index odd on t (i);
update pg_index set indisvalid = false where indexrelid = 'odd'::regclass;
create table c (i int references t);
alter table c disable trigger all;
create table counted (i int generated always as identity);
create table alike (like counted including all);
create function all_t() returns setof t language sql stable as 'select * from t';
create view seen as select i from all_t();
alter table t add column later int;
""",
    "periods": """
create extension btree_gist;
create table r (id int, v daterange, primary key (id, v without overlaps));
create table c (id int, v daterange, foreign key (id, period v) references r);
insert into r values (1, '[2020-01-01,2021-01-01)'), (1, '[2021-01-01,2022-01-01)');
insert into c values (1, '[2020-05-01,2021-05-01)'), (2, null);
""",
    "apart": r"""
create extension file_fdw;
create server f foreign data wrapper file_fdw;
create table p (i serial, t text) partition by list (i);
create table p1 partition of p for values in (1);
create foreign table p2 partition of p for values in (2) server f options (filename '/nowhere/at/all');
insert into p values (1, 'x');
create view escaped as select E'a\\b' as x;
""",
    "older": """
create extension btree_gist version '1.7';
create table t (i int);
""",
    "placed": """
create table t (i int) tablespace fast;
create index "I" on t (i) tablespace "Very fast";
insert into t values (1);
""",
}
_ENDS = "-- PostgreSQL database dump complete"
_C = "encoding 'UTF8' locale_provider libc locale 'C'"
LOCALES = {
    "folded": _C,
    "unique_in_c": _C,
    "checked": _C,
    "fast": "encoding 'UTF8' locale_provider builtin builtin_locale 'PG_UNICODE_FAST' locale 'C'",
}


@dataclass(frozen=True)
class Uncommon:
    """The server, its seal, the dumps that share the seal's snapshots, and where they are verified."""

    site: Site
    origin: Origin
    sealed: Sealed
    nightly: Path
    premises: ProcessPremises

    def verify(self, copy: Path, sealed: Sealed) -> list[Finding]:
        found = Verification(Offered.recognised(copy), sealed, self.premises).run(lambda _: None).findings
        return [f for f in found if f.verdict is not Verdict.MET]

    def part(self, folder: Path, *databases: str) -> Sealed:
        """The dumps of only these, with the roles, copied there; their seal."""
        files = [f"{name}.dump" for name in databases]
        for file in (*files, "globals.sql"):
            (folder / file).write_bytes((self.nightly / file).read_bytes())
        kept = {name: self.sealed.databases[name] for name in databases}
        dump = {file: digest for file, digest in self.sealed.dump.items() if file in {*files, "globals.sql"}}
        return replace(self.sealed, databases=kept, dump=dump)


@pytest.fixture(scope="module")
def uncommon(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uncommon]:
    folder = tmp_path_factory.mktemp("sound")
    nightly = folder / "nightly"
    nightly.mkdir()
    with lone(embedded_premises) as site:
        with site.console() as console:
            console.execute("alter role drill set default_transaction_read_only = on")
            console.execute("alter role drill set \"my.own\" = 'it''s; so'")
            console.execute("alter role drill connection limit 90 valid until '2100-01-01'")
            console.execute("alter role drill set quote_all_identifiers = on")
            console.execute("alter role drill set standard_conforming_strings = off")
            console.execute("create role clerk; alter role clerk set statement_timeout = '9s'")
            console.execute("set allow_in_place_tablespaces = on")
            for place in ("fast", '"Very fast"'):
                console.execute(f"create tablespace {place} location ''".encode())
            for name in SOUND:
                console.execute(f"create database {name} template template0 {LOCALES.get(name, '')}".encode())
        for name, making in SOUND.items():
            with site.console(name) as console:
                console.execute("set default_transaction_read_only = off")
                console.execute(making.encode())
        origin = origin_of(site, folder)
        sealing = Sealing(origin, How.DUMPED, tuple(SOUND), nightly, binaries.find().folder)
        yield Uncommon(site, origin, sealing.take(lambda _: None), nightly, embedded_premises)


def test_sound_dumps_are_met(uncommon: Uncommon) -> None:
    assert [(f.register, f.check, f.actual) for f in uncommon.verify(uncommon.nightly, uncommon.sealed)] == []


def test_plain_dumps_find_the_tablespaces_that_they_name(uncommon: Uncommon, tmp_path: Path) -> None:
    sealed = uncommon.part(tmp_path, "placed")
    (tmp_path / "placed.dump").unlink()
    argv = [uncommon.site.program("pg_dump"), "-f", str(tmp_path / "placed.sql"), "-d"]
    subprocess.run([*argv, uncommon.origin.conninfo("placed")], check=True, timeout=60, capture_output=True)
    assert "SET default_tablespace = fast;" in (tmp_path / "placed.sql").read_text()
    sealed = replace(sealed, dump={file.name: sha256(file) for file in tmp_path.iterdir()})
    assert [(f.register, f.check, f.actual) for f in uncommon.verify(tmp_path, sealed)] == []


def test_what_the_superuser_had_set_is_held_against_the_seal(uncommon: Uncommon, tmp_path: Path) -> None:
    sealed = uncommon.part(tmp_path, "older")
    roles = tmp_path / "globals.sql"
    kept = [line for line in roles.read_text().splitlines() if "default_transaction_read_only" not in line]
    roles.write_text("\n".join(kept) + "\n")
    (found,) = [f for f in uncommon.verify(tmp_path, sealed) if f.check == "roles"]
    assert found.verdict is Verdict.MISSED
    assert "settings: drill is " in found.actual


def test_what_the_superuser_had_set_and_this_server_does_not_know_is_not_seen(
    uncommon: Uncommon, tmp_path: Path
) -> None:
    sealed = uncommon.part(tmp_path, "older")
    roles = tmp_path / "globals.sql"
    roles.write_text(roles.read_text() + "ALTER ROLE drill SET operator_precedence_warning TO 'off';\n")
    sealed = replace(sealed, dump={**sealed.dump, "globals.sql": sha256(roles)})
    (found,) = uncommon.verify(tmp_path, sealed)
    assert (found.check, found.verdict) == ("roles", Verdict.UNKNOWN)
    assert "settings that this PostgreSQL does not take: drill: UndefinedObject (42704)" in found.actual


@pytest.mark.parametrize("options", [("--clean",), ("--clean", "--if-exists")])
def test_who_would_have_to_go_first_is_not_there_yet(
    options: tuple[str, ...], uncommon: Uncommon, tmp_path: Path
) -> None:
    sealed = uncommon.part(tmp_path, "older")
    roles = tmp_path / "globals.sql"
    argv = [uncommon.site.program("pg_dumpall"), "--globals-only", *options, "-f", str(roles), "-d"]
    subprocess.run([*argv, uncommon.origin.dsn], check=True, timeout=60, capture_output=True)
    assert "DROP ROLE" in roles.read_text()
    sealed = replace(sealed, dump={file.name: sha256(file) for file in tmp_path.iterdir()})
    assert [(f.register, f.check, f.actual) for f in uncommon.verify(tmp_path, sealed)] == []


def test_a_plain_dump_may_hold_more_large_objects_than_a_server_has_locks(
    embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    one = "SELECT pg_catalog.lo_create('{0}');\nALTER LARGE OBJECT {0} OWNER TO drill;\n"
    objects = "".join(one.format(number) for number in range(1, 5001))
    dump = tmp_path / "letters.sql"
    dump.write_text(
        f"--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 14.0\n{objects}\n{_ENDS}\n"
    )
    with lone(embedded_premises, {"max_connections": "20", "max_locks_per_transaction": "10"}) as site:
        with site.console() as console:
            console.execute("create database letters template template0")
        Loading(DumpFile.recognised(dump), "letters").load(site)
        assert site.ask("select count(*) from pg_largeobject_metadata", database="letters") == [(5000,)]


def test_what_this_postgresql_does_not_take_is_unknown(uncommon: Uncommon, tmp_path: Path) -> None:
    sealed = uncommon.part(tmp_path, "older", "placed")
    roles = tmp_path / "globals.sql"
    roles.write_text(roles.read_text().replace("SET statement_timeout TO '9s'", "SET lc_time TO 'xx_XX.UTF-8'"))
    added = {
        "older": "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql SET lc_time = 'xx_XX.UTF-8' AS 'select 1';",
        "placed": "SECURITY LABEL FOR nobody ON TABLE public.t IS 'secret';",
    }
    for name, statement in added.items():
        (tmp_path / f"{name}.dump").unlink()
        dump = tmp_path / f"{name}.sql"
        argv = [uncommon.site.program("pg_dump"), "-f", str(dump), "-d", uncommon.origin.conninfo(name)]
        subprocess.run(argv, check=True, timeout=60, capture_output=True)
        dump.write_text(dump.read_text().replace(_ENDS, f"{statement}\n{_ENDS}"))
    sealed = replace(sealed, dump={file.name: sha256(file) for file in tmp_path.iterdir()})
    found = uncommon.verify(tmp_path, sealed)
    assert {f.verdict for f in found} == {Verdict.UNKNOWN}
    told = {(f.register, f.check): f.actual for f in found}
    assert "lc_time" in told["older", "restored"]
    assert 'security label provider "nobody" is not loaded' in told["placed", "restored"]
    assert told["copy", "roles"].startswith("settings that this PostgreSQL does not take: clerk: ")


@pytest.mark.parametrize("told", ["lacking", "never sealed"])
def test_where_a_locale_is_not_known_only_what_letters_decide_is_unknown(
    told: str, uncommon: Uncommon, tmp_path: Path
) -> None:
    sealed = uncommon.part(tmp_path, "folded", "unique_in_c", "lists", "older")
    locales = dict.fromkeys(sealed.databases, "c\txx_XX.UTF-8\txx_XX.UTF-8\t") if told == "lacking" else {}
    lists = sealed.databases["lists"]
    changed = replace(lists, tables={**lists.tables, "public.o": Digest(1, (1, 1))})
    sealed = replace(
        sealed, shared={**sealed.shared, "locales": locales}, databases={**sealed.databases, "lists": changed}
    )
    (tmp_path / "older.dump").write_bytes((tmp_path / "older.dump").read_bytes()[:-300])
    found = {(f.register, f.check): f for f in uncommon.verify(tmp_path, sealed)}
    assert found["folded", "content"].verdict is Verdict.UNKNOWN
    assert found["unique_in_c", "restored"].verdict is Verdict.UNKNOWN
    for excused in (found["folded", "content"], found["unique_in_c", "restored"]):
        assert ("xx_XX.UTF-8 of libc" if told == "lacking" else "of which locale it was") in excused.actual
    assert found["lists", "content"].verdict is Verdict.MISSED
    assert found["older", "restored"].verdict is Verdict.MISSED
    assert {key for key, each in found.items() if each.verdict is Verdict.MISSED} == {
        *(("lists", "content"), ("older", "restored"), ("copy", "manifest"))
    }
