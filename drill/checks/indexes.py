"""Is every index of the seal there, and as valid as it was?"""

from collections.abc import Iterator

from drill.evidence import Evidence, Structure
from drill.proofs import doubted, shortfall
from drill.verdict import Finding, Verdict

TARGET = "each of the seal there and valid"


def indexes(evidence: Evidence) -> Iterator[Finding]:
    for register in evidence.registers:
        verdict, actual = doubted(_judge(*evidence.structures(register)), evidence.seals.get(register), "indexes")
        yield Finding("indexes", register, verdict, TARGET, actual, f"The indexes of {register}: {actual}.")


def _judge(sealed: Structure | None, held: Structure | None) -> tuple[Verdict, str]:
    if sealed is None or not (sealed.indexes or sealed.columns or sealed.objects):
        return Verdict.UNKNOWN, "never sealed"
    if held is None or not (held.indexes or held.columns or held.objects):
        return Verdict.UNKNOWN, "never surveyed"
    wrong = shortfall(sealed.indexes, held.indexes, "valid")
    return (Verdict.MISSED, wrong) if wrong else (Verdict.MET, f"{len(sealed.indexes)} there and valid")
