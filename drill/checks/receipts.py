"""Do the receipts agree with what the citizens were told, and are the embassy's own promises kept?"""

from collections.abc import Iterator

from drill.evidence import Evidence
from drill.fates import Fates
from drill.ledger import Outcome
from drill.measures import fates_of
from drill.proofs import ledger_gap
from drill.verdict import Finding, Verdict

TARGET = "no hole, phantom, duplicate, altered or broken promise"


def receipts(evidence: Evidence) -> Iterator[Finding]:
    for register in evidence.registers:
        fate, gap = fates_of(evidence, register), _gap(evidence, register)
        if fate is None or gap:
            gap = gap or "the ledger names a transaction twice"
            says = f"Whether {register} agrees with what its citizens were told is not known: {gap}."
            yield Finding("receipts", register, Verdict.UNKNOWN, TARGET, gap, says)
        elif wrong := _wrong(fate):
            says = f"{register} does not agree with what its citizens were told: {wrong}."
            yield Finding("receipts", register, Verdict.MISSED, TARGET, wrong, says)
        else:
            there = len(fate.promised) - len(fate.lost) + len(fate.served) + len(fate.kept)
            says = f"All {there} receipts of {register} are just what the citizens were told."
            yield Finding("receipts", register, Verdict.MET, TARGET, f"{there} receipts as told", says)


def _gap(evidence: Evidence, register: str) -> str | None:
    if evidence.held(register) is None:
        return "it was never surveyed"
    if not any(e.register == register and e.outcome is not Outcome.NOT_TRIED for e in evidence.ledger):
        return "nobody tried anything there"
    return ledger_gap(evidence)


def _wrong(fate: Fates) -> str:
    """Each kind of disagreement with its count; empty when there is none."""
    counts = {
        "holes": len(fate.holes),
        "phantoms": len(fate.phantoms),
        "duplicates": len(fate.duplicates),
        "altered": len(fate.altered),
        "acknowledged by the embassy and not there": len(fate.forsaken),
    }
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
