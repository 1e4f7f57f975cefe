"""Whole drills, small and on this machine, in which a test puts its own parts in the place of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from drill.clock import wait_until
from drill.errors import DrillError
from drill.hosts.process import ProcessPremises
from drill.judge import judged
from drill.parts import Drill, KeptCopy
from drill.recoveries.promote import Promote
from drill.rehearsal import Rehearsal
from drill.result import Judged
from drill.scenario import Scenario
from drill.sites.site import Site
from drill.timeline import Timeline
from drill.verdict import Verdict

TEXT = """\
name: something is wrong
people: 300
registers: {registers}
copies: [{{name: standby, kind: streaming, synchronous: {synchronous}}}]
citizens: {{per_second: {rate}, timeout: 500ms, stable_for: 500ms}}
calm: {calm}
outage: {{kind: power_loss}}
response:
  detect: {{every: 100ms, misses: 2}}
  declare: {{by: a test, after: 50ms}}
  fence: {fence}
recovery: {{kind: promote, from: standby}}
serve: after_gate
objectives: {{rto: 60s, rpo: {rpo}}}
expect_missed: {expected}
"""


class Damaging(Promote):
    """It hurts what it has brought up: before it hands it over, or once it has been accepted."""

    at_once: Mapping[str, str] = {}  # SQL, by register
    accepted: Mapping[str, str] = {}

    def bring_up(self, copy: KeptCopy, embassy: Site, registers: Sequence[str], timeline: Timeline) -> Iterator[str]:
        names = list(super().bring_up(copy, embassy, registers, timeline))
        self._hurt(embassy, self.at_once)
        yield from names
        for name in self.accepted:
            wait_until("it is accepted", partial(_said, timeline, "accepted", name), deadline=30, hint="refused?")
        self._hurt(embassy, self.accepted)

    def _hurt(self, embassy: Site, statements: Mapping[str, str]) -> None:
        for register, statement in statements.items():
            with embassy.console(register) as console:
                console.execute("set session_replication_role = replica")
                console.execute(statement.encode())


def _said(timeline: Timeline, what: str, register: str) -> bool:
    return any(event.what == what and event.facts.get("register") == register for event in timeline.events)


@dataclass
class Stage:
    """Where drills are played, and what was seen of the one played last."""

    premises: ProcessPremises
    folder: Path
    told: list[Judged] = field(default_factory=list)
    broke: DrillError | None = None

    def play(self, changed: Mapping[str, Any], linger: Callable[[Drill], None] | None = None, **words: Any) -> Judged:
        """A scenario with these words, in which these parts are put in the place of others."""
        usual = {"registers": "[business, state_gazette]", "synchronous": "true", "rate": 60, "calm": "1s", "rpo": "0s"}
        file = self.folder / f"{len(self.told)}.yaml"
        file.write_text(TEXT.format(**{**usual, "fence": "cut", "expected": "{}", **words}))
        scenario = Scenario.load(file).model_copy(update=dict(changed))
        kept = None if linger is None else lambda _, drill: linger(drill)
        rehearsal = Rehearsal(scenario, file, file.read_text(), self.premises, self.folder / "runs", linger=kept)
        self.broke = None
        try:
            rehearsal.play(self.told.append)
        except DrillError as broke:
            self.broke = broke
        return self.told[-1]


def by(run: Judged, verdict: Verdict) -> dict[str, set[str]]:
    """Which registers have that verdict, by check."""
    found: dict[str, set[str]] = {}
    for finding in run.result.findings:
        if finding.verdict is verdict:
            found.setdefault(finding.check, set()).add(finding.register)
    return found


def expecting(run: Judged, expected: Mapping[str, set[str]]) -> int:
    """The exit code of the same run where exactly that is expected to be missed."""
    wanted = {check: frozenset(registers) for check, registers in expected.items()}
    return judged(replace(run.evidence, expected=wanted)).result.exit_code
