"""The officer's own connection: nothing that it is asked for is waited for without an end."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from drill.clock import wait_until
from drill.errors import NotInTime
from drill.hosts.process import ProcessPremises
from drill.sites import console as consoles
from drill.sites.callers import in_session
from drill.sites.site import Site
from tests.fix_pair import standing


@pytest.fixture(scope="module")
def home(embedded_premises: ProcessPremises) -> Iterator[Site]:
    with standing(embedded_premises) as pair:
        yield pair.home


@pytest.fixture
def frozen(home: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(consoles, "GRACE", 0.5)
    yield home
    home.host.thaw()


def test_a_frozen_server_is_not_waited_for_in_a_session(frozen: Site) -> None:
    with frozen.console(patience=0.5) as console:
        assert console.execute("select 1").fetchone() == (1,)
        frozen.host.freeze()
        with pytest.raises(psycopg.errors.ConnectionTimeout, match="no answer within 1 s"):
            console.execute("select 2")
        assert console.closed


def _freeze_half_way(home: Site) -> None:
    with home.console(patience=0.5) as console, console.transaction():
        console.execute("create table half (id int)")
        home.host.freeze()
        console.execute("create table done (id int)")


def test_nor_in_a_transaction(frozen: Site) -> None:
    with pytest.raises(psycopg.errors.ConnectionTimeout):
        _freeze_half_way(frozen)
    frozen.host.thaw()
    assert frozen.ask("select to_regclass('half'), to_regclass('done')") == [(None, None)]


def test_nor_for_a_connection(frozen: Site) -> None:
    frozen.host.freeze()
    with pytest.raises(NotInTime, match="timeout"):
        frozen.ask("select 1", patience=0.5)
    assert not frozen.is_writable(patience=0.5)
    frozen.host.thaw()
    assert frozen.is_writable()


def test_what_takes_long_on_a_server_that_is_well_is_ended_by_the_server(home: Site) -> None:
    with pytest.raises(NotInTime, match="statement timeout"):
        home.ask("select pg_sleep(60)", patience=1)


def test_an_answer_in_many_parts_comes_whole(home: Site) -> None:
    assert len(home.ask("select n, repeat('x', 1000) from generate_series(1, 20000) n")) == 20000


def test_callers_are_answered_by_a_site_that_is_well_and_by_nobody_else(home: Site) -> None:
    with in_session(home) as callers, callers.asking() as who:
        both = "an open session and a new caller"
        wait_until("both are answered", lambda: who(1) == both, deadline=30, hint="see the server's log")
