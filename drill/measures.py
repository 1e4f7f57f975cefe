"""The figures of a drill, from its evidence alone. A figure that does not exist is None, never zero.

All times are seconds. What counts from the strike does not exist unless the outage was proven; what counts
transactions does not exist unless the ledger is complete and the register was surveyed where it belongs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

from drill.evidence import Evidence
from drill.fates import Fates, fates
from drill.ledger import Entry, Errand, Outcome
from drill.phases import Phase, micros, phases, span_of
from drill.proofs import Fence, fence_of, ledger_gap, struck_at
from drill.timeline import pauses

AT_LEAST = 3  # tries that must have been due before a register counts as restored


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one register, or of the whole drill."""

    rto_s: float | None = None
    rta_s: float | None = None  # later of restored and accepted, since the strike
    restored_s: float | None = None
    accepted_s: float | None = None
    rta_from_declaration_s: float | None = None
    rpo_s: float | None = None
    rpa_s: float | None = None
    rpa_resolution_s: float | None = None
    copy_age_s: float | None = None
    acked: int | None = None  # promised by home before it was fenced
    lost: int | None = None
    weak: int | None = None
    in_doubt: int | None = None
    in_doubt_kept: int | None = None
    in_doubt_dropped: int | None = None
    holes: int | None = None
    phantoms: int | None = None
    duplicates: int | None = None
    altered: int | None = None
    served: int | None = None  # acknowledged by the embassy
    lost_at_embassy: int | None = None
    not_tried: int = 0
    paused_s: float = 0.0  # taken out of every time since the strike
    phases: tuple[Phase, ...] = ()


COUNTS = tuple(f.name for f in fields(Figures) if f.type in (int, int | None))


def figures(evidence: Evidence, register: str) -> Figures:
    """Everything that was measured of one register."""
    wanted = evidence.objectives.get(register)
    timed = _times(evidence, register) if register in evidence.lost else Figures()
    fate = fates_of(evidence, register)
    counted = timed if fate is None else _counts(timed, fate)
    promised = () if fate is None else fate.promised
    lost = register in evidence.lost
    return replace(
        counted,
        rto_s=None if wanted is None else wanted.rto,
        rpo_s=None if wanted is None else wanted.rpo,
        rpa_s=rpa(evidence, fate) if lost and fate is not None else None,
        rpa_resolution_s=resolution(promised, struck_at(evidence) if lost else None),
        copy_age_s=copy_age(evidence) if lost else None,
        not_tried=sum(e.outcome is Outcome.NOT_TRIED for e in _work(evidence, register)),
    )


def whole(evidence: Evidence, each: Mapping[str, Figures]) -> Figures:
    """Of the drill: times are those of its slowest lost register, the RPA is the worst, counts are sums."""
    lost = [each[r] for r in evidence.registers if r in evidence.lost]
    if not lost:
        return _summed(Figures(), each.values())
    slowest = max(lost, key=lambda f: (f.rta_s is None, f.rta_s or 0.0, -(f.rto_s or 0.0)))
    deepest = max(lost, key=lambda f: (f.rpa_s is None, f.rpa_s or 0.0, -(f.rpo_s or 0.0)))
    gaps = [f.rpa_resolution_s for f in lost]
    coarsest = None if None in gaps else max(g for g in gaps if g is not None)
    both = replace(slowest, rpo_s=deepest.rpo_s, rpa_s=deepest.rpa_s, rpa_resolution_s=coarsest)
    return _summed(both, each.values())


def _summed(total: Figures, each: Iterable[Figures]) -> Figures:
    """With the sum of every count; one that is unknown anywhere is unknown in the sum."""
    each = list(each)
    sums: dict[str, Any] = {}
    for name in COUNTS:
        counts = [getattr(f, name) for f in each]
        sums[name] = None if None in counts or not counts else sum(counts)
    return replace(total, **sums)


def _work(evidence: Evidence, register: str) -> list[Entry]:
    return [e for e in evidence.ledger if e.register == register and e.errand is Errand.WORK]


def restored_at(entries: Iterable[Entry], redirected: float, stable_for: float) -> float | None:
    """When the register's first lasting acknowledgement at the embassy came; None when it cannot be said (yet).

    Lasting: from its due time on every try due within `stable_for` seconds, and at least three, was acknowledged, and
    tries went on until that time was over. Of several that waited together the one that was answered first counts.
    Slots that the drill was too late for say nothing and are left out.
    """
    there = [e for e in entries if e.errand is Errand.WORK and e.site == "embassy" and e.due >= redirected]
    tries = sorted((e for e in there if e.outcome is not Outcome.NOT_TRIED), key=lambda e: e.due)
    failed = {e.due for e in tries if e.outcome is not Outcome.ACKED}
    run: list[Entry] = []
    for entry in tries:
        if len(run) >= AT_LEAST and entry.due > run[0].due + stable_for:
            return _first_answer(run, stable_for)
        if entry.due in failed:
            run.clear()
        else:
            run.append(entry)
    enough = len(run) >= AT_LEAST and run[-1].due >= run[0].due + stable_for
    return _first_answer(run, stable_for) if enough else None


def _first_answer(run: Sequence[Entry], stable_for: float) -> float:
    return min(e.ended for e in run if e.due <= run[0].due + stable_for)


def restored(evidence: Evidence, register: str) -> float | None:
    """When the register was served again, on the drill's clock."""
    redirected = evidence.first("redirected", register=register, site="embassy")
    if redirected is None:
        return None
    since = float(redirected.facts.get("since", redirected.elapsed))
    return restored_at(_work(evidence, register), since, evidence.stable_for)


def accepted(evidence: Evidence, register: str) -> float | None:
    """When its gate passed, on the drill's clock. What was ever refused was never accepted."""
    refused = evidence.first("refused", register=register)
    return None if refused is not None else evidence.time_of("accepted", register=register)


def _times(evidence: Evidence, register: str) -> Figures:
    struck = struck_at(evidence)
    if struck is None:
        return Figures()
    served, passed = restored(evidence, register), accepted(evidence, register)
    end = max((instant for instant in (served, passed) if instant is not None), default=struck)
    span = span_of(evidence.events, struck, end)
    figures = Figures(
        restored_s=None if served is None else span.worked(served),
        accepted_s=None if passed is None else span.worked(passed),
        paused_s=span.paused,
    )
    if served is None or passed is None:
        return figures
    declared = evidence.time_of("declared")
    return replace(
        figures,
        rta_s=span.worked(end),
        rta_from_declaration_s=None if declared is None else micros(span.worked(end) - span.worked(declared)),
        phases=phases(evidence.events, register, struck, end, served),
    )


def fates_of(evidence: Evidence, register: str) -> Fates | None:
    """What became of the register's transactions; None when ledger or survey are not whole, or a key comes twice."""
    held = evidence.held(register)
    if held is None or ledger_gap(evidence):
        return None
    entries = [e for e in evidence.ledger if e.register == register]
    if len({e.key for e in entries}) < len(entries):
        return None
    return fates(entries, held.receipts, evidence.time_of("fenced") if register in evidence.lost else None)


def rpa(evidence: Evidence, fate: Fates) -> float | None:
    """Seconds from the oldest lost promise to the last moment at which home, not yet fenced, took work.

    A pause after the strike, in which a home that is damaged or cut off may go on taking work, is taken out.
    """
    struck, fenced = struck_at(evidence), evidence.time_of("fenced")
    unfenced = fenced is None and fence_of(evidence).fence is not Fence.NONE
    if struck is None or unfenced or not fate.promised:
        return None
    if not fate.lost:
        return 0.0
    last_ack = fate.promised[-1].ended if fenced is None else min(fenced, fate.promised[-1].ended)
    oldest, last = fate.lost[0].ended, max(struck, last_ack)
    paused = sum(pause.within(max(struck, oldest), last) for pause in pauses(evidence.events))
    return micros(max(0.0, last - oldest - paused))


def resolution(promised: tuple[Entry, ...], struck: float | None) -> float | None:
    """The longest time that home, while it stood, went without acknowledging anything: no RPA is finer than that."""
    ends = [e.ended for e in promised]
    if ends and struck is not None and struck > ends[-1]:
        ends.append(struck)
    gaps = [later - earlier for earlier, later in pairwise(ends)]
    return micros(max(gaps)) if gaps else None


def copy_age(evidence: Evidence) -> float | None:
    """How old the version was that the recovery chose; shown beside the RPA, never instead of it."""
    chosen = evidence.first("version chosen")
    age = None if chosen is None else chosen.facts.get("age_s")
    return None if age is None else float(age)


def _counts(figures: Figures, fate: Fates) -> Figures:
    return replace(
        figures,
        acked=len(fate.promised),
        lost=len(fate.lost),
        weak=len(fate.weak),
        in_doubt=len(fate.kept) + len(fate.dropped),
        in_doubt_kept=len(fate.kept),
        in_doubt_dropped=len(fate.dropped),
        holes=len(fate.holes),
        phantoms=len(fate.phantoms),
        duplicates=len(fate.duplicates),
        altered=len(fate.altered),
        served=len(fate.served),
        lost_at_embassy=len(fate.forsaken),
    )
