"""Checks read the evidence and nothing else. A new check: one file here, one name below."""

from collections.abc import Callable, Iterable, Sequence

from drill.checks.agreement import agreement
from drill.checks.constraints import constraints
from drill.checks.content import content
from drill.checks.data_loss import data_loss
from drill.checks.indexes import indexes
from drill.checks.logins import logins
from drill.checks.outage import outage
from drill.checks.receipts import receipts
from drill.checks.recovery_time import recovery_time
from drill.checks.regression import regression
from drill.checks.schema import schema
from drill.checks.sequences import sequences
from drill.checks.single_home import single_home
from drill.checks.soundness import SOUNDNESS, TRIED
from drill.checks.undisturbed import undisturbed
from drill.checks.write_and_read_back import write_and_read_back
from drill.evidence import Evidence
from drill.verdict import Finding, Verdict

__all__ = [
    "ALL",
    "GATE",
    "VERIFY",
    "Check",
    "agreement",
    "constraints",
    "content",
    "data_loss",
    "findings",
    "indexes",
    "logins",
    "outage",
    "receipts",
    "recovery_time",
    "regression",
    "schema",
    "sequences",
    "single_home",
    "undisturbed",
    "write_and_read_back",
]

Check = Callable[[Evidence], Iterable[Finding]]

# What the integrity gate asks of a register that has just come back, and what is asked again at the survey.
GATE: tuple[Check, ...] = (content, sequences, constraints, indexes, write_and_read_back)
ALL: tuple[Check, ...] = (
    *(outage, single_home, recovery_time, regression, data_loss, receipts, undisturbed, agreement),
    *GATE,
    schema,
    *SOUNDNESS,
)
# What is asked of somebody's copy, where there are no citizens.
VERIFY: tuple[Check, ...] = (content, schema, sequences, constraints, indexes, *SOUNDNESS, *TRIED, logins)


def findings(evidence: Evidence, checks: Sequence[Check] = ALL) -> tuple[Finding, ...]:
    """Everything these checks say. One that breaks has not seen that all is well: it says unknown, of the drill."""
    return tuple(finding for check in checks for finding in _of(check, evidence))


def _of(check: Check, evidence: Evidence) -> list[Finding]:
    try:
        return list(check(evidence))
    except Exception as broken:  # noqa: BLE001 - told in the finding
        name = getattr(check, "__name__", repr(check))
        says = f"The check {name} itself broke, so nothing is known of what it should have judged."
        return [Finding(name, "drill", Verdict.UNKNOWN, "a judgement", f"the check broke: {broken!r}", says)]
