"""How long was a register away, from the strike to a citizen served by accepted data?"""

from collections.abc import Iterator

from drill.evidence import Evidence
from drill.measures import figures
from drill.phases import span_of
from drill.proofs import Fence, fence_of, ledger_gap, outage_gap, untried_gap
from drill.timeline import Event
from drill.verdict import Finding, Verdict


def recovery_time(evidence: Evidence) -> Iterator[Finding]:
    for register in sorted(evidence.lost):
        rto = evidence.objectives[register].rto
        verdict, actual, says = _judge(evidence, register, rto)
        amount = None if verdict is Verdict.UNKNOWN else figures(evidence, register).rta_s
        yield Finding("recovery_time", register, verdict, f"<= {rto:g} s", actual, says, amount)


def _judge(evidence: Evidence, register: str, rto: float) -> tuple[Verdict, str, str]:
    unproven = outage_gap(evidence)
    if unproven:
        return _unknown(register, unproven)
    refused = evidence.first("refused", register=register)
    if refused is not None:
        reasons = "; ".join(map(str, refused.facts.get("reasons", []))) or "no reason given"
        says = f"The integrity gate refused what came back of {register}, so it was never recovered: {reasons}."
        return Verdict.MISSED, "refused by the gate", says
    rta, failed = figures(evidence, register).rta_s, _failure(evidence, register)
    if rta is None and failed is not None and not failed.facts.get("gave_up"):
        says = f"The recovery of {register} failed: {failed.facts.get('reason', 'no reason given')}."
        return Verdict.MISSED, "the recovery failed", says
    gap = _gap(evidence, register)
    if gap:
        return _unknown(register, gap)
    if rta is None:
        return _not_recovered(evidence, register, failed, rto)
    met, within = (Verdict.MET, "within") if rta <= rto else (Verdict.MISSED, "longer than")
    says = f"Citizens of {register} were served with accepted data {rta:.2f} s after the strike, {within} {rto:g} s."
    return met, f"{rta:.2f} s", says


def _not_recovered(evidence: Evidence, register: str, gave_up: Event | None, rto: float) -> tuple[Verdict, str, str]:
    """Not within its RTO is missed; but who gave up before it was over cannot know."""
    struck = evidence.time_of("struck")
    if gave_up is None or struck is None:
        return _unknown(register, "the drill ended before it was known")
    span = span_of(evidence.events, struck, gave_up.elapsed)
    waited, reason = span.worked(gave_up.elapsed), gave_up.facts.get("reason", "no reason given")
    if waited < rto:
        return _unknown(register, f"the drill gave up after {waited:.0f} s, before the {rto:g} s were over: {reason}")
    says = f"{register} was not recovered within {rto:g} s: {reason}."
    return Verdict.MISSED, f"not within {waited:.0f} s", says


def _unknown(register: str, gap: str) -> tuple[Verdict, str, str]:
    return Verdict.UNKNOWN, gap, f"How long {register} was away is not known: {gap}."


def _gap(evidence: Evidence, register: str) -> str | None:
    """Why a time that was measured may not be believed."""
    state = fence_of(evidence)
    if state.fence is Fence.UNPROVEN:
        return state.reason
    return ledger_gap(evidence) or untried_gap(evidence, register)


def _failure(evidence: Evidence, register: str) -> Event | None:
    """Where the recovery of this register, or of all of them, failed; None when it did not."""
    return next((e for e in evidence.all("failed") if e.facts.get("register") in (None, register)), None)
