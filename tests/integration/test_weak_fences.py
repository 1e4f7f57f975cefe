"""Fences that do not hold: what looks like one is never taken for one, and the verdict says what was seen."""

from __future__ import annotations

import os
import signal
import threading
from functools import partialmethod
from typing import Any

import pytest

from drill.citizens.counter import Counter
from drill.citizens.stale import Stale
from drill.digest import PINNED_OPTIONS
from drill.hosts.process import ProcessPremises
from drill.ledger import PROMISED, Entry, Errand
from drill.outages.network_cut import NetworkCut
from drill.parts import CitizensAtWork, Lost
from drill.response import Response
from drill.result import Judged
from drill.sites.site import Site
from drill.timeline import Timeline
from drill.verdict import Verdict
from tests.fix_stage import Stage, by

_SETTINGS = {
    "detect": {"every": "100ms", "misses": 2},
    "declare": {"by": "a test", "after": "50ms"},
    "fence": "cut",
}
_MET_SILENCE = threading.Event()  # a stale citizen was not answered
_PATIENCE = 30.0  # seconds


@pytest.fixture(scope="module")
def stage(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(embedded_premises, tmp_path_factory.mktemp("drills"))


class OnlyAnAddress(Response):
    """Citizens are told another address, and whoever was not told still reaches home."""

    def fence(self, home: Site, lost: Lost, citizens: CitizensAtWork, timeline: Timeline) -> None:
        self.weaken(home)
        citizens.settle()
        timeline.record("response", "fenced", by=self.fence_by)

    def weaken(self, home: Site) -> None:
        """What is done to home in the place of a fence."""


class OnlyReadOnly(OnlyAnAddress):
    """Home takes no writes, from those who do not ask for it."""

    def weaken(self, home: Site) -> None:
        home.configure(default_transaction_read_only="on")


class OnlyThePostmaster(OnlyAnAddress):
    """Nobody new is let in, and whoever has a session goes on working."""

    def weaken(self, home: Site) -> None:
        assert home.data is not None
        os.kill(int(home.host.read(home.data / "postmaster.pid").split()[0]), signal.SIGSTOP)


class GivesWay(OnlyAnAddress):
    """Silent at first, and not for long: somebody mends the cable when a stale citizen has met silence."""

    def weaken(self, home: Site) -> None:
        home.cable.cut(home.name, "fence")

    def prove_fence(self, home: Site, lost: Lost, citizens: CitizensAtWork, timeline: Timeline) -> None:
        def mend() -> None:
            assert _MET_SILENCE.wait(_PATIENCE)
            home.cable.mend(home.name, "fence")

        _MET_SILENCE.clear()
        mending = threading.Thread(target=mend)
        mending.start()
        super().prove_fence(home, lost, citizens, timeline)
        mending.join()


def played(stage: Stage, fence: type[Response], **changed: Any) -> Judged:
    """A small drill in which home lives on behind a cut cable, and is given back to that fence."""
    changed = {"outage": NetworkCut(kind="network_cut"), **changed}
    run = stage.play(
        {"response": fence.model_validate(_SETTINGS), **changed}, registers="[business]", synchronous="false", rpo="5s"
    )
    assert stage.broke is None
    assert run.evidence.first("fenced") is not None
    assert run.evidence.first("given back") is not None
    return run


def told(run: Judged) -> str:
    """What is said of the one home, which must not be met."""
    (single,) = [each for each in run.result.findings if each.check == "single_home"]
    assert single.verdict is not Verdict.MET
    return f"{single.verdict}: {single.actual}"


def served(run: Judged) -> int:
    """How many stale citizens home has promised something."""
    return sum(e.errand is Errand.STALE and e.outcome in PROMISED for e in run.evidence.ledger)


def test_citizens_who_go_elsewhere_are_no_fence(stage: Stage) -> None:
    run = played(stage, OnlyAnAddress)
    assert told(run).startswith("missed: home answered behind the fence: business: acked")
    assert served(run) >= 6  # four over new connections, two over old ones
    assert by(run, Verdict.MISSED) == {"single_home": {"drill"}}
    assert run.result.exit_code == 1


@pytest.mark.soak
def test_nor_are_they_where_home_had_been_without_power(stage: Stage) -> None:
    """Its old connections have died with it; the new ones suffice."""
    from drill.outages.power_loss import PowerLoss

    run = played(stage, OnlyAnAddress, outage=PowerLoss(kind="power_loss"))
    assert told(run).startswith("missed: home answered behind the fence: business: acked")


def test_a_setting_that_clients_can_switch_off_is_no_fence(stage: Stage) -> None:
    """Those who leave it as it is are answered all the same, though with a refusal: nobody is kept out."""
    run = played(stage, OnlyReadOnly)
    assert told(run).startswith("unknown: the fence was not proven: business: after BEGIN was answered: ")
    assert "read-only transaction" in told(run)
    assert by(run, Verdict.UNKNOWN).get("single_home") == {"drill"}
    assert run.result.exit_code == 3


@pytest.mark.soak
def test_a_client_that_switches_it_off_is_served(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    options = f"{PINNED_OPTIONS} -c default_transaction_read_only=off"
    monkeypatch.setattr("drill.citizens.counter.PINNED_OPTIONS", options)
    run = played(stage, OnlyReadOnly)
    assert told(run).startswith("missed: home answered behind the fence: business: acked")
    assert run.result.exit_code == 1


def test_a_postmaster_that_stands_still_is_no_fence(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its children work on for whoever has a session. Nobody waits long here for the console that does not answer."""
    monkeypatch.setattr(Site, "is_writable", partialmethod(Site.is_writable, patience=1))
    run = played(stage, OnlyThePostmaster)
    assert told(run).startswith("missed: home answered behind the fence: business: acked")
    assert served(run) >= 1
    assert run.result.exit_code == 1


def test_a_fence_that_gives_way_after_a_while_is_caught(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = Stale._try

    async def tried(self: Stale, counter: Counter | None) -> Entry:
        entry = await attempt(self, counter)
        if entry.outcome not in PROMISED:
            _MET_SILENCE.set()
        return entry

    monkeypatch.setattr(Stale, "_try", tried)
    run = played(stage, GivesWay)
    assert told(run).startswith("missed: home answered behind the fence: business: acked")
    stale = [e for e in run.evidence.ledger if e.errand is Errand.STALE]
    back = run.evidence.time_of("home is back")
    assert back is not None
    assert [e for e in stale if e.outcome not in PROMISED and e.ended > back]  # at first it was silent
