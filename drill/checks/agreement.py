"""Do the registers still agree with one another: is everybody whom one register names known to the other?"""

from collections.abc import Iterator, Mapping

from drill.evidence import Evidence
from drill.verdict import Finding, Verdict

TARGET = "nobody named whom no register knows"


def agreement(evidence: Evidence) -> Iterator[Finding]:
    """Is every person or company that a register names known to the register it comes from?

    Strangers are missed only after the recovery of one state of all registers; elsewhere the skew is reported.
    A drill of one register has nothing to agree with, and yields nothing.
    """
    if len(evidence.registers) < 2:
        return
    compared = any(h.strangers for h in evidence.holdings.values()) or evidence.first("compared") is not None
    for register in evidence.registers:
        held = evidence.held(register)
        if held is None or not compared:
            verdict, actual = Verdict.UNKNOWN, "never surveyed" if held is None else "never compared"
        else:
            verdict, actual = _judge(evidence, held.strangers)
        says = f"{register} beside the other registers: {actual}."
        yield Finding("agreement", register, verdict, TARGET, actual, says)


def _judge(evidence: Evidence, strangers: Mapping[str, int]) -> tuple[Verdict, str]:
    strange = {reference: count for reference, count in strangers.items() if count}
    named = ", ".join(f"{reference}: {count} rows" for reference, count in sorted(strange.items()))
    one, origin = _origin(evidence)
    if not strange:
        return Verdict.MET, f"{len(strangers)} references, all known ({origin})"
    if one is None:
        return Verdict.UNKNOWN, f"{named}; {origin}"
    return (Verdict.MISSED, f"{named}; {origin}") if one else (Verdict.MET, f"{named}; {origin}, so this is not judged")


def _origin(evidence: Evidence) -> tuple[bool | None, str]:
    """Was one state of all registers recovered? None when the evidence does not say."""
    if evidence.lost < frozenset(evidence.registers):
        return False, "some registers stayed at home"
    chosen = evidence.first("version chosen")
    if chosen is None:
        return None, "which copy was recovered is not known"
    copy = evidence.first("established", copy=chosen.facts.get("copy"))
    if copy is None or "kind" not in copy.facts:
        return None, "the kind of the copy is not known"
    if copy.facts["kind"] != "dump":
        return True, "one state of all registers"
    skew = chosen.facts.get("snapshots_skew_s")
    apart = "an unknown time" if skew is None else f"{float(skew):.2f} s"
    return False, f"dumps, one snapshot for each register, {apart} apart"
