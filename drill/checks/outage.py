"""Did the outage really strike?"""

from collections.abc import Iterator

from drill.evidence import Evidence
from drill.proofs import outage_gap
from drill.verdict import Finding, Verdict


def outage(evidence: Evidence) -> Iterator[Finding]:
    """Is the outage proven? If not, unknown and never missed: one that did not strike says nothing of the recovery."""
    gap, proven = outage_gap(evidence), evidence.first("outage proven")
    if gap is not None or proven is None:
        actual = gap or "not proven"
        says = f"Nothing that counts from the outage is known: {actual}."
        yield Finding("outage", "drill", Verdict.UNKNOWN, "proven to have struck", actual, says)
        return
    kind, proof = proven.facts.get("kind", "outage"), proven.facts.get("proof", "proven")
    says = f"The outage ({kind}) was proven to have struck home."
    yield Finding("outage", "drill", Verdict.MET, "proven to have struck", f"{kind}: {proof}", says)
