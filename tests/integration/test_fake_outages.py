"""Outages as whole small drills: those that strike are met, those that only look so are neither met nor missed."""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import ClassVar

import psycopg
import pytest

from drill.hosts import Address
from drill.hosts.process import ProcessPremises
from drill.ledger import PROMISED
from drill.outages import signs
from drill.outages.freeze import Freeze
from drill.outages.network_cut import NetworkCut
from drill.parts import Outage, Proof
from drill.result import Judged
from drill.sites.callers import in_session
from drill.sites.site import OFFICER, Site
from drill.timeline import Timeline
from drill.verdict import Verdict
from tests.fix_stage import Stage, by

_AFTER_MENDING = 3.0  # seconds in which what hung in a cable would have come out


@pytest.fixture(scope="module")
def stage(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(embedded_premises, tmp_path_factory.mktemp("drills"))


# -- home is alive behind the fence -----------------------------------------------------------------------------------


class Waiting(NetworkCut):
    """Somebody's statement, one that needs no COMMIT, hangs in the cut cable."""

    found: ClassVar[list[tuple[bool, int]]] = []  # whether it was answered after the mending, and what home did of it

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        with home.console() as console:
            console.execute("create table late (id int)")
        at = home.reached_from("citizens")
        key = home.officers_password
        with closing(psycopg.connect(host=at.host, port=at.port, user=OFFICER, password=key, dbname="postgres")) as old:
            with super().strike(home, timeline) as proof:
                old.pgconn.send_query(b"insert into late values (1)")
                old.pgconn.flush()
                yield proof
            answered = bool(select.select([old], [], [], _AFTER_MENDING)[0])
            self.found.append((answered, home.ask("select count(*)::int from late")[0][0]))


def _all_is_met(run: Judged) -> None:
    others = [each for each in run.result.findings if each.verdict is not Verdict.MET]
    assert [f"{each.check} {each.register}: {each.actual}" for each in others] == []
    assert run.result.exit_code == 0
    proven = run.evidence.first("fence proven")
    assert proven is not None
    assert proven.facts["alone"] is False
    assert min(proven.facts["old"], proven.facts["new"]) >= 1
    given_back = run.evidence.time_of("given back")
    assert given_back is not None
    late = [e for e in run.evidence.ledger if e.site == "home" and e.outcome in PROMISED and e.ended > given_back]
    assert late == []


def test_a_home_that_was_frozen_is_thawed_behind_its_fence(stage: Stage) -> None:
    run = stage.play({"outage": Freeze(kind="freeze")})
    assert stage.broke is None
    _all_is_met(run)
    proven = run.evidence.first("outage proven")
    assert proven is not None
    assert "stand still" in proven.facts["proof"]


def test_what_hung_in_a_cut_cable_is_never_delivered_to_a_fenced_home(stage: Stage) -> None:
    Waiting.found.clear()
    run = stage.play({"outage": Waiting(kind="network_cut")}, synchronous="false", rpo="5s")
    assert stage.broke is None
    _all_is_met(run)
    proven = run.evidence.first("outage proven")
    assert proven is not None
    assert "takes writes" in proven.facts["proof"]
    assert Waiting.found == [(False, 0)]


@pytest.mark.soak
@pytest.mark.parametrize("outage", [Freeze(kind="freeze"), NetworkCut(kind="network_cut")], ids=["freeze", "cut"])
def test_what_the_fence_has_turned_off_does_not_come_back(stage: Stage, outage: Outage) -> None:
    run = stage.play({"outage": outage}, fence="off", registers="[business]")
    assert stage.broke is None
    assert (by(run, Verdict.MISSED), by(run, Verdict.UNKNOWN)) == ({}, {})
    assert run.evidence.first("outage proven") is not None
    assert run.evidence.first("stays off") is not None
    (single,) = [finding for finding in run.result.findings if finding.check == "single_home"]
    assert "rests on the cable alone" in single.actual


@pytest.mark.soak
@pytest.mark.parametrize("outage", [Freeze(kind="freeze"), Waiting(kind="network_cut")], ids=["freeze", "cut"])
def test_a_home_that_comes_back_alive_and_unfenced_is_missed(stage: Stage, outage: Outage) -> None:
    """And what hung in the cable is then carried out."""
    Waiting.found.clear()
    run = stage.play({"outage": outage}, fence="none", synchronous="false", rpo="5s", registers="[business]")
    assert stage.broke is None
    assert by(run, Verdict.MISSED) == {"single_home": {"drill"}}
    assert by(run, Verdict.UNKNOWN) == {}
    assert Waiting.found == ([(True, 1)] if outage.kind == "network_cut" else [])


# -- what only looks like an outage -----------------------------------------------------------------------------------


class OnlyThePostmaster(Freeze):
    """Nobody new is let in, and whoever has a session goes on working."""

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        with in_session(home) as callers:
            postmaster = int(home.host.read(home.data / "postmaster.pid").split()[0]) if home.data else 0
            timeline.record("outage", "struck", kind=self.kind)
            os.kill(postmaster, signal.SIGSTOP)
            yield partial(signs.of_freeze, home, callers)
            os.kill(postmaster, signal.SIGCONT)
            timeline.record("outage", "given back", kind=self.kind)


class OnlyNewcomers(NetworkCut):
    """Who calls now meets silence; who has called before is served."""

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        with in_session(home) as callers, socket.create_server(("127.0.0.1", 0)) as silent:
            timeline.record("outage", "struck", kind=self.kind)
            home.cable.point(home.name, Address("127.0.0.1", silent.getsockname()[1]))
            yield partial(signs.of_cut, home, callers)
            home.cable.point(home.name, home.host.address())
            timeline.record("outage", "given back", kind=self.kind)


_FAKES = {  # and what gives it away
    "postmaster": (OnlyThePostmaster(kind="freeze"), "not frozen as a whole"),
    "newcomers": (OnlyNewcomers(kind="network_cut"), "answers an open session"),
}


@pytest.mark.parametrize("fake", _FAKES)
def test_an_outage_that_strikes_only_in_part_is_unknown(stage: Stage, fake: str) -> None:
    outage, says = _FAKES[fake]
    run = stage.play({"outage": outage}, registers="[business]")
    assert stage.broke is None
    unknown = {"outage": {"drill"}, "recovery_time": {"business"}, "data_loss": {"business"}}
    assert by(run, Verdict.UNKNOWN) == unknown
    assert by(run, Verdict.MISSED) == {}
    assert (run.figures["business"].rta_s, run.figures["business"].rpa_s) == (None, None)
    doubted = run.evidence.first("not proven")
    assert doubted is not None
    assert says in doubted.facts["reason"]
    assert run.evidence.first("outage proven") is None
    assert run.result.exit_code == 3
