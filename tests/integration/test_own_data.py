"""Somebody's own dump, in every form, loaded on a real server: the register is what its origin held."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from drill.digest import PINNED_OPTIONS
from drill.evidence import Seal
from drill.hosts.container import ContainerPremises
from drill.objectives import OWN_DATA
from drill.probes.survey import Surveyor
from drill.registers.own_data import LeaveReceipt
from drill.sites.site import COURIER, Site, citizen
from tests.fix_own_data import CANARY, FORMS, LOCKED_OUT, SHIPPED, Town, cleared, discreet
from tests.fix_pair import standing

_GRANTED = """
select c.oid::regclass::text, c.relowner::regrole::text, c.relacl::text
from pg_class c where c.relnamespace in ('port'::regnamespace, 'customs'::regnamespace) order by 1
"""
_REPLICATION = "select (select count(*) from pg_publication), (select count(*) from pg_subscription)"
_MEMBERS = "select roleid::regrole::text, member::regrole::text from pg_auth_members order by 1, 2"


@pytest.fixture
def town(somewhere: Town) -> Iterator[Town]:
    with cleared(somewhere) as town:
        yield town


def sealed(home: Site) -> Seal:
    return Surveyor().seal(OWN_DATA, home)


def without_mark(seal: Seal) -> dict[str, object]:
    """The digests of what was theirs."""
    return {table: digest for table, digest in seal.tables.items() if table != "drill.mark"}


def login(home: Site, role: str) -> psycopg.Connection[tuple[object, ...]]:
    at = home.host.address()
    key = home.keys.password(role)
    return psycopg.connect(
        host=at.host, port=at.port, dbname=OWN_DATA, user=role, password=key, options=PINNED_OPTIONS, autocommit=True
    )


# -- what can be loaded ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("database", "form"),
    [
        *(("harbour", form) for form in FORMS),
        ("hostile", "-Fp"),
        ("hostile", "-Fd"),
        pytest.param("hostile", "-Fc", marks=pytest.mark.soak),
        pytest.param("hostile", "-Ft", marks=pytest.mark.soak),
    ],
)
def test_each_form_makes_the_register_that_the_origin_holds(town: Town, database: str, form: str) -> None:
    origin = Surveyor().seal(database, town.origin.site)
    town.load(town.origin.dumped(database, form), town.origin.roles())
    held = sealed(town.home)
    assert without_mark(held) == origin.tables
    assert sum(digest.rows for digest in origin.tables.values()) > 10
    assert set(origin.structure.sequences) <= set(held.structure.sequences)
    if database == "harbour":  # of the other, some constraints are worded anew by whoever reads them
        assert origin.structure.constraints.items() <= held.structure.constraints.items()
        assert origin.structure.indexes.items() <= held.structure.indexes.items()
    assert town.home.ask(_REPLICATION, database=OWN_DATA) == [(0, 0)]
    assert CANARY not in town.home.host.read(town.home.log)


def test_jobs_that_lock_each_other_out_load_once_more(town: Town) -> None:
    with town.origin.holding(LOCKED_OUT) as small:
        town.load(town.origin.dumped(small, "-Fc"))
    assert town.home.ask("select (select i from t1), (select i from t2)", database=OWN_DATA) == [(1, 1)]


def test_owners_and_rights_come_along(town: Town) -> None:
    town.load(SHIPPED / "harbour.sql", SHIPPED / "globals.sql")
    rights = town.home.ask(_GRANTED, database=OWN_DATA)
    assert rights == town.origin.site.ask(_GRANTED, database="harbour")
    assert {"harbour_master"} == {owner for _, owner, _ in rights}
    assert any("harbour_reader=r/harbour_master" in (granted or "") for *_, granted in rights)


def test_citizens_may_leave_receipts_and_the_courier_may_read_everything(town: Town) -> None:
    """Theirs are policies that show nothing, large objects of somebody, and triggers that would bar whoever comes."""
    town.load(town.origin.dumped("hostile", "-Fc"), town.origin.roles())
    statement = LeaveReceipt().sql(sealed(town.home).structure)
    with login(town.home, citizen(OWN_DATA)) as someone:
        someone.pgconn.exec_params(statement.encode(), [b"7", b"1"])
        assert someone.execute("select citizen, number, relation from drill.receipt").fetchall() == [(7, 1, None)]
        for forbidden in (b"select from public.every", b"delete from drill.receipt", b"create schema x"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                someone.execute(forbidden)
    with login(town.home, COURIER) as courier:
        assert courier.execute("select secret from forced").fetchall() == [(CANARY,)]
        assert courier.execute("select lo_get(424242)").fetchall() == [(CANARY.encode(),)]


def test_roles_come_with_their_names_and_without_their_passwords(town: Town) -> None:
    """Settings, comments and names of several lines; what is called as the drill's own changes nothing of that."""
    own = (
        "select rolname, rolsuper, rolcanlogin, rolconfig from pg_roles where rolname in ('drill', 'courier', 'watch')"
    )
    before = town.home.ask(f"{own} order by 1")
    town.load(town.origin.dumped("hostile", "-Fc"), town.origin.roles())
    assert town.home.ask(f"{own} order by 1") == before
    names = "select rolname::text from pg_authid where rolpassword is null and rolname !~ '^pg_' order by 1"
    theirs = {name for (name,) in town.home.ask(names)}
    assert {'O\'Hara "the" Boss', "Õige\nNimi;", "postgres", "reader", "customs_clerk", "harbour_master"} <= theirs
    ((settings,),) = town.home.ask("select rolconfig from pg_roles where rolname = 'reader'")
    assert "app.motto=one;\n\\two; alter role drill nologin;" in settings
    members = set(town.home.ask(_MEMBERS))
    assert {("harbour_reader", "customs_clerk"), ("reader", '"O\'Hara ""the"" Boss"')} <= members
    assert town.home.ask("select shobj_description('watch'::regrole, 'pg_authid')")[0][0].startswith("first\n\\second")


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(("-Fd", "--inserts"), marks=pytest.mark.soak),
        ("-Fd", "--inserts", "-Z0"),
        ("-Fp", "--clean", "--if-exists"),
        pytest.param(("-Fc", "-C"), marks=pytest.mark.soak),
        pytest.param(("-Fp", "--encoding=LATIN1"), marks=pytest.mark.soak),
        pytest.param(("-Fp", "--no-owner", "--no-acl"), marks=pytest.mark.soak),
    ],
    ids=" ".join,
)
def test_other_ways_to_dump(town: Town, how: tuple[str, ...]) -> None:
    with town.origin.holding("create table t (a text); create table empty (); insert into t values ('é')") as small:
        town.load(town.origin.dumped(small, *how))
    assert town.home.ask("select a from t", database=OWN_DATA) == [("é",)]


@pytest.mark.docker
def test_a_container_is_filled_and_refuses_alike(somewhere: Town, docker_premises: ContainerPremises) -> None:
    """There the dump is packed on its way, and what a program said is fetched from the container's disk."""
    origin = Surveyor().seal("harbour", somewhere.origin.site)
    with standing(docker_premises) as pair:
        town = Town(discreet(pair.home), somewhere.origin)
        with cleared(town):
            said = town.refused(SHIPPED / "harbour.sql")
        assert str(said).endswith('in line 29: role "harbour_master" does not exist')
        for form in ("-Fd", "-Fp"):
            with cleared(town):
                town.load(town.origin.dumped("harbour", form), town.origin.roles())
                assert without_mark(sealed(town.home)) == origin.tables
