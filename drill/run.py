"""The story of a drill: prepare, calm, outage, notice, recovery, homecoming, survey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from drill.crew import Crew
from drill.errors import NotInTime, StepFailed
from drill.evidence import Holdings, Seal
from drill.parts import CitizensAtWork, Crowd, Drill, KeptCopy, Proof, Record, Serve, Watching
from drill.timeline import Timeline
from drill.undo import Undo

if TYPE_CHECKING:
    from drill.sites.site import Site

_SIDE_BY_SIDE = 2  # registers that may be filled, be in their gates, or be surveyed, at a time
_PATIENCE = 20.0  # seconds beyond the time that must be stable, for citizens to be served once they are redirected
_UNREST = 30.0  # seconds that the watch is given to see home well before it is struck
_SKEW = 0.1  # seconds by which wall and stopwatch may differ


@dataclass
class Stage:
    """What stands when the calm begins, and what is left when the citizens have gone home."""

    seals: Mapping[str, Seal]
    copies: Mapping[str, KeptCopy]
    citizens: CitizensAtWork
    watching: Watching
    holdings: dict[str, Holdings] = field(default_factory=dict)


def run_drill(drill: Drill, timeline: Timeline, record: Record) -> None:
    """Play every act and leave the evidence; what was begun is undone in reverse order, whatever happens.

    A step of the recovery that fails is evidence and is judged. Any other error ends the drill and is raised; events
    and ledger lie on disk by then, and what they do not show is unknown.
    """
    with Undo(timeline) as undo:
        stage = prepare(drill, timeline, undo, record)
        with timeline.act("calm"):
            timeline.clock.sleep(drill.calm)
        home_lost = undo.begin(Undo(timeline))
        lose_home(drill, stage, home_lost, timeline)
        with timeline.act("recovery"):
            recover(drill, stage, timeline)
        with timeline.act("homecoming"):
            come_home(drill, stage, home_lost, timeline)
        with timeline.act("survey"):
            survey(drill, stage, timeline)
        record.complete(stage.holdings)


def prepare(drill: Drill, timeline: Timeline, undo: Undo, record: Record) -> Stage:
    """Both sites up, registers filled and sealed, copies established and current, citizens and watch at work."""
    with timeline.act("prepare"):
        home = undo.begin(drill.home.open())
        embassy = undo.begin(drill.embassy.open())
        home.found(embassy)
        if drill.crossing is not None:
            measured = drill.crossing.measure(home, embassy)
            timeline.record("cable", "link measured", asked=dict(drill.crossing.asked), measured=dict(measured))
        with Crew(_SIDE_BY_SIDE) as crew:
            sealed = crew.map(lambda name: _fill(name, drill, timeline), drill.registers)
            seals = dict(zip(drill.registers, sealed, strict=True))
        record.sealed(seals)
        copies = {name: undo.begin(copy.keep(home, embassy, seals, timeline)) for name, copy in drill.copies.items()}
        crowd = Crowd(drill.registers, seals, (home, embassy), drill.people, drill.seed)
        citizens = undo.begin(drill.citizens.at_work(crowd, timeline.clock, record.entry))
        return Stage(seals, copies, citizens, undo.begin(drill.response.watch(home, timeline)))


def _fill(name: str, drill: Drill, timeline: Timeline) -> Seal:
    drill.registers[name].fill(drill.home, drill.people, drill.seed)
    seal = drill.survey.seal(name, drill.home)
    rows = sum(digest.rows for digest in seal.tables.values())
    size = drill.survey.size(name, drill.home)
    timeline.record("home", "sealed", register=name, tables=len(seal.tables), rows=rows, bytes=size)
    return seal


def lose_home(drill: Drill, stage: Stage, home_lost: Undo, timeline: Timeline) -> None:
    """Strike home, and wait until the disaster is declared; what shows that the outage struck is looked for meanwhile.

    The proof ends, also after an error, before home is fenced or given up: a home that those have killed would prove an
    outage that never struck.
    """
    with ThreadPoolExecutor(1) as prover:
        with timeline.act("outage"):
            stage.watching.wait_until_calm(_UNREST)
            proof = home_lost.begin(drill.outage.strike(drill.home, timeline))
            proven = prover.submit(prove, drill.outage.kind, proof, timeline)
        with timeline.act("notice"):
            drill.response.notice(drill.outage, stage.watching, timeline)
    proven.result()


def prove(kind: str, proof: Proof, timeline: Timeline) -> None:
    """Write down what shows that the outage struck; without it what counts from the strike is unknown."""
    try:
        timeline.record("outage", "outage proven", kind=kind, proof=proof())
    except StepFailed as failed:
        timeline.record("outage", "not proven", kind=kind, reason=str(failed))


def recover(drill: Drill, stage: Stage, timeline: Timeline) -> None:
    """Fence home, bring the embassy up, let each register through its gate; a step that fails is written down."""
    try:
        drill.response.fence(drill.home, drill.outage.takes, stage.citizens, timeline)
        names, let_through = [name for name in drill.registers if name in drill.lost], list[Future[None]]()
        copy = stage.copies[drill.recovery.source]
        with Crew(1) as aside, Crew(_SIDE_BY_SIDE) as gates:
            # what they were answered is in the ledger
            stale = aside.submit(stage.citizens.try_home_again, drill.outage.takes)
            for name in drill.recovery.bring_up(copy, drill.embassy, names, timeline):
                timeline.record("recovery", "came back", register=name)
                if drill.serve is Serve.DURING_GATE:
                    _redirect(name, drill, stage, timeline)
                let_through.append(gates.submit(_let_through, name, drill, stage, timeline))
        stale.result()
        for each in let_through:
            each.result()
        _wait_until_served(drill, stage, timeline)
    except StepFailed as failed:
        _give_up(failed, timeline)


def _let_through(name: str, drill: Drill, stage: Stage, timeline: Timeline) -> None:
    """The gate; citizens are let in after it, or have been during it where the scenario takes that risk."""
    try:
        accepted = drill.gate.accept(name, drill.embassy, stage.seals[name], stage.citizens, timeline)
        if accepted and drill.serve is Serve.AFTER_GATE:
            _redirect(name, drill, stage, timeline)
    except StepFailed as failed:
        _give_up(failed, timeline, register=name)


def _give_up(failed: StepFailed, timeline: Timeline, **register: str) -> None:
    """Write down that the recovery, or that of one register, failed; or was only given up before it was done."""
    late = isinstance(failed, NotInTime)
    timeline.record("recovery", "failed", reason=str(failed), hint=failed.hint, gave_up=late, **register)


def _redirect(name: str, drill: Drill, stage: Stage, timeline: Timeline) -> None:
    since = stage.citizens.redirect(name, drill.embassy.name)
    timeline.record("citizens", "redirected", register=name, site=drill.embassy.name, since=since)


def _wait_until_served(drill: Drill, stage: Stage, timeline: Timeline) -> None:
    """Not shorter than the longest RTO allows: who gives up before it is over does not know whether it was missed."""
    names = [e.facts["register"] for e in timeline.events if e.what == "redirected"]
    struck = next(e.elapsed for e in timeline.events if e.what == "struck")
    left = timeline.left(struck, max(drill.objectives[name].rto for name in drill.lost))
    rounds = 3 * (drill.citizens.stable_for + len(drill.registers) / drill.citizens.per_second)
    patience = left + rounds + drill.citizens.timeout + _PATIENCE
    never = stage.citizens.wait_until_served(names, patience)
    for name in names:
        if name in never:
            reason = f"no stable service within {patience:.0f} s of waiting for it"
            _give_up(NotInTime(reason, hint="see the ledger and the embassy's log"), timeline, register=name)
        else:
            timeline.record("citizens", "served", register=name)


def come_home(drill: Drill, stage: Stage, home_lost: Undo, timeline: Timeline) -> None:
    """Give home back as far as it can come back, while the fence stands and stale citizens still try it."""
    with Crew(1) as aside:
        # who waits in the cable at that very moment; what they were answered is in the ledger
        meanwhile = aside.submit(stage.citizens.try_home_again, drill.outage.takes)
        home_lost.close()
        drill.response.prove_fence(drill.home, drill.outage.takes, stage.citizens, timeline)
        meanwhile.result()


def survey(drill: Drill, stage: Stage, timeline: Timeline) -> None:
    """Once nobody writes any more, read each register where its citizens were; what cannot be read stays unknown."""
    timeline.record("citizens", "ledger complete", entries=len(stage.citizens.go_home()))
    recovered = {e.facts["register"] for e in timeline.events if e.what == "came back"}
    there = [name for name in drill.registers if name in recovered or name not in drill.lost]
    with Crew(_SIDE_BY_SIDE) as crew:
        read = crew.map(lambda name: _read(name, drill, stage, timeline), there)
        stage.holdings.update({name: held for name, held in zip(there, read, strict=True) if held is not None})
    if drill.registers.keys() <= stage.holdings.keys():
        with _unread(timeline):
            compare(drill, stage, timeline)
    if abs(step := timeline.clock.stepped()) > _SKEW:
        timeline.record("drill", "clock stepped", by_s=round(step, 3))


def _read(name: str, drill: Drill, stage: Stage, timeline: Timeline) -> Holdings | None:
    with _unread(timeline, register=name):
        held = drill.survey.thorough(name, _belongs(name, drill), stage.seals[name])
        timeline.record("survey", "surveyed", register=name)
        return held
    return None


def compare(drill: Drill, stage: Stage, timeline: Timeline) -> None:
    """Look for rows of one register that name somebody whom the other, where it now is, does not know."""
    places = {name: _belongs(name, drill) for name in stage.holdings}
    for name, strangers in drill.survey.strangers(places).items():
        stage.holdings[name] = replace(stage.holdings[name], strangers=strangers)
    timeline.record("survey", "compared", registers=sorted(places))


def _belongs(name: str, drill: Drill) -> Site:
    """Where the register's citizens belong once the disaster is over."""
    return drill.embassy if name in drill.lost else drill.home


@contextmanager
def _unread(timeline: Timeline, **register: str) -> Iterator[None]:
    """A register that cannot be read is no reason to give up the evidence of the others."""
    try:
        yield
    except StepFailed as failed:
        timeline.record("survey", "not surveyed", reason=str(failed), hint=failed.hint, **register)
