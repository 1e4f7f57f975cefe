"""What a reader must see of the findings: those that are not met or not expected, alike ones told once."""

from collections.abc import Iterator
from dataclasses import dataclass

from drill.result import Judged
from drill.verdict import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Notable:
    """One finding, or several that say the same of several registers."""

    check: str
    verdict: Verdict
    registers: tuple[str, ...]
    surprising: bool
    says: str
    target: str = ""
    actual: str = ""

    @property
    def where(self) -> str:
        """The register, or how many there are."""
        return self.registers[0] if len(self.registers) == 1 else f"{len(self.registers)} registers"


def notable(run: Judged) -> Iterator[Notable]:
    """In the order of the checks."""
    groups: dict[tuple[str, Verdict, bool, str], list[Finding]] = {}
    for finding in run.result.findings:
        surprising = run.result.surprising(finding)
        if finding.verdict is not Verdict.MET or surprising:
            groups.setdefault((finding.check, finding.verdict, surprising, finding.actual), []).append(finding)
    for (check, verdict, surprising, actual), alike in groups.items():
        says = (alike[0].says or actual) if len(alike) == 1 else actual
        registers = tuple(f.register for f in alike)
        targets = dict.fromkeys(f.target for f in alike)
        yield Notable(check, verdict, registers, surprising, says, " or ".join(targets), actual)


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that one check says with one verdict: what was wanted, and what was found of which registers."""

    check: str
    verdict: Verdict
    target: str
    found: tuple[tuple[tuple[str, ...], str], ...]  # registers of which the same was found


def all_findings(run: Judged) -> Iterator[Told]:
    """In the order of the checks."""
    groups: dict[tuple[str, Verdict, str], dict[str, list[str]]] = {}
    for finding in run.result.findings:
        found = groups.setdefault((finding.check, finding.verdict, finding.target), {})
        found.setdefault(finding.actual, []).append(finding.register)
    for (check, verdict, target), found in groups.items():
        yield Told(check, verdict, target, tuple((tuple(registers), actual) for actual, registers in found.items()))
