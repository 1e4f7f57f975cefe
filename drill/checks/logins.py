"""Does each role that could log in to a database still get in?"""

from collections.abc import Iterator

from drill.checks.soundness import judged
from drill.evidence import Evidence
from drill.proofs import doubted
from drill.verdict import Finding, Verdict

TARGET = "each role let in that was let in when it was sealed"
_NAME = "logins"


def logins(evidence: Evidence) -> Iterator[Finding]:
    """Of somebody's copy that was brought up. One without roles yields nothing: `roles` says that they lack."""
    for register in evidence.registers:
        seal, held = evidence.seals.get(register), evidence.held(register)
        if held is None or seal is None:
            continue
        if seal.logins is None:
            verdict, actual = Verdict.UNKNOWN, "never sealed"
        elif _NAME not in held.observations:
            continue
        else:
            verdict, actual = doubted(judged(_NAME, held.observations[_NAME]), seal, _NAME)
        yield Finding(_NAME, register, verdict, TARGET, actual, f"Logging in to {register}: {actual}.")
