"""The after-action report: fifteen groups of fields, each told by the evidence or left to a person, and marked so.

What a person must say comes from the file of `--meta`; what that leaves out is an empty field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from drill.proofs import fence_of, outage_gap
from drill.reports.opening import expectation
from drill.reports.ratings import ratings
from drill.reports.text import amount, duration
from drill.reports.unchecked import CONTENT, not_applicable
from drill.timeline import Event
from drill.verdict import Verdict

if TYPE_CHECKING:
    from drill.dossier import Dossier

_RETEST = {True: 365, False: 30}  # days: a year at most after a drill as expected, a month after one that was not
_KEEP = "at least three years (proposed)"
_ZERO_TO_NINE = (  # the moments of a drill, by their events
    ("outage struck", "struck"),
    ("outage proven", "outage proven"),
    ("detected by the watch", "detected"),
    ("discovered by a person", "discovered"),
    ("declared", "declared"),
    ("home fenced", "fenced"),
    ("recovery: version chosen", "version chosen"),
    ("first register back", "came back"),
    ("first register accepted", "accepted"),
    ("first register served", "served"),
    ("home is back", "home is back"),
    ("fence proven", "fence proven"),
)


class Told(StrEnum):
    """Where the content of a field comes from."""

    EVIDENCE = "evidence"
    PERSON = "person"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a group; nothing in it means that a person must fill it in."""

    name: str
    says: tuple[str, ...]
    told: Told = Told.EVIDENCE

    @property
    def empty(self) -> bool:
        """Is it still to be filled in?"""
        return not self.says


@dataclass(frozen=True, slots=True)
class Group:
    """One of the fifteen."""

    number: int
    title: str
    fields: tuple[Field, ...]


def groups(dossier: Dossier) -> tuple[Group, ...]:
    """All fifteen, in their order."""
    return tuple(Group(n, title, tuple(of(dossier))) for n, (title, of) in enumerate(_GROUPS.items(), 1))


def _evidence(name: str, *says: object) -> Field:
    return Field(name, tuple(str(each) for each in says if each not in (None, "")) or ("not known",))


def _person(name: str, *says: object) -> Field:
    return Field(name, tuple(str(each) for each in says if each not in (None, "")), Told.PERSON)


def _identity(dossier: Dossier) -> Iterator[Field]:
    run, meta, began = dossier.run, dossier.meta, dossier.run.evidence.began
    yield _evidence("Run", run.run_id)
    yield _person("Title", meta.title)
    digest = dossier.files.get("scenario.yaml")
    yield _evidence("Scenario", run.result.scenario, began.get("file"), f"SHA-256 {digest}" if digest else None)
    yield _evidence("Tool", f"drill {began.get('drill_version', '')}, PostgreSQL {began.get('postgres', '')}")
    yield _person("Plan or runbook, with its version", meta.plan)
    yield _person("Classification", meta.classification)
    yield _person("Handling", meta.handling)


def _kind(dossier: Dossier) -> Iterator[Field]:
    yield _person("Type of exercise", dossier.meta.type)
    yield _evidence("Carried out", "real servers were lost and recovered; the people in them are simulated")
    announced = dossier.meta.announced
    yield _person("Announced", None if announced is None else "yes" if announced else "no")


def _dates(dossier: Dossier) -> Iterator[Field]:
    events = dossier.run.evidence.events
    if events:
        first, last = events[0], events[-1]
        yield _evidence("Began", f"{first.at:%Y-%m-%d %H:%M:%S %Z}")
        yield _evidence("Ended", f"{last.at:%Y-%m-%d %H:%M:%S %Z}")
        yield _evidence("Duration", duration(last.elapsed - first.elapsed))
    stepped = dossier.run.evidence.first("clock stepped")
    moved = "" if stepped is None else f"; the wall clock stepped by {stepped.facts.get('by_s')} s meanwhile"
    yield _evidence("Clock", f"one monotonic clock of the drill's process; wall time is a label only{moved}")


def _scope(dossier: Dossier) -> Iterator[Field]:
    evidence = dossier.run.evidence
    yield _evidence("Registers", ", ".join(evidence.registers))
    yield _evidence("Taken by the outage", ", ".join(r for r in evidence.registers if r in evidence.lost) or "none")
    where = f"{evidence.began.get('host', 'unknown host')}: both sites on one machine, apart from production"
    yield _evidence("Environment", where, evidence.began.get("apart"))
    yield _person("Left out, and why", *(f"{each.what}: {each.why}" for each in dossier.meta.left_out))


def _scenario(dossier: Dossier) -> Iterator[Field]:
    run, meta, began = dossier.run, dossier.meta, dossier.run.evidence.began
    told = [f"{name} {began[name]}" for name in ("outage", "recovery", "copy") if began.get(name)]
    yield _evidence("Scenario", ", ".join(told))
    yield _person("Threat", meta.threat)
    yield _person("Business impact analysis", meta.business_impact_analysis)
    yield _person("Risk assessment", meta.risk_assessment)
    yield _person("Assumptions", *meta.assumptions)
    yield _person("Preconditions", *meta.preconditions)
    expected = [f"{check} missed: {_of(registers)}" for check, registers in sorted(run.result.expected.items())]
    yield _evidence("Expected outcome", *(expected or ["every check is met"]))
    yield _evidence(
        "Success criteria", "exactly the expected misses, and nothing unknown", f"came out {expectation(run)}"
    )


def _of(registers: object) -> str:
    return str(registers) if isinstance(registers, str) else ", ".join(sorted(registers))  # type: ignore[call-overload]


def _people(dossier: Dossier) -> Iterator[Field]:
    meta, evidence = dossier.meta, dossier.run.evidence
    yield _person("Participants", *(f"{each.name}, {each.role}" for each in meta.participants))
    yield _person("Observers", *(f"{each.name}, {each.role}" for each in meta.observers))
    evaluator, apart = meta.evaluator, meta.evaluator_independent
    yield _person("Evaluator", f"{evaluator.name}, {evaluator.role}" if evaluator else None)
    yield _person("Independent of the operator", None if apart is None else "yes" if apart else "no")
    declared = evidence.first("declared")
    yield _evidence("Declared, in the drill", None if declared is None else declared.facts.get("by"))
    yield _person("Declared by", meta.declared_by)
    yield _person("Restore approved by", meta.restore_approved_by)


def _targets(dossier: Dossier) -> Iterator[Field]:
    for register, figures in dossier.run.figures.items():
        times = f"RTA {duration(figures.rta_s)} of RTO {duration(figures.rto_s)}{_gap(figures.rta_s, figures.rto_s)}"
        reach = f"RPA {duration(figures.rpa_s)} of RPO {duration(figures.rpo_s)}{_gap(figures.rpa_s, figures.rpo_s)}"
        lost = register in dossier.run.evidence.lost
        told = (times, reach) if lost else ("not taken by the outage",)
        yield _evidence(register, str(dossier.run.verdict_of(register)), *told)
    mtd = dossier.meta.mtd
    yield _person("Maximum tolerable downtime (MTD)", *(f"{name}: {duration(time)}" for name, time in mtd.items()))
    yield _person("Minimum business continuity objective (MBCO)", dossier.meta.mbco)


def _gap(actual: float | None, wanted: float | None) -> str:
    if actual is None or wanted is None:
        return ""
    return f", {duration(abs(actual - wanted))} {'over' if actual > wanted else 'to spare'}"


def _timeline(dossier: Dossier) -> Iterator[Field]:
    evidence = dossier.run.evidence
    struck = evidence.time_of("struck")
    for name, what in _ZERO_TO_NINE:
        event = evidence.first(what)
        if event is not None:
            yield _evidence(name, _when(event, struck))
    yield _evidence(
        "Every event", "events.jsonl in the folder of the run; the log of this report shows those for people"
    )
    injects = dossier.meta.injects
    yield _person("Injects", *(": ".join(filter(None, (i.at, i.what, i.reaction))) for i in injects))


def _when(event: Event, struck: float | None) -> str:
    since = "" if struck is None else f", {event.elapsed - struck:+.2f} s from the strike"
    return f"{event.at:%H:%M:%S.%f}"[:-3] + f" {event.at:%Z}{since}, by {event.who}"


def _copy(dossier: Dossier) -> Iterator[Field]:
    evidence, meta = dossier.run.evidence, dossier.meta
    chosen = evidence.first("version chosen")
    facts: Mapping[str, object] = {} if chosen is None else chosen.facts
    told = [f"{name.replace('_', ' ')}: {facts[name]}" for name in sorted(facts) if facts[name] is not None]
    yield _evidence("Copy and version", *told)
    yield _evidence("Age of the version", duration(dossier.run.total.copy_age_s))
    seals = [f"{r}: system {s.system_identifier}, LSN {s.lsn}" for r, s in evidence.seals.items() if s.lsn]
    yield _evidence("Sealed at home", *dict.fromkeys(seals))
    yield _person("Signature or checksum of the copy", meta.copy_signature)
    yield _person("Key used", meta.copy_key)
    yield _person("Site it came from", meta.copy_site)


def _integrity(dossier: Dossier) -> Iterator[Field]:
    run = dossier.run
    for check in (*CONTENT, "receipts", "agreement"):
        found = [f for f in run.result.findings if f.check == check]
        if found:
            verdicts = [
                f"{sum(f.verdict is v for f in found)} {v}" for v in Verdict if any(f.verdict is v for f in found)
            ]
            yield _evidence(check, ", ".join(verdicts))
    tables = sum(len(held.tables) for held in run.evidence.holdings.values())
    rows = sum(digest.rows for held in run.evidence.holdings.values() for digest in held.tables.values())
    yield _evidence("Proven by digest", f"{tables} tables with {rows} rows")
    yield _person("Samples reconciled by hand", *dossier.meta.reconciliations)


def _deviations(dossier: Dossier) -> Iterator[Field]:
    run = dossier.run
    yield _evidence("Not as planned", *(run.incomparable or ("nothing that the drill could see",)))
    yield _person("Manual steps, workarounds, what nobody knew one depends on", *dossier.meta.deviations)
    total = run.total
    yield _evidence("Lost", f"{amount(total.lost)} of {amount(total.acked)} acknowledged transactions")
    out = [f"{each.check}, {each.register}: {each.why}" for each in not_applicable(run)]
    yield _evidence("Checks that do not apply", f"{len(out)}, listed under what was not checked")


def _failback(dossier: Dossier) -> Iterator[Field]:
    evidence = dossier.run.evidence
    yield _evidence("Return of service to home", "not drilled: the embassy serves when the drill ends")
    yield _evidence("Home, meanwhile", outage_gap(evidence) or fence_of(evidence).reason)
    served = dossier.run.total.served
    yield _evidence("Written at the embassy, to be brought home", f"{amount(served)} transactions")
    yield _person("Failback", dossier.meta.failback)
    yield _person("Residual risk", dossier.meta.residual_risk)


def _ratings(dossier: Dossier) -> Iterator[Field]:
    rated, meta = ratings(dossier.run), dossier.meta
    for rating in rated:
        yield _evidence(rating.objective, f"{rating.letter}, {rating.words} ({rating.observed})")
    challenges = [challenge for rating in rated for challenge in rating.challenges]
    yield _evidence("Areas for improvement, as measured", *(challenges or ["none"]))
    yield _person("Strengths", *meta.strengths)
    yield _person("Areas for improvement", *(f"{each.what} (severity {each.severity})" for each in meta.improvements))


def _corrective(dossier: Dossier) -> Iterator[Field]:
    if dossier.unasked:
        yield _evidence("Actions of this scenario", f"not known: {dossier.unasked}")
        return
    opened = [a for a in dossier.actions if a.open]
    closed = [a for a in dossier.actions if not a.open]
    overdue = sum(a.overdue(dossier.today) for a in opened)
    yield _evidence("Open actions of this scenario", f"{len(opened)}, {overdue} of them overdue")
    yield _evidence("Closed", len(closed))
    yield _evidence("Listed", "under improvement actions, each with the run that showed it")


def _verdict(dossier: Dossier) -> Iterator[Field]:
    run, meta = dossier.run, dossier.meta
    yield _evidence("Verdict of the drill", f"{run.result.verdict}, {expectation(run)}")
    yield _person("Conclusion", meta.conclusion)
    yield _person("Conditions", *meta.conditions)
    yield _retest(dossier)
    yield _person("Signed", *(f"{each.role}: {each.name}, {each.on}" for each in meta.signatures))
    yield _person("Retention", meta.retention) if meta.retention else Field("Retention", (_KEEP,), Told.PROPOSED)


def _retest(dossier: Dossier) -> Field:
    if dossier.meta.retest is not None:
        return _person("Next drill", dossier.meta.retest)
    events = dossier.run.evidence.events
    if not events:
        return _person("Next drill")
    good = dossier.run.result.as_expected
    day = events[0].at.date() + timedelta(days=_RETEST[good])
    why = "a year after a drill as expected" if good else "a month after a drill that was not as expected"
    return Field("Next drill", (f"by {day} (proposed: {why})",), Told.PROPOSED)


_GROUPS: Mapping[str, Callable[[Dossier], Iterator[Field]]] = {
    "Identity": _identity,
    "Kind of exercise": _kind,
    "Dates and clock": _dates,
    "Scope": _scope,
    "Scenario and expectation": _scenario,
    "People": _people,
    "Targets and what was reached": _targets,
    "Timeline": _timeline,
    "The copy": _copy,
    "Integrity": _integrity,
    "Deviations and losses": _deviations,
    "Failback": _failback,
    "Ratings": _ratings,
    "Corrective actions": _corrective,
    "Conclusion": _verdict,
}
