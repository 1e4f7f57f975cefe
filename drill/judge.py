"""Evidence in, result out. Pure: the same evidence gives the same verdict today and in ten years."""

from collections.abc import Sequence

from drill.checks import ALL, Check, findings
from drill.evidence import Evidence
from drill.result import Judged
from drill.verdict import DrillResult


def judge(evidence: Evidence, checks: Sequence[Check] = ALL) -> DrillResult:
    """What every check says of this evidence."""
    return DrillResult(evidence.scenario, findings(evidence, checks), evidence.expected, evidence.manners)


def judged(evidence: Evidence) -> Judged:
    """The evidence with its verdict and its figures: what every report is made of."""
    return Judged.of(evidence, judge(evidence))
