"""How a drill is judged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Expected = Mapping[str, frozenset[str] | Literal["all", "some"]]  # by check: which registers must miss


class Verdict(StrEnum):
    MET = "met"
    UNKNOWN = "unknown"
    MISSED = "missed"

    @staticmethod
    def of(verdicts: Iterable["Verdict"]) -> "Verdict":
        """Missed beats unknown beats met; where nothing was judged, nothing is known."""
        return max(verdicts, key=list(Verdict).index, default=Verdict.UNKNOWN)

    @property
    def exit_code(self) -> int:
        """Where nothing was expected to miss."""
        return {Verdict.MET: 0, Verdict.UNKNOWN: 3, Verdict.MISSED: 1}[self]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says of one register (of the whole drill: its register is "drill")."""

    check: str
    register: str
    verdict: Verdict
    target: str
    actual: str
    says: str = ""  # one plain sentence for an officer
    amount: float | None = None  # what was measured, where that is one number: seconds


@dataclass(frozen=True, slots=True)
class Manner:
    """How an expected miss must miss, so that a drill that broke in some other way does not pass for it."""

    because: str = ""  # words of what the check found
    least: float | None = None  # what it measured lies between these two
    most: float | None = None

    def fits(self, finding: Finding) -> bool:
        """Is this the miss that was meant?"""
        if self.because not in finding.actual:
            return False
        if self.least is None or self.most is None:
            return True
        return finding.amount is not None and self.least <= finding.amount <= self.most


@dataclass(frozen=True, slots=True)
class DrillResult:
    scenario: str
    findings: tuple[Finding, ...]
    expected: Expected = field(default_factory=dict)
    manners: Mapping[str, Manner] = field(default_factory=dict)  # by check, for some of the expected

    @property
    def verdict(self) -> Verdict:
        return Verdict.of(f.verdict for f in self.findings)

    @property
    def as_expected(self) -> bool:
        """Exactly the expected misses, and nothing left unknown."""
        return bool(self.findings) and not self._unknown and not self._surprises

    @property
    def exit_code(self) -> int:
        """0 as expected; 1 a surprise; 3 when only what is unknown stands between."""
        if self.as_expected:
            return 0
        return 1 if self._surprises else 3

    def surprising(self, finding: Finding) -> bool:
        """Is this finding not the one that the scenario expects? Of `some`, each may miss or be met."""
        wanted = self.expected.get(finding.check, frozenset())
        if finding.verdict is Verdict.UNKNOWN:
            return False
        if self._otherwise(finding):
            return True
        if wanted == "some":
            return finding.check in self._surprises
        must_miss = wanted == "all" or finding.register in wanted
        return must_miss is not (finding.verdict is Verdict.MISSED)

    @property
    def _unknown(self) -> bool:
        """Some finding is, or nobody judged what was expected to miss."""
        return any(f.verdict is Verdict.UNKNOWN for f in self.findings) or not all(map(self._judged, self.expected))

    def _judged(self, check: str) -> bool:
        """Was everything judged that this check was expected to miss?"""
        registers, wanted = {f.register for f in self.findings if f.check == check}, self.expected[check]
        return bool(registers) and (isinstance(wanted, str) or wanted <= registers)

    @property
    def _surprises(self) -> list[str]:
        """The checks that missed unexpectedly, or were met where a miss was due. What is unknown surprises nobody."""
        return [check for check in {f.check for f in self.findings} | self.expected.keys() if self._surprising(check)]

    def _otherwise(self, finding: Finding) -> bool:
        """Does it miss as expected, but in another manner?"""
        manner = self.manners.get(finding.check)
        return manner is not None and finding.verdict is Verdict.MISSED and not manner.fits(finding)

    def _surprising(self, check: str) -> bool:
        if any(self._otherwise(f) for f in self.findings if f.check == check):
            return True
        by = {v: {f.register for f in self.findings if f.check == check and f.verdict is v} for v in Verdict}
        match self.expected.get(check, frozenset()):
            case "all":
                return bool(by[Verdict.MET])
            case "some":
                return bool(by[Verdict.MET]) and not by[Verdict.MISSED] and not by[Verdict.UNKNOWN]
            case registers:
                return bool(by[Verdict.MISSED] - registers or by[Verdict.MET] & registers)


def worst_exit(codes: Iterable[int]) -> int:
    """The exit code of several runs: the worst of them. An unforeseen code is a bug; no run is nothing known."""
    order = (130, 70, 4, 1, 3, 0)
    return min((c if c in order else 70 for c in codes), key=order.index, default=3)
