"""Is every constraint of the seal there, and as validated as it was?"""

from collections.abc import Iterator

from drill.evidence import Evidence, Structure
from drill.proofs import doubted, shortfall
from drill.verdict import Finding, Verdict

TARGET = "each of the seal there and validated"


def constraints(evidence: Evidence) -> Iterator[Finding]:
    for register in evidence.registers:
        verdict, actual = doubted(_judge(*evidence.structures(register)), evidence.seals.get(register), "constraints")
        yield Finding("constraints", register, verdict, TARGET, actual, f"The constraints of {register}: {actual}.")


def _judge(sealed: Structure | None, held: Structure | None) -> tuple[Verdict, str]:
    if sealed is None or not (sealed.constraints or sealed.columns or sealed.objects):
        return Verdict.UNKNOWN, "never sealed"
    if held is None or not (held.constraints or held.columns or held.objects):
        return Verdict.UNKNOWN, "never surveyed"
    wrong = shortfall(sealed.constraints, held.constraints, "validated")
    return (Verdict.MISSED, wrong) if wrong else (Verdict.MET, f"{len(sealed.constraints)} there and validated")
