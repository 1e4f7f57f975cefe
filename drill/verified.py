"""What came out of verifying somebody's copy: every report of it is made of this and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drill.verdict import Finding, Verdict

COPY = "copy"  # the register of a finding that is of the whole copy


@dataclass(frozen=True, slots=True)
class Verified:
    """One verification."""

    copy: str
    form: str
    how: str | None  # in which the seal was taken; None without one
    host: str
    postgres: str
    apart: str  # how the sandbox was kept from networks
    findings: Sequence[Finding]
    unchecked: Sequence[str]  # what nobody looked at, and why
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """Over all findings."""
        return Verdict.of(finding.verdict for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0 met, 1 missed, 3 unknown."""
        return self.verdict.exit_code
