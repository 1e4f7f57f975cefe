"""What a drill did not check: what could not be seen, what does not apply, and what no drill of this kind looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from drill.result import Judged
from drill.verdict import Verdict

# The checks that judge registers, in their order; the others judge the whole drill. The second half is of content.
CONTENT = (
    *("content", "sequences", "constraints", "indexes", "write_and_read_back", "schema"),
    *("heap", "btree", "visibility", "references", "uniqueness", "functions", "large_objects", "collations"),
)
OF_REGISTERS = ("recovery_time", "data_loss", "receipts", "undisturbed", "agreement", *CONTENT)
_LOST_ONLY = {"recovery_time", "data_loss", "write_and_read_back"}

LIMITS = (
    "The return of service to home (failback) is not drilled.",
    "Both sites stand on one machine: that proves the procedure, not the real link, volumes or buildings.",
    "Only databases are recovered: no names, no certificates, no application servers.",
    "The people are synthetic unless own data was loaded; nothing is extrapolated to the size of production.",
    "A killed server is no power cut of a disk: the operating system still writes what it was given.",
)


@dataclass(frozen=True, slots=True)
class Unchecked:
    """One check that has nothing to say of some registers, and why."""

    check: str
    register: str
    why: str


def not_applicable(run: Judged) -> Iterator[Unchecked]:
    """Of each check the registers that it judges in other drills, but not in this one; in the order of the checks."""
    judged = {(f.check, f.register) for f in run.result.findings}
    for check in OF_REGISTERS:
        for register in run.figures:
            if (check, register) not in judged and (check, "drill") not in judged:  # a check that broke says so itself
                yield Unchecked(check, register, _why(run, check, register))


def _why(run: Judged, check: str, register: str) -> str:
    lost = register in run.evidence.lost
    if check == "undisturbed" and lost:
        return "the outage takes this register"
    if check in _LOST_ONLY and not lost:
        return "the outage leaves this register alone"
    if check == "agreement" and len(run.figures) < 2:
        return "there is no other register to agree with"
    return "the evidence holds nothing of this kind"


def unknown(run: Judged) -> Iterator[Unchecked]:
    """What should have been judged, and could not."""
    for finding in run.result.findings:
        if finding.verdict is Verdict.UNKNOWN:
            yield Unchecked(finding.check, finding.register, finding.actual)
