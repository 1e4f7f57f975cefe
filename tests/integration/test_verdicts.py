"""Whole drills in which something is wrong for real: the verdict must say so, for that reason and for no other."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from drill import response
from drill.clock import wait_until
from drill.copies.streaming import Standby, Streaming
from drill.evidence import Seal
from drill.hosts.process import ProcessPremises
from drill.ledger import Errand, Key, Outcome
from drill.outages import signs
from drill.outages.power_loss import PowerLoss
from drill.parts import Drill, Proof
from drill.result import Judged
from drill.sites.site import Site
from drill.timeline import Timeline
from drill.verdict import Verdict
from tests.fix_stage import Damaging, Stage, by, expecting
from tests.integration.damage import DAMAGE, FIRST, SECOND, SOUND, Damage

PAIR = ("business", "state_gazette")


@pytest.fixture(scope="module")
def stage(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(embedded_premises, tmp_path_factory.mktemp("drills"))


# -- what came back is damaged ---------------------------------------------------------------------------------------


def _missed(damages: Mapping[str, Damage]) -> dict[str, set[str]]:
    """By check: the registers that must miss it. Refused is never recovered."""
    missed: dict[str, set[str]] = {"recovery_time": set()}
    for damage in damages.values():
        for check in ("recovery_time", *damage.missed):
            missed.setdefault(check, set()).add(damage.register)
    return missed


@pytest.fixture(scope="module")
def damaged(stage: Stage) -> Callable[[bool], Judged]:
    """Two drills of seven registers, six of them damaged; the second says in its scenario what must miss."""
    played: dict[bool, Judged] = {}

    def play(second: bool) -> Judged:
        if second not in played:
            damages = SECOND if second else FIRST
            statements = {damage.register: damage.sql for damage in damages.values()}
            recovery = Damaging.model_validate({"kind": "promote", "from": "standby", "at_once": statements})
            expected = {check: sorted(registers) for check, registers in _missed(damages).items()} if second else {}
            words: dict[str, Any] = {"registers": "all", "rate": 105, "calm": "2s", "expected": json.dumps(expected)}
            played[second] = stage.play({"recovery": recovery}, **words)
            assert stage.broke is None
            assert list(played[second].evidence.all("failed")) == []
        return played[second]

    return play


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_refused_for_what_it_is(damaged: Callable[[bool], Judged], name: str) -> None:
    run, damage = damaged(name in SECOND), DAMAGE[name]
    missed = {check for check, registers in by(run, Verdict.MISSED).items() if damage.register in registers}
    assert missed == {"recovery_time", *damage.missed}
    unknown = {check for check, registers in by(run, Verdict.UNKNOWN).items() if damage.register in registers}
    assert unknown == ({"btree"} if name == "an index not valid" else set())  # what is not valid cannot be looked at
    assert run.figures[damage.register].rta_s is None
    refused = run.evidence.first("refused", register=damage.register)
    assert refused is not None
    said = " ".join(refused.facts["reasons"])
    assert all(word in said for word in (damage.says, *(f"{check}:" for check in damage.missed if check in _AT_GATE)))
    assert run.evidence.first("redirected", register=damage.register) is None


_AT_GATE = {"content", "sequences", "constraints", "indexes", "write_and_read_back"}


@pytest.mark.parametrize("second", [False, True], ids=["unexpected", "expected"])
def test_damage_of_some_says_nothing_of_the_others(damaged: Callable[[bool], Judged], second: bool) -> None:
    run = damaged(second)
    (sound,) = SOUND[second]
    assert run.verdict_of(sound) is Verdict.MET
    assert run.figures[sound].rta_s is not None
    assert by(run, Verdict.MISSED) == _missed(SECOND if second else FIRST)
    assert by(run, Verdict.UNKNOWN) == ({} if second else {"btree": {"pension_insurance"}})
    assert run.result.exit_code == (0 if second else 1)
    assert run.result.verdict is Verdict.MISSED


def test_only_just_the_right_expectation_is_as_expected(damaged: Callable[[bool], Judged]) -> None:
    run, right = damaged(True), _missed(SECOND)
    assert expecting(run, right) == 0
    for check, registers in right.items():
        assert expecting(run, {**right, check: set()}) == 1
        assert expecting(run, {**right, check: registers | set(SOUND[True])}) == 1
    assert expecting(run, {**right, "single_home": {"drill"}}) == 1


# -- the fence -------------------------------------------------------------------------------------------------------


def test_no_fence_is_missed_and_damage_after_acceptance_is_seen_all_the_same(stage: Stage) -> None:
    late = {"state_gazette": "delete from amendment where id = 1"}
    run = stage.play(
        {"recovery": Damaging.model_validate(_promote(accepted=late))}, fence="none", synchronous="false", rpo="5s"
    )
    assert stage.broke is None
    wrong = {"single_home": {"drill"}, "content": {"state_gazette"}}
    assert by(run, Verdict.MISSED) == wrong
    assert by(run, Verdict.UNKNOWN) == {}
    assert run.evidence.first("accepted", register="state_gazette") is not None
    stale = [entry for entry in run.evidence.ledger if entry.errand is Errand.STALE]
    assert {entry.register for entry in stale if entry.outcome is Outcome.ACKED} == set(PAIR)
    assert run.verdict_of("business") is Verdict.MET
    assert (run.result.exit_code, expecting(run, wrong)) == (1, 0)


class Deaf(Streaming):
    """Home serves one register's citizens no more, from before they come."""

    @contextmanager
    def keep(self, home: Site, embassy: Site, seals: Mapping[str, Seal], timeline: Timeline) -> Iterator[Standby]:
        with super().keep(home, embassy, seals, timeline) as kept:
            with home.console("state_gazette") as console:
                console.execute("revoke insert on drill.receipt from state_gazette_citizen")
            yield kept


def test_home_that_stays_off_is_single_and_without_promises_no_loss_is_known(stage: Stage) -> None:
    cure = {"state_gazette": "grant insert on drill.receipt to state_gazette_citizen"}
    copy = Deaf.model_validate({"kind": "streaming", "name": "standby", "synchronous": True})
    changed = {"copies": (copy,), "recovery": Damaging.model_validate(_promote(at_once=cure))}
    run = stage.play(changed, fence="off")
    assert stage.broke is None
    assert by(run, Verdict.MISSED) == {}
    assert by(run, Verdict.UNKNOWN) == {"data_loss": {"state_gazette"}}
    assert (run.figures["state_gazette"].acked, run.figures["state_gazette"].rpa_s) == (0, None)
    assert run.result.exit_code == 3
    (single,) = [finding for finding in run.result.findings if finding.check == "single_home"]
    assert "rests on the cable alone" in single.actual
    assert run.evidence.first("stays off") is not None
    assert run.evidence.first("given back") is None


def _promote(**more: object) -> dict[str, object]:
    return {"kind": "promote", "from": "standby", **more}


# -- the outage ------------------------------------------------------------------------------------------------------


class OnlySilence(PowerLoss):
    """Home cannot be reached for a while, and nobody has proven what happened to it."""

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        timeline.record("outage", "struck", kind=self.kind)
        home.cable.cut(home.name, "power")
        yield partial(signs.of_death, home, deadline=1)
        home.cable.mend(home.name, "power")
        timeline.record("outage", "stays off" if home.barred else "given back", kind=self.kind)


class Nothing(PowerLoss):
    """It only says that it struck."""

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        timeline.record("outage", "struck", kind=self.kind)
        yield partial(signs.of_death, home, deadline=1)


class OneBackend(PowerLoss):
    """It kills one process of home and takes that for its death."""

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        timeline.record("outage", "struck", kind=self.kind)
        ((backend,),) = home.ask("select pid from pg_stat_activity where usename = 'business_citizen' limit 1")
        os.kill(backend, signal.SIGKILL)
        yield partial(signs.of_death, home, deadline=1)


@pytest.mark.parametrize("fence", [pytest.param("cut", marks=pytest.mark.soak), "off"])
def test_silence_that_nobody_has_proven_to_be_an_outage_is_unknown(stage: Stage, fence: str) -> None:
    """Also where the fence then takes home's power: what it kills is no proof of what struck before."""
    run = stage.play({"outage": OnlySilence(kind="power_loss")}, registers="[business]", fence=fence)
    assert stage.broke is None
    unknown = {"outage": {"drill"}, "recovery_time": {"business"}, "data_loss": {"business"}}
    assert by(run, Verdict.UNKNOWN) == unknown
    assert by(run, Verdict.MISSED) == {}
    assert (run.figures["business"].rta_s, run.figures["business"].rpa_s) == (None, None)
    assert run.evidence.first("not proven") is not None
    assert run.result.exit_code == 3


@pytest.mark.soak
def test_an_outage_that_does_nothing_ends_the_drill(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what the undoing then does to home is no proof of it."""
    monkeypatch.setattr(response, "_LONGEST_WATCH", 0.5)
    run = stage.play({"outage": Nothing(kind="power_loss")}, registers="[business]")
    assert stage.broke is not None
    assert stage.broke.exit_code == 4
    assert run.result.exit_code == 3
    assert (by(run, Verdict.MET), by(run, Verdict.MISSED)) == ({}, {})


@pytest.mark.soak
def test_an_outage_that_kills_too_little_proves_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the watch has missed home while it restarted, or not."""
    monkeypatch.setattr(response, "_LONGEST_WATCH", 0.5)
    run = stage.play({"outage": OneBackend(kind="power_loss")}, registers="[business]", synchronous="false")
    assert stage.broke is None or stage.broke.exit_code == 4
    assert run.result.exit_code == 3
    assert by(run, Verdict.MISSED) == {}
    assert by(run, Verdict.MET).keys().isdisjoint({"outage", "recovery_time", "data_loss"})


# -- the copy --------------------------------------------------------------------------------------------------------


class AfterTheLink(PowerLoss):
    """The line to the embassy is cut first; home goes on serving until somebody has noticed, and for a while."""

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        home.cable._ask("darken", line="embassy-home", why="a digger", sever=True)
        fell = partial(_happened, timeline, "fell behind")
        wait_until("the copy falls behind", fell, deadline=15, hint="the standby was not watched")
        served = len(receipts(home, "business"))
        wait_until("home serves", lambda: len(receipts(home, "business")) > served + 8, deadline=15, hint="why not?")
        with super().strike(home, timeline) as proof:
            yield proof


def _happened(timeline: Timeline, what: str) -> bool:
    return any(event.what == what for event in timeline.events)


def receipts(site: Site, register: str) -> set[Key]:
    """Of every transaction that is there, asked past the drill's own survey."""
    found = site.ask("select distinct citizen, number from drill.receipt", database=register)
    return {(register, citizen, number) for citizen, number in found}


def test_what_a_standby_that_stopped_following_never_got_is_counted_exactly(stage: Stage) -> None:
    only_at_home: dict[str, set[Key]] = {}

    def compare(drill: Drill) -> None:  # home is alive behind its fence
        for name in PAIR:
            only_at_home[name] = receipts(drill.home, name) - receipts(drill.embassy, name)

    run = stage.play({"outage": AfterTheLink(kind="power_loss")}, compare, synchronous="false")
    assert stage.broke is None
    assert by(run, Verdict.MISSED) == {"data_loss": set(PAIR)}
    assert by(run, Verdict.UNKNOWN) == {}
    fell, struck = run.evidence.time_of("fell behind"), run.evidence.time_of("struck")
    assert fell is not None
    assert struck is not None
    assert fell < struck
    for name in PAIR:
        entries = {entry.key: entry for entry in run.evidence.ledger}
        lost = [entries[key] for key in only_at_home[name] if entries[key].outcome in (Outcome.ACKED, Outcome.WEAK)]
        figures = run.figures[name]
        assert figures.lost == len(lost) > 8
        assert figures.in_doubt_dropped is not None
        assert figures.in_doubt_dropped >= len(only_at_home[name]) - len(lost)
        assert figures.rpa_s == pytest.approx(struck - min(entry.ended for entry in lost), abs=0.1)
        assert figures.holes == 0
