"""The after-action report: fifteen groups of fields, each told by the evidence or left to a person, and marked so.

What a person must say comes from the file of `--meta`; what that leaves out is an empty field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from drill.proofs import fence_of, outage_gap
from drill.reports.fields import Field, Group, Told, said, shown
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


def groups(dossier: Dossier) -> tuple[Group, ...]:
    """All fifteen, in their order."""
    return tuple(Group(n, title, tuple(of(dossier))) for n, (title, of) in enumerate(_GROUPS.items(), 1))


def _identity(dossier: Dossier) -> Iterator[Field]:
    run, meta, began = dossier.run, dossier.meta, dossier.run.evidence.began
    yield shown("Run", run.run_id)
    yield said("Title", meta.title)
    digest = dossier.files.get("scenario.yaml")
    yield shown("Scenario", run.result.scenario, began.get("file"), f"SHA-256 {digest}" if digest else None)
    yield shown("Tool", f"drill {began.get('drill_version', '')}, PostgreSQL {began.get('postgres', '')}")
    yield said("Plan or runbook, with its version", meta.plan)
    yield said("Classification", meta.classification)
    yield said("Handling", meta.handling)


def _kind(dossier: Dossier) -> Iterator[Field]:
    yield said("Type of exercise", dossier.meta.type)
    yield shown("Carried out", "real servers were lost and recovered; the people in them are simulated")
    announced = dossier.meta.announced
    yield said("Announced", None if announced is None else "yes" if announced else "no")


def _dates(dossier: Dossier) -> Iterator[Field]:
    events = dossier.run.evidence.events
    if events:
        first, last = events[0], events[-1]
        yield shown("Began", f"{first.at:%Y-%m-%d %H:%M:%S %Z}")
        yield shown("Ended", f"{last.at:%Y-%m-%d %H:%M:%S %Z}")
        yield shown("Duration", duration(last.elapsed - first.elapsed))
    stepped = dossier.run.evidence.first("clock stepped")
    moved = "" if stepped is None else f"; the wall clock stepped by {stepped.facts.get('by_s')} s meanwhile"
    yield shown("Clock", f"one monotonic clock of the drill's process; wall time is a label only{moved}")


def _scope(dossier: Dossier) -> Iterator[Field]:
    evidence = dossier.run.evidence
    yield shown("Registers", ", ".join(evidence.registers))
    yield shown("Taken by the outage", ", ".join(r for r in evidence.registers if r in evidence.lost) or "none")
    where = f"{evidence.began.get('host', 'unknown host')}: both sites on one machine, apart from production"
    yield shown("Environment", where, evidence.began.get("apart"))
    yield said("Left out, and why", *(f"{each.what}: {each.why}" for each in dossier.meta.left_out))


def _scenario(dossier: Dossier) -> Iterator[Field]:
    run, meta, began = dossier.run, dossier.meta, dossier.run.evidence.began
    told = [f"{name} {began[name]}" for name in ("outage", "recovery", "copy") if began.get(name)]
    yield shown("Scenario", ", ".join(told))
    yield said("Threat", meta.threat)
    yield said("Business impact analysis", meta.business_impact_analysis)
    yield said("Risk assessment", meta.risk_assessment)
    yield said("Assumptions", *meta.assumptions)
    yield said("Preconditions", *meta.preconditions)
    expected = [f"{check} missed: {_of(registers)}" for check, registers in sorted(run.result.expected.items())]
    yield shown("Expected outcome", *(expected or ["every check is met"]))
    yield shown("Success criteria", "exactly the expected misses, and nothing unknown", f"came out {expectation(run)}")


def _of(registers: object) -> str:
    return str(registers) if isinstance(registers, str) else ", ".join(sorted(registers))  # type: ignore[call-overload]


def _people(dossier: Dossier) -> Iterator[Field]:
    meta, evidence = dossier.meta, dossier.run.evidence
    yield said("Participants", *(f"{each.name}, {each.role}" for each in meta.participants))
    yield said("Observers", *(f"{each.name}, {each.role}" for each in meta.observers))
    evaluator, apart = meta.evaluator, meta.evaluator_independent
    yield said("Evaluator", f"{evaluator.name}, {evaluator.role}" if evaluator else None)
    yield said("Independent of the operator", None if apart is None else "yes" if apart else "no")
    declared = evidence.first("declared")
    yield shown("Declared, in the drill", None if declared is None else declared.facts.get("by"))
    yield said("Declared by", meta.declared_by)
    yield said("Restore approved by", meta.restore_approved_by)


def _targets(dossier: Dossier) -> Iterator[Field]:
    for register, figures in dossier.run.figures.items():
        times = f"RTA {duration(figures.rta_s)} of RTO {duration(figures.rto_s)}{_gap(figures.rta_s, figures.rto_s)}"
        reach = f"RPA {duration(figures.rpa_s)} of RPO {duration(figures.rpo_s)}{_gap(figures.rpa_s, figures.rpo_s)}"
        lost = register in dossier.run.evidence.lost
        told = (times, reach) if lost else ("not taken by the outage",)
        yield shown(register, str(dossier.run.verdict_of(register)), *told)
    mtd = dossier.meta.mtd
    yield said("Maximum tolerable downtime (MTD)", *(f"{name}: {duration(time)}" for name, time in mtd.items()))
    yield said("Minimum business continuity objective (MBCO)", dossier.meta.mbco)


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
            yield shown(name, _when(event, struck))
    yield shown("Every event", "events.jsonl in the folder of the run; the log of this report shows those for people")
    injects = dossier.meta.injects
    yield said("Injects", *(": ".join(filter(None, (i.at, i.what, i.reaction))) for i in injects))


def _when(event: Event, struck: float | None) -> str:
    since = "" if struck is None else f", {event.elapsed - struck:+.2f} s from the strike"
    return f"{event.at:%H:%M:%S.%f}"[:-3] + f" {event.at:%Z}{since}, by {event.who}"


def _copy(dossier: Dossier) -> Iterator[Field]:
    evidence, meta = dossier.run.evidence, dossier.meta
    chosen = evidence.first("version chosen")
    facts: Mapping[str, object] = {} if chosen is None else chosen.facts
    told = [f"{name.replace('_', ' ')}: {facts[name]}" for name in sorted(facts) if facts[name] is not None]
    yield shown("Copy and version", *told)
    yield shown("Age of the version", duration(dossier.run.total.copy_age_s))
    seals = [f"{r}: system {s.system_identifier}, LSN {s.lsn}" for r, s in evidence.seals.items() if s.lsn]
    yield shown("Sealed at home", *dict.fromkeys(seals))
    yield said("Signature or checksum of the copy", meta.copy_signature)
    yield said("Key used", meta.copy_key)
    yield said("Site it came from", meta.copy_site)


def _integrity(dossier: Dossier) -> Iterator[Field]:
    run = dossier.run
    for check in (*CONTENT, "receipts", "agreement"):
        found = [f for f in run.result.findings if f.check == check]
        if found:
            verdicts = [
                f"{sum(f.verdict is v for f in found)} {v}" for v in Verdict if any(f.verdict is v for f in found)
            ]
            yield shown(check, ", ".join(verdicts))
    tables = sum(len(held.tables) for held in run.evidence.holdings.values())
    rows = sum(digest.rows for held in run.evidence.holdings.values() for digest in held.tables.values())
    yield shown("Proven by digest", f"{tables} tables with {rows} rows")
    yield said("Samples reconciled by hand", *dossier.meta.reconciliations)


def _deviations(dossier: Dossier) -> Iterator[Field]:
    run = dossier.run
    yield shown("Not as planned", *(run.incomparable or ("nothing that the drill could see",)))
    yield said("Manual steps, workarounds, what nobody knew one depends on", *dossier.meta.deviations)
    total = run.total
    yield shown("Lost", f"{amount(total.lost)} of {amount(total.acked)} acknowledged transactions")
    out = [f"{each.check}, {each.register}: {each.why}" for each in not_applicable(run)]
    yield shown("Checks that do not apply", f"{len(out)}, listed under what was not checked")


def _failback(dossier: Dossier) -> Iterator[Field]:
    evidence = dossier.run.evidence
    yield shown("Return of service to home", "not drilled: the embassy serves when the drill ends")
    yield shown("Home, meanwhile", outage_gap(evidence) or fence_of(evidence).reason)
    served = dossier.run.total.served
    yield shown("Written at the embassy, to be brought home", f"{amount(served)} transactions")
    yield said("Failback", dossier.meta.failback)
    yield said("Residual risk", dossier.meta.residual_risk)


def _ratings(dossier: Dossier) -> Iterator[Field]:
    rated, meta = ratings(dossier.run), dossier.meta
    for rating in rated:
        yield shown(rating.objective, f"{rating.letter}, {rating.words} ({rating.observed})")
    challenges = [challenge for rating in rated for challenge in rating.challenges]
    yield shown("Areas for improvement, as measured", *(challenges or ["none"]))
    yield said("Strengths", *meta.strengths)
    yield said("Areas for improvement", *(f"{each.what} (severity {each.severity})" for each in meta.improvements))


def _corrective(dossier: Dossier) -> Iterator[Field]:
    if dossier.unasked:
        yield shown("Actions of this scenario", f"not known: {dossier.unasked}")
        return
    opened = [a for a in dossier.actions if a.open]
    closed = [a for a in dossier.actions if not a.open]
    overdue = sum(a.overdue(dossier.today) for a in opened)
    yield shown("Open actions of this scenario", f"{len(opened)}, {overdue} of them overdue")
    yield shown("Closed", len(closed))
    yield shown("Listed", "under improvement actions, each with the run that showed it")


def _verdict(dossier: Dossier) -> Iterator[Field]:
    run, meta = dossier.run, dossier.meta
    yield shown("Verdict of the drill", f"{run.result.verdict}, {expectation(run)}")
    yield said("Conclusion", meta.conclusion)
    yield said("Conditions", *meta.conditions)
    yield _retest(dossier)
    yield said("Signed", *(f"{each.role}: {each.name}, {each.on}" for each in meta.signatures))
    yield said("Retention", meta.retention) if meta.retention else Field("Retention", (_KEEP,), Told.PROPOSED)


def _retest(dossier: Dossier) -> Field:
    if dossier.meta.retest is not None:
        return said("Next drill", dossier.meta.retest)
    events = dossier.run.evidence.events
    if not events:
        return said("Next drill")
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
