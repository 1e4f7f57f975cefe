"""Could a citizen write to the recovered register, and is what was written there?"""

from collections.abc import Iterator

from drill.evidence import Evidence
from drill.ledger import SILENCE, Errand, Outcome
from drill.verdict import Finding, Verdict

TARGET = "acknowledged and its receipt held"


def write_and_read_back(evidence: Evidence) -> Iterator[Finding]:
    """Was the gate's own transaction, by the citizen role, acknowledged, and is its receipt there at the end?"""
    for register in sorted(evidence.lost):
        verdict, actual = _judge(evidence, register)
        says = f"The integrity gate's own transaction in {register}: {actual}."
        yield Finding("write_and_read_back", register, verdict, TARGET, actual, says)


def _judge(evidence: Evidence, register: str) -> tuple[Verdict, str]:
    tries = [e for e in evidence.ledger if e.register == register and e.errand is Errand.GATE]
    tries = [e for e in tries if e.outcome is not Outcome.NOT_TRIED]
    if not tries:
        return Verdict.UNKNOWN, "never tried"
    last = max(tries, key=lambda e: e.ended)
    if SILENCE in last.says or (last.outcome is Outcome.IN_DOUBT and not last.says):
        return Verdict.UNKNOWN, SILENCE
    if last.outcome is not Outcome.ACKED:
        return Verdict.MISSED, f"{last.outcome}: {last.says or 'no plain COMMIT'}"
    held = evidence.held(register)
    if held is None:
        return Verdict.UNKNOWN, "acknowledged, never read back"
    if any(receipt.key == last.key for receipt in held.receipts):
        return Verdict.MET, "acknowledged and held"
    return Verdict.MISSED, "acknowledged and not there"
