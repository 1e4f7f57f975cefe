"""Which work that home acknowledged is gone, and how far back does the loss reach?"""

from collections.abc import Iterator

from drill.evidence import Evidence
from drill.measures import fates_of, figures, rpa
from drill.proofs import Fence, fence_of, ledger_gap, outage_gap, untried_gap
from drill.verdict import Finding, Verdict


def data_loss(evidence: Evidence) -> Iterator[Finding]:
    for register in sorted(evidence.lost):
        rpo = evidence.objectives[register].rpo
        verdict, actual, says = _judge(evidence, register, rpo)
        amount = None if verdict is Verdict.UNKNOWN else figures(evidence, register).rpa_s
        yield Finding("data_loss", register, verdict, f"<= {rpo:g} s", actual, says, amount)


def _judge(evidence: Evidence, register: str, rpo: float) -> tuple[Verdict, str, str]:
    gap, fate = _gap(evidence, register), fates_of(evidence, register)
    reach = None if gap or fate is None else rpa(evidence, fate)
    if fate is None or reach is None:
        gap = gap or "the ledger names a transaction twice"
        return Verdict.UNKNOWN, gap, f"How much work of {register} was lost is not known: {gap}."
    lost, promised = len(fate.lost), len(fate.promised)
    if not lost:
        says = f"None of the {promised} transactions that home acknowledged in {register} is lost."
    else:
        says = (
            f"{lost} of {promised} transactions that home acknowledged in {register} are lost, back to {reach:.2f} s."
        )
    met = not lost or (reach <= rpo and rpo > 0)  # an RPO of 0 is none lost: the last promise reaches back 0 s itself
    untried = untried_gap(evidence, register) if met else None  # more tries could only have shown more losses
    if untried:
        return Verdict.UNKNOWN, untried, f"How much work of {register} was lost is not known: {untried}."
    return (Verdict.MET if met else Verdict.MISSED), f"{reach:.2f} s, {lost} of {promised} lost", says


def _gap(evidence: Evidence, register: str) -> str | None:
    """Why the loss cannot be told."""
    state, fate = fence_of(evidence), fates_of(evidence, register)
    if outage_gap(evidence):
        return outage_gap(evidence)
    if state.fence is Fence.UNPROVEN:
        return state.reason
    if evidence.held(register) is None:
        return "what the embassy holds was never surveyed"
    if fate is not None and not fate.promised:
        return "home acknowledged nothing that could have been lost"
    return ledger_gap(evidence)
