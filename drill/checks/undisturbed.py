"""Did the registers that the outage leaves alone stay undisturbed, from the strike to the survey?"""

from collections.abc import Iterator

from drill.evidence import Evidence
from drill.ledger import Entry, Errand, Outcome
from drill.measures import fates_of
from drill.proofs import ledger_gap, outage_gap, untried_gap
from drill.verdict import Finding, Verdict


def undisturbed(evidence: Evidence) -> Iterator[Finding]:
    for register in evidence.registers:
        if register not in evidence.lost:
            verdict, actual = _judge(evidence, register)
            says = f"{register}, which the outage should leave alone: {actual}."
            yield Finding("undisturbed", register, verdict, "no try failed, doubtful or lost", actual, says)


def _judge(evidence: Evidence, register: str) -> tuple[Verdict, str]:
    fate = fates_of(evidence, register)
    gap = outage_gap(evidence) or ledger_gap(evidence) or untried_gap(evidence, register)
    if gap or fate is None:
        return Verdict.UNKNOWN, gap or "it was never surveyed, or the ledger names a transaction twice"
    struck = evidence.time_of("struck") or 0.0
    tries = [e for e in evidence.ledger if _counts(e, register, struck)]
    failed = sum(e.outcome is Outcome.FAILED for e in tries)
    doubtful = sum(e.outcome is Outcome.IN_DOUBT for e in tries)
    actual = f"{failed} failed, {doubtful} in doubt, {len(fate.lost)} lost of {len(tries)}"
    if failed or fate.lost:
        return Verdict.MISSED, actual
    return (Verdict.UNKNOWN if doubtful or not tries else Verdict.MET), actual


def _counts(entry: Entry, register: str, struck: float) -> bool:
    """A citizen's try of this register that the strike could have disturbed."""
    at_work = entry.register == register and entry.errand is Errand.WORK
    return at_work and entry.ended >= struck and entry.outcome is not Outcome.NOT_TRIED
