"""Did the registers that the outage leaves alone stay undisturbed, from the strike to the survey?"""

from collections.abc import Iterator

from drill.evidence import Evidence
from drill.ledger import SILENCE, Entry, Errand, Outcome
from drill.measures import fates_of
from drill.proofs import ledger_gap, outage_gap, untried_gap
from drill.verdict import Finding, Verdict

# A register answers after a few milliseconds of work. What made somebody wait in vain took nearly all of their wait.
_NEARLY_ALL = 0.9


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
    failed = [e for e in tries if e.outcome is Outcome.FAILED]
    others = [why for e in failed if (why := _other_cause(evidence, e, struck))]
    doubtful = sum(e.outcome is Outcome.IN_DOUBT for e in tries)
    actual = f"{len(failed)} failed, {doubtful} in doubt, {len(fate.lost)} lost of {len(tries)}"
    if len(failed) > len(others) or fate.lost:
        return Verdict.MISSED, actual
    actual = "; ".join([actual, *dict.fromkeys(others)])
    return (Verdict.UNKNOWN if others or doubtful or not tries else Verdict.MET), actual


def _counts(entry: Entry, register: str, struck: float) -> bool:
    """A citizen's try of this register that the strike could have disturbed."""
    at_work = entry.register == register and entry.errand is Errand.WORK
    return at_work and entry.ended >= struck and entry.outcome is not Outcome.NOT_TRIED


def _other_cause(evidence: Evidence, failed: Entry, struck: float) -> str | None:
    """What other than the outage may have kept a citizen waiting; None where only the outage can have, or an error."""
    if SILENCE not in failed.says:
        return None
    if failed.due < struck:
        return "somebody who got no answer had waited before the strike already"
    if failed.strain is None:
        return "nobody saw whether this machine was too busy to answer in time"
    if failed.strain + _lateness(evidence, failed) >= _NEARLY_ALL * (failed.ended - failed.sent):
        return "while an answer failed to come, this machine made its programs wait"
    return None


def _lateness(evidence: Evidence, failed: Entry) -> float:
    """Seconds of the wait by which the drill itself came too late to another slot."""
    late = (e for e in evidence.ledger if e.outcome is Outcome.NOT_TRIED)
    return max([0.0, *(min(e.sent, failed.ended) - max(e.due, failed.sent) for e in late)])
