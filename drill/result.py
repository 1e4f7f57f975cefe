"""A judged drill: the evidence, the verdict, the figures. Every report is made of these and of nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from drill.evidence import Evidence
from drill.link import strays
from drill.measures import Figures, figures, whole
from drill.proofs import untried_gap
from drill.spread import Spread
from drill.timeline import pauses
from drill.verdict import DrillResult, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """One run. `figures` by register, `total` of the whole drill."""

    evidence: Evidence
    result: DrillResult
    figures: Mapping[str, Figures]
    total: Figures

    @classmethod
    def of(cls, evidence: Evidence, result: DrillResult) -> Self:
        each = {register: figures(evidence, register) for register in evidence.registers}
        return cls(evidence, result, each, whole(evidence, each))

    @property
    def run_id(self) -> str:
        return str(self.evidence.began.get("run_id", ""))

    @property
    def asked(self) -> tuple[str, ...]:
        """By what runs of the same drill are known: scenario, its file, people, where it was played."""
        return tuple(str(self.evidence.began.get(key, "")) for key in ("scenario", "file", "people", "host", "machine"))

    def verdict_of(self, register: str) -> Verdict:
        """The verdict over everything that was found of one register."""
        return Verdict.of(f.verdict for f in self.result.findings if f.register == register)

    @property
    def slowest(self) -> str | None:
        """The lost register that the drill's RTA is that of; None when no lost register has its times."""
        lost = [r for r in self.figures if r in self.evidence.lost]
        return max(lost, key=lambda r: self.figures[r].rta_s or 0.0) if lost and self.total.phases else None

    @property
    def link(self) -> Mapping[str, Any] | None:
        """The distance between the sites, as it was `asked` for and `measured`; None where none was measured."""
        event = self.evidence.first("link measured")
        return None if event is None else event.facts

    @property
    def incomparable(self) -> tuple[str, ...]:
        """Why this run's figures may not be set beside those of others; empty when they may."""
        overridden = ", ".join(map(str, self.evidence.began.get("overridden", [])))
        return (*self.flaws, f"overridden: {overridden}") if overridden else self.flaws

    @property
    def flaws(self) -> tuple[str, ...]:
        """What went otherwise than a drill should go, so that its figures say little; empty when nothing did."""
        evidence, reasons = self.evidence, []
        for what in ("broke", "interrupted", "clock stepped", "not undone"):
            event = evidence.first(what)
            if event is not None:
                reason = event.facts.get("reason")
                reasons.append(f"{what}: {reason}" if reason else what)
        if paused := sum(pause.ended - pause.began for pause in pauses(evidence.events)):
            reasons.append(f"paused for {paused:.2f} s; {self.total.paused_s:.2f} s since the strike are taken out")
        untried = [f"{r}: {gap}" for r in evidence.registers if (gap := untried_gap(evidence, r))]
        asked, link = evidence.began.get("link"), self.link
        far = strays(asked, None if link is None else link.get("measured")) if asked else ()
        return (*reasons, *untried, *far, *evidence.notes)


@dataclass(frozen=True, slots=True)
class Summary:
    """Of all runs that one call of the program played or judged."""

    verdict: Verdict
    as_expected: bool
    rta_s: Spread
    rpa_s: Spread

    @classmethod
    def over(cls, runs: Sequence[Judged]) -> Self:
        return cls(
            Verdict.of(run.result.verdict for run in runs),
            bool(runs) and all(run.result.as_expected for run in runs),
            _spread(runs, [run.total.rta_s for run in runs]),
            _spread(runs, [run.total.rpa_s for run in runs]),
        )


def _spread(runs: Sequence[Judged], values: Sequence[float | None]) -> Spread:
    """Its bounds are of one scenario. A run whose figures may not be set beside others counts as the worst of all."""
    why_not = "these are runs of different scenarios" if len({run.asked for run in runs}) > 1 else ""
    sure = [None if run.flaws else value for run, value in zip(runs, values, strict=True)]
    return Spread.over(values).bounded(sure, why_not)
