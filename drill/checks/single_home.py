"""Was there ever more than one home? The fence must stand before the embassy takes writes, and hold."""

from collections.abc import Iterator

from drill.evidence import Evidence
from drill.ledger import PROMISED, Errand
from drill.proofs import Fence, behind, fence_of, ledger_gap
from drill.verdict import Finding, Verdict


def single_home(evidence: Evidence) -> Iterator[Finding]:
    verdict, actual, says = _judge(evidence)
    yield Finding("single_home", "drill", verdict, "no answer by home once fenced", actual, says)


def _judge(evidence: Evidence) -> tuple[Verdict, str, str]:
    state = fence_of(evidence)
    if state.fence in {Fence.NONE, Fence.BROKEN}:
        took = sum(e.errand is Errand.STALE and e.outcome in PROMISED for e in evidence.ledger)
        actual = f"{state.reason}; home acknowledged {took} transactions beside the embassy" if took else state.reason
        return Verdict.MISSED, actual, f"Citizens could have been served by two homes at once: {actual}."
    late, early = _late(evidence), _early(evidence)
    if late:
        says = f"Home, though fenced, still acknowledged {late} transactions that the embassy knows nothing of."
        return Verdict.MISSED, f"{late} acknowledged by home after it was fenced", says
    if early:
        says = f"The embassy acknowledged {early} transactions before home was fenced, so that both were open."
        return Verdict.MISSED, f"{early} acknowledged by the embassy before home was fenced", says
    gap = state.reason if state.fence is Fence.UNPROVEN else ledger_gap(evidence)
    if gap:
        return Verdict.UNKNOWN, gap, f"It is not known whether home stayed closed: {gap}."
    if state.closed:
        actual = f"fence proven at the database of {', '.join(state.closed)}, against a living home"
        return Verdict.MET, actual, "Home turned everybody away from what was lost, and went on serving the rest."
    if state.alone:
        actual = "fence proven; it rests on the cable alone, home was not alive behind it"
        return Verdict.MET, actual, "Home stayed closed, but the proof rests on the cable alone: home was not alive."
    return Verdict.MET, "fence proven against a living home", "Home stayed closed, also after it had come back to life."


def _late(evidence: Evidence) -> int:
    """Transactions of lost registers that a fenced home acknowledged, whoever tried them."""
    fenced = evidence.time_of("fenced")
    return sum(
        e.site == "home" and e.register in evidence.lost and e.outcome in PROMISED and behind(e, fenced)
        for e in evidence.ledger
    )


def _early(evidence: Evidence) -> int:
    """Transactions that the embassy acknowledged while home was not yet fenced."""
    fenced = evidence.time_of("fenced")
    served = [e for e in evidence.ledger if e.site == "embassy" and e.outcome in PROMISED]
    return 0 if fenced is None else sum(e.ended < fenced for e in served)
