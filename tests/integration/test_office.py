"""The office on a real server: an open loop that waits for nobody, and a ledger that leaves nobody out."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from drill.citizens.counter import LATE
from drill.citizens.office import Office
from drill.citizens.schedule import Schedule
from drill.clock import Clock, wait_until
from drill.evidence import Structure
from drill.hosts.process import ProcessPremises
from drill.ledger import BEGUN, SILENCE, Entry, Errand, Key, Outcome
from drill.parts import CitizensAtWork, Crowd, HomeTries, Transaction
from drill.probes.survey import Surveyor
from drill.registers import ALL
from drill.sites.site import citizen
from tests.fix_pair import Pair, standing

NAMES = ("state_gazette", "business")
PEOPLE, SEED = 300, 1
OFFICE = Office.model_validate({"per_second": 60, "timeout": "500ms", "stable_for": "500ms"})
PROMISED = (Outcome.ACKED, Outcome.WEAK)


@dataclass
class Town:
    """One server behind both sites' lines, so that a citizen can be sent from the one to the other."""

    pair: Pair
    crowd: Crowd
    clock: Clock = field(default_factory=Clock)
    ledger: list[Entry] = field(default_factory=list)

    @contextmanager
    def at_work(self, office: Office = OFFICE) -> Iterator[CitizensAtWork]:
        """The office is open, and has served somebody of each register."""
        with office.at_work(self.crowd, self.clock, self.ledger.append) as citizens:
            for name in NAMES:
                self.until(3, partial(_was_served, name))
            yield citizens

    def until(self, wanted: int, such: Callable[[Entry], bool]) -> None:
        """Until the ledger has so many such entries."""
        wait_until("they come", lambda: sum(map(such, list(self.ledger))) >= wanted, deadline=20, hint="the ledger")

    def receipts(self) -> dict[Key, int]:
        """Every receipt, with its rows, once no citizen is connected any more."""
        query = "select count(*) = 0 from pg_stat_activity where usename = any(%s)"
        roles = [citizen(name) for name in NAMES]
        wait_until("they go", lambda: self.pair.home.ask(query, [roles]) == [(True,)], deadline=20, hint="who is left?")
        counts = "select citizen, number, count(distinct relation) from drill.receipt group by 1, 2"
        rows = [(name, *row) for name in NAMES for row in self.pair.home.ask(counts, database=name)]
        return {(name, who, number): relations for name, who, number, relations in rows}


def _was_served(register: str, entry: Entry) -> bool:
    return entry.outcome is Outcome.ACKED and entry.register == register


@pytest.fixture(scope="module")
def opened(embedded_premises: ProcessPremises) -> Iterator[tuple[Pair, Crowd]]:
    with standing(embedded_premises) as pair:
        for name in NAMES:
            ALL[name].fill(pair.home, PEOPLE, SEED)
        seals = {name: Surveyor().seal(name, pair.home) for name in NAMES}
        pair.cable.point("embassy", pair.home.host.address())
        yield pair, Crowd({name: ALL[name] for name in NAMES}, seals, (pair.home, pair.embassy), PEOPLE, SEED)


@pytest.fixture
def town(opened: tuple[Pair, Crowd]) -> Iterator[Town]:
    """Nobody has been there yet."""
    pair, crowd = opened
    for name in NAMES:
        with pair.home.console(name) as console:
            console.execute("delete from drill.receipt")
    yield Town(pair, crowd)
    for site in ("home", "embassy"):
        pair.cable.mend(site, "test")


def complete(entries: Sequence[Entry], office: Office, until: float) -> None:
    """Every slot that was due until then has its one entry, at its time."""
    plan = Schedule(office.per_second, len(NAMES), office.timeout)
    due: dict[Key, float] = {}
    for index, name in enumerate(NAMES):
        for who in range(1, plan.crowd + 1):
            for slot in plan.slots(index, who):
                if slot.due > until:
                    break
                due[name, who, slot.number] = slot.due
    work = [entry for entry in entries if entry.errand is Errand.WORK]
    assert len({entry.key for entry in work}) == len(work)
    opened = work[0].due - due[work[0].key]
    assert {entry.key for entry in work} >= {key for key, at in due.items() if at + opened <= until}
    for entry in work:
        if entry.key in due:
            assert entry.due == pytest.approx(opened + due[entry.key], abs=1e-6)
        if entry.outcome is not Outcome.NOT_TRIED:
            assert entry.due - 0.002 <= entry.sent
        if entry.says == "no answer in time" and entry.outcome is Outcome.FAILED:
            assert entry.ended <= entry.due + office.timeout + LATE + 0.1


def agrees(town: Town, entries: Sequence[Entry]) -> None:
    """The receipts are those of everybody who was told so, and beyond them only of some in doubt."""
    receipts = town.receipts()
    by = defaultdict(set)
    for entry in entries:
        by[entry.outcome].add(entry.key)
        if entry.outcome in PROMISED:
            assert len(entry.change) == receipts[entry.key]
    assert set(receipts) - by[Outcome.IN_DOUBT] == by[Outcome.ACKED] | by[Outcome.WEAK]


@pytest.mark.parametrize("how", ["the cable", "a lock"])
def test_while_the_server_hangs_everybody_comes_at_his_time(town: Town, how: str) -> None:
    with town.pair.home.console("business") as console, town.at_work() as citizens:
        if how == "the cable":
            town.pair.cable.cut("home", "test")
        else:
            console.execute("begin; lock table drill.receipt in access exclusive mode")
        hung = town.clock.elapsed()
        town.until(10, lambda e: e.due > hung + 2 * OFFICE.timeout and e.register == "business")
        until = town.clock.elapsed() - OFFICE.timeout
        console.execute("rollback")
        town.pair.cable.mend("home", "test")
        entries = citizens.go_home()
    complete(entries, OFFICE, until)
    agrees(town, entries)
    silent = [e for e in entries if hung < e.due < until and e.register == "business"]
    tried = [e for e in silent if e.outcome is not Outcome.NOT_TRIED]
    assert {e.outcome for e in tried} <= {Outcome.FAILED, Outcome.IN_DOUBT}
    assert len(tried) > 0.8 * len(silent) > 10
    assert all(e.sent - e.due <= 0.25 * OFFICE.timeout for e in tried)
    assert sum(first.ended > second.sent for first, second in pairwise(tried)) > 0.8 * len(tried)


@dataclass(frozen=True)
class Slow:
    """A transaction whose parameters take the drill itself so long that its event loop stands still."""

    real: Transaction
    asked: threading.Event
    takes: float

    @property
    def name(self) -> str:
        return self.real.name

    def sql(self, structure: Structure) -> str:
        return self.real.sql(structure)

    def draw(self, random: Random, people: int) -> Sequence[str]:
        if self.asked.is_set():
            self.asked.clear()
            threading.Event().wait(self.takes)
        return self.real.draw(random, people)


def test_who_came_when_the_drill_was_late_was_not_tried(town: Town) -> None:
    asked, takes = threading.Event(), 1.5
    registers: dict[str, Any] = dict(town.crowd.registers)
    kinds = [Slow(kind, asked, takes) for kind in registers["business"].transactions]
    registers["business"] = replace(registers["business"], transactions=kinds)
    town.crowd = replace(town.crowd, registers=registers)
    with town.at_work() as citizens:
        asked.set()
        before = town.clock.elapsed()
        town.until(20, lambda entry: entry.outcome is Outcome.NOT_TRIED)
        after = town.clock.elapsed()
        town.until(5, lambda entry: entry.due > after and entry.outcome is Outcome.ACKED)
        until = town.clock.elapsed() - OFFICE.timeout
        entries = citizens.go_home()
    complete(entries, OFFICE, until)
    agrees(town, entries)
    late = [entry for entry in entries if entry.outcome is Outcome.NOT_TRIED and entry.due > before]
    assert {(e.says.removeprefix(BEGUN), len(e.change)) for e in late} == {("the drill was late", 0)}
    assert all(e.ended - e.due > 0.25 * OFFICE.timeout for e in late)
    assert len(late) > 0.5 * OFFICE.per_second * (takes - OFFICE.timeout)


@pytest.mark.parametrize("turn", range(3))
def test_going_home_finishes_what_has_begun(town: Town, turn: int) -> None:
    office = Office.model_validate({"per_second": 200 + 50 * turn, "timeout": "1s", "stable_for": "1s"})
    with town.at_work(office) as citizens:
        town.until(100 + 30 * turn, lambda entry: entry.outcome is Outcome.ACKED)
        entries = citizens.go_home()
        assert citizens.go_home() == entries
    assert list(entries) == sorted(town.ledger, key=lambda entry: NAMES.index(entry.register))
    agrees(town, entries)


def test_who_is_redirected_goes_there_from_that_instant_on(town: Town) -> None:
    with town.at_work() as citizens:
        town.pair.cable.cut("home", "test")
        since = citizens.redirect("business", "embassy")
        assert citizens.wait_until_served(["business"], 20) == ()
        assert citizens.wait_until_served(["business", "state_gazette"], 0.2) == ("state_gazette",)
        town.pair.cable.mend("home", "test")
        entries = citizens.go_home()
    agrees(town, entries)
    moved = [e for e in entries if e.register == "business" and e.due >= since]
    stayed = [e for e in entries if e.register == "state_gazette" or e.due < since - OFFICE.timeout]
    assert {e.site for e in moved} == {"embassy"}
    assert {e.outcome for e in moved} <= {Outcome.ACKED, Outcome.NOT_TRIED}
    assert {e.site for e in stayed} == {"home"}
    assert sum(e.due >= since for e in moved) > OFFICE.per_second / 2 * OFFICE.stable_for


def test_nobody_is_served_where_nobody_answers(town: Town) -> None:
    with town.at_work() as citizens:
        town.pair.cable.cut("embassy", "test")
        citizens.redirect("business", "embassy")
        assert citizens.wait_until_served(["business"], 1.5) == ("business",)


def test_the_gate_comes_once_beside_the_crowd(town: Town) -> None:
    with town.at_work() as citizens:
        entry = citizens.try_at("business", "embassy")
        entries = citizens.go_home()
    agrees(town, entries)
    assert (entry.outcome, entry.errand, entry.site) == (Outcome.ACKED, Errand.GATE, "embassy")
    assert [e for e in entries if e.errand is Errand.GATE] == [entry]


def _met(tries: HomeTries) -> list[list[tuple[str, str, str]]]:
    return [[(e.register, e.outcome, e.says) for e in entries] for entries in (tries.old, tries.new)]


def test_only_who_was_lost_is_stale_at_home(town: Town) -> None:
    with town.at_work() as citizens:
        assert _met(citizens.try_home_again(frozenset({"business"}))) == [[("business", "acked", "")]] * 2
        entries = citizens.go_home()
    assert {e.register for e in entries if e.errand is Errand.STALE} == {"business"}


def test_those_who_never_heard_of_the_embassy_tell_what_home_promised_them(town: Town) -> None:
    with town.at_work() as citizens:
        assert _met(citizens.try_home_again(None)) == [[(name, "acked", "") for name in NAMES]] * 2
        town.pair.cable.cut("home", "test")
        silence = [[(name, "failed", SILENCE) for name in NAMES]]
        while (met := _met(citizens.try_home_again(None)))[0]:
            assert met == silence * 2
        assert met == [[], *silence]  # no old one is left
        town.pair.cable.mend("home", "test")
        entries = citizens.go_home()
    agrees(town, entries)
    stale = [e for e in entries if e.errand is Errand.STALE]
    assert [e.outcome for e in stale].count(Outcome.ACKED) == 4
    assert len({e.key for e in stale}) == len(stale)


def test_they_go_on_for_as_long_as_they_are_asked_to(town: Town) -> None:
    """Nobody waits for the one before, also where nobody is answered."""
    with town.at_work() as citizens:
        town.pair.cable.cut("home", "test")
        old, new = _met(citizens.try_home_again(frozenset({"business"}), 2.0))
        town.pair.cable.mend("home", "test")
        entries = [e for e in citizens.go_home() if e.errand is Errand.STALE]
    assert (old, new) == ([("business", "failed", SILENCE)] * 2, [("business", "failed", SILENCE)] * 4)
    begun = sorted(e.due for e in entries)
    assert len({e.citizen for e in entries}) == len(entries)
    assert begun[-1] - begun[0] > 1.4
