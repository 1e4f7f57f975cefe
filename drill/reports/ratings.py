"""P, S, M or U for each objective of a drill, as exercises are rated (HSEEP), from its findings alone.

- not rated: nothing was judged, or something is unknown and nothing is missed: a success needs all of its evidence
- U, unable: everything that was observed is missed
- M, major challenges: some of it is missed
- S, some challenges: all is met, with what `_challenges` names
- P, without challenges: all is met
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from drill.reports.unchecked import CONTENT
from drill.result import Judged
from drill.verdict import Finding, Verdict

TIGHT = 0.8  # the share of an RTO or RPO from which on it was met with some challenges
RATINGS = {
    "P": "performed without challenges",
    "S": "performed with some challenges",
    "M": "performed with major challenges",
    "U": "unable to be performed",
    "–": "not rated: not observed in full",  # noqa: RUF001 - a dash, as in a table
}
_NOT_RATED = "–"  # noqa: RUF001 - a dash, as in a table


@dataclass(frozen=True, slots=True)
class Rating:
    """Of one objective: the letter, on what it rests, what went well, what did not."""

    objective: str
    letter: str
    observed: str
    strengths: tuple[str, ...] = ()
    challenges: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What the letter means."""
        return RATINGS[self.letter]


@dataclass(frozen=True, slots=True)
class _Objective:
    says: str
    checks: tuple[str, ...]
    challenges: Callable[[Judged], Iterator[str]]


def ratings(run: Judged) -> tuple[Rating, ...]:
    """Of each objective that this drill has."""
    return tuple(_rating(run, objective) for objective in _OBJECTIVES if _has(run, objective))


def _has(run: Judged, objective: _Objective) -> bool:
    if "undisturbed" in objective.checks:
        return bool(set(run.figures) - run.evidence.lost)
    return True


def _rating(run: Judged, objective: _Objective) -> Rating:
    found = [f for f in run.result.findings if f.check in objective.checks]
    count = {verdict: sum(f.verdict is verdict for f in found) for verdict in Verdict}
    challenges = [_missed(f) for f in found if f.verdict is Verdict.MISSED]
    if not challenges and found and not count[Verdict.UNKNOWN]:
        challenges = list(objective.challenges(run))
    observed = ", ".join(f"{count[verdict]} {verdict}" for verdict in Verdict if count[verdict]) or "nothing judged"
    letter = _letter(count, bool(challenges))
    strengths = (f"{objective.says}: all {len(found)} findings met",) if letter == "P" else ()
    return Rating(objective.says, letter, observed, strengths, tuple(dict.fromkeys(challenges)))


def _letter(count: dict[Verdict, int], challenged: bool) -> str:
    if count[Verdict.MISSED]:
        return "M" if count[Verdict.MET] else "U"
    if count[Verdict.UNKNOWN] or not count[Verdict.MET]:
        return _NOT_RATED
    return "S" if challenged else "P"


def _missed(finding: Finding) -> str:
    return f"{finding.register}, {finding.check}: {finding.actual} (wanted: {finding.target})"


def _slow(run: Judged) -> Iterator[str]:
    for register, figures in run.figures.items():
        if figures.rta_s is not None and figures.rto_s is not None and figures.rta_s > TIGHT * figures.rto_s:
            yield f"{register} took more than {TIGHT:.0%} of its RTO"
    if run.evidence.first("false alarm") is not None:
        yield "the watch gave a false alarm"


def _lossy(run: Judged) -> Iterator[str]:
    for register, figures in run.figures.items():
        if register in run.evidence.lost and figures.lost:
            yield f"{register}: {figures.lost} of {figures.acked} acknowledged transactions lost, within the RPO"
    for event in run.evidence.events:
        if event.what in ("fell behind", "no restore point"):
            yield f"the copy {event.facts.get('copy', '')}: {event.what}"


def _uneasy(run: Judged) -> Iterator[str]:
    """Nothing is met with challenges there: whole is whole."""
    yield from ()


_OBJECTIVES = (
    _Objective("Bring every lost register back within its RTO", ("recovery_time",), _slow),
    _Objective("Lose no more acknowledged work than the RPO allows", ("data_loss",), _lossy),
    _Objective("Hold exactly what citizens were told", ("receipts",), _uneasy),
    _Objective("Bring back whole and usable content", (*CONTENT, "agreement"), _uneasy),
    _Objective("Keep one home: fence it, and keep it out", ("single_home",), _uneasy),
    _Objective("Leave the other registers undisturbed", ("undisturbed",), _uneasy),
)
