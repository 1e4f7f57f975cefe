"""Databases of a living home, struck and fenced by themselves: what is lost is lost for all, what is not is not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from random import Random

import psycopg
import pytest
from psycopg import pq
from psycopg.conninfo import make_conninfo

from drill.clock import Clock
from drill.errors import CannotRun, NotInTime, StepFailed
from drill.hosts.process import ProcessPremises
from drill.outages.operator_drop import OperatorDrop
from drill.outages.wipe import Wipe, proof_of, statements
from drill.probes.survey import Surveyor
from drill.registers import ALL
from drill.sites import fence
from drill.sites.site import OFFICER, Site
from drill.timeline import Timeline
from tests.fix_pair import Pair, standing
from tests.fix_site import Filled, transact

WIPE = Wipe.model_validate({"kind": "wipe", "discovered_after": "1s"})
PEOPLE = 300


@pytest.fixture(scope="module")
def opened(embedded_premises: ProcessPremises) -> Iterator[Pair]:
    with standing(embedded_premises) as pair:
        yield pair


@pytest.fixture
def lone(opened: Pair) -> Iterator[Pair]:
    """Home with two databases that are open, and a timeline of its own."""
    with opened.home.console() as console:
        for name in ("land", "rest"):
            console.execute(f"create database {name}")
    yield replace(opened, timeline=Timeline(Clock()))
    with opened.home.console() as console:
        for name in ("land", "rest"):
            console.execute(f"drop database {name} with (force)")


def test_a_closed_database_ends_who_is_there_and_lets_nobody_in(lone: Pair) -> None:
    with lone.home.console("land") as there, lone.home.console("rest") as beside:
        assert "land, rest of home take connections" in fence.said_against(lone.home, {"land", "rest"})
        fence.close(lone.home, {"land"})
        assert fence.said_against(lone.home, {"land"}) == ""
        with pytest.raises(psycopg.OperationalError, match="terminating connection"):
            there.execute("select 1")
        with pytest.raises(StepFailed, match='database "land" is not currently accepting connections'):
            lone.home.ask("select 1", database="land")
        assert beside.execute("select 1").fetchone() == (1,)
        assert lone.home.ask("select 1", database="rest") == [(1,)]


def test_who_is_just_coming_in_is_thrown_out_too(lone: Pair) -> None:
    """People who come one after the other, until they are turned away: none of them is inside once it is closed."""
    came = threading.Semaphore(0)

    def come() -> str:
        while True:
            try:
                with lone.home.console("land") as console:
                    came.release()
                    console.execute("select pg_sleep(0.05)")
            except (StepFailed, psycopg.OperationalError) as turned_away:
                if "not currently accepting" in str(turned_away):
                    return str(turned_away)

    with ThreadPoolExecutor(4) as people:
        coming = [people.submit(come) for _ in range(4)]
        for _ in range(12):
            assert came.acquire(timeout=20)
        fence.close(lone.home, {"land"})
        assert [fence.said_against(lone.home, {"land"}) for _ in range(10)] == [""] * 10
        assert all(each.result(20) for each in coming)


def test_a_database_that_is_opened_again_is_told(lone: Pair) -> None:
    fence.close(lone.home, {"land"})
    lone.home.ask("select 1", database="rest")
    with lone.home.console() as console:
        console.execute("alter database land with allow_connections true")
        with lone.home.console("land"):
            console.execute("alter database land with allow_connections false")
            assert fence.said_against(lone.home, {"land"}) == "1 are connected to land of home"
    assert fence.said_against(lone.home, {"gone"}) == ""
    fence.close(lone.home, {"gone"})


def test_what_is_not_there_cannot_be_dropped(lone: Pair) -> None:
    """Somebody's own tables are known only when they are filled: then nothing has been struck yet."""
    with lone.home.console("land") as console:
        console.execute("create table title (number int)")
        console.execute("create schema old; create table old.title (number int)")
    dropping = {"kind": "operator_drop", "register": "land", "discovered_after": "1s"}
    outage = OperatorDrop.model_validate({**dropping, "tables": ["title", "titel"]})
    with pytest.raises(StepFailed, match="land has no table titel") as refused, outage.strike(lone.home, lone.timeline):
        pass
    assert "old.title, title" in refused.value.hint
    assert "struck" not in lone.told("outage")
    outage = OperatorDrop.model_validate({**dropping, "tables": ["old.title"]})
    with outage.strike(lone.home, lone.timeline) as proof:
        assert proof() == "old.title: not in the catalogue of land any more"
    assert lone.home.ask("select count(*) from title", database="land") == [(0,)]


def test_a_register_without_a_column_to_rewrite_is_told_before_anything_is_struck(lone: Pair) -> None:
    """A key, what a constraint, an index or a generated column needs, an empty table: nothing of it may change."""
    with lone.home.console("rest") as console:
        console.execute("create table title (number int)")
        console.execute("insert into title values (1)")
    with lone.home.console("land") as console:
        console.execute(
            "create table title (number int primary key, holder text check (holder <> ''), area int,"
            " acres int generated always as (area * 2) stored, opened date, lot inet);"
            "create unique index on title ((opened + 1)); create table empty (a text); create schema drill;"
            "create table drill.receipt (citizen int); insert into drill.receipt values (1);"
            "insert into title values (1, 'me', 1, default, '2020-01-01', '::1')"
        )
    with pytest.raises(CannotRun, match="nothing that it could rewrite in land"), WIPE.strike(lone.home, lone.timeline):
        pass
    assert "struck" not in lone.told("outage")


def test_the_proof_of_a_wipe_needs_its_rows_and_whoever_follows(lone: Pair) -> None:
    home = lone.home
    with home.console("land") as console, home.console("rest") as rest:
        for each in (console, rest):
            each.execute("create table title (number int primary key, holder text)")
            each.execute("insert into title select i, 'somebody' from generate_series(1, 100) i")
        with WIPE.strike(home, lone.timeline) as proof:
            assert "200 rows of 2 registers" in proof()
            console.execute("update title set holder = 'me' where number <= 50")
            with pytest.raises(StepFailed, match="only 50 of 100 rows of land are the wipe's"):
                proof()
            console.execute("delete from title where number <= 50")
            assert "150 rows of 2 registers are rewritten and committed; 0 who follow" in proof()
            done = [WIPE.rewrite(home, "land", statements(home, "land"))]
            with _silent_follower(home), pytest.raises(NotInTime, match="1 who follow home are not there yet"):
                proof_of(home, done, deadline=0.5)


@contextmanager
def _silent_follower(home: Site) -> Iterator[None]:
    """Somebody is sent all that home writes, and never says that he has got it."""
    at, ((lsn,),) = home.host.address(), home.ask("select pg_current_wal_lsn()::text")
    login = {"host": at.host, "port": str(at.port), "user": OFFICER, "password": home.officers_password}
    follower = pq.PGconn.connect(make_conninfo("replication=true", **login).encode())
    try:
        assert follower.exec_(f"START_REPLICATION PHYSICAL {lsn}".encode()).status == pq.ExecStatus.COPY_BOTH
        yield
    finally:
        follower.finish()


def test_a_wipe_hurts_every_register_and_their_citizens_do_not_notice(opened: Pair) -> None:
    """What the registers know of one another is left alone, and every transaction still finds rows to work on."""
    home = opened.home
    for register in ALL.values():
        register.fill(home, PEOPLE, seed=1)
    town = Filled(home, {name: Surveyor().seal(name, home) for name in ALL})
    with WIPE.strike(home, opened.timeline) as proof:
        assert "of 7 registers are rewritten" in proof()
    for name, register in ALL.items():
        sealed, held = town.seals[name].tables, town.holdings(name)
        assert len([table for table in sealed if held.tables[table] != sealed[table]]) >= 3
        assert {table: digest.rows for table, digest in held.tables.items()} == {t: d.rows for t, d in sealed.items()}
        with town.login(name) as citizen:
            for kind in register.transactions:
                statement = kind.sql(town.seals[name].structure)
                for turn in range(8):
                    drawn = kind.draw(Random(f"{kind.name}/{turn}"), PEOPLE)  # noqa: S311 - no secret
                    transact(citizen, statement, ["1", str(turn), *drawn])
    named = Surveyor().strangers(dict.fromkeys(ALL, home))
    assert {count for counts in named.values() for count in counts.values()} == {0}
