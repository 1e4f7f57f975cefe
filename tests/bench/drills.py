"""Whole drills, as `drill run` plays them: the times as their citizens saw them, and what the program itself costs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from drill.evidence import Evidence
from drill.folder import Folder
from drill.measures import figures
from drill.response import STALE_FOR
from drill.scenario import Scenario
from drill.scenario.shelf import find_scenario
from tests.bench.script import Script
from tests.bench.stopwatch import Figure, quiet, seconds

_SCENARIOS = {"promote": "power-loss", "replay": "dc-fire", "restore": "courier-dump"}
_LIMIT = 7200  # seconds for a drill
_COULD_NOT_RUN = 4


@dataclass(frozen=True, slots=True)
class Played:
    """A drill that was played: the wall time of the whole command, and the evidence that it left."""

    scenario: str
    took: float
    evidence: Evidence


def played(scenario: str, people: int) -> Played:
    """One playing of a scenario that comes with the program, with so many people; embedded."""
    with tempfile.TemporaryDirectory() as runs:
        argv = [sys.executable, "-m", "drill", "run", scenario, "--on", "embedded", "--people", str(people)]
        quiet()
        ended: list[subprocess.CompletedProcess[str]] = []
        took = seconds(lambda: ended.append(_ran([*argv, "--quiet", "--runs", runs])))
        assert ended[0].returncode < _COULD_NOT_RUN, ended[0].stderr  # what is missed is told by the figures
        (folder,) = Path(runs).glob("*/")
        return Played(scenario, took, Folder(folder).read())


def _ran(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, timeout=_LIMIT, check=False)


def drills(people: int, rounds: int) -> Iterator[Figure]:
    """Every recovery; that of a power loss in turns with a script of the same commands."""
    script, promoted, scripted = Script(people), list[Played](), list[float]()
    for _ in range(rounds):
        promoted.append(played(_SCENARIOS["promote"], people))
        quiet()
        scripted.append(script.run())
    worked = [run.took - waits(run) for run in promoted]
    yield Figure("a drill without its waits / a script", worked, scripted, target="<= 1.3 x the script")
    yield from as_seen("promote", promoted)
    for recovery in ("replay", "restore"):
        yield from as_seen(recovery, [played(_SCENARIOS[recovery], people) for _ in range(rounds)])


def waits(run: Played) -> float:
    """Seconds that the scenario told the drill to wait.

    The calm; detection and declaration; until service had been stable; until the last stale citizen lost patience.
    """
    evidence = run.evidence
    ready = max(event.elapsed for event in evidence.events if event.what in ("accepted", "redirected"))
    served = max(event.elapsed for event in evidence.all("served"))
    calm, notice = (_length(evidence, act) for act in ("calm", "notice"))
    patience = STALE_FOR + Scenario.load(find_scenario(run.scenario)).citizens.timeout
    return calm + notice + max(0.0, served - ready) + min(patience, _before(evidence, "fence proven"))


def _length(evidence: Evidence, act: str) -> float:
    began, ended = (evidence.time_of(f"act {what}", act=act) for what in ("began", "ended"))
    assert began is not None
    assert ended is not None
    return ended - began


def _before(evidence: Evidence, what: str) -> float:
    """Seconds between an event and the last one before it."""
    return next(later.elapsed - earlier.elapsed for earlier, later in pairwise(evidence.events) if later.what == what)


def as_seen(recovery: str, runs: Sequence[Played]) -> Iterator[Figure]:
    """Of the register that took longest, by the drill's own evidence."""
    seen = [Seen.of(run.evidence) for run in runs]
    target = "<= 0.5 s" if recovery == "promote" else ""
    yield Figure(f"{recovery}: strike to restored", [each.restored for each in seen])
    yield Figure(f"{recovery}: strike to accepted", [each.accepted for each in seen])
    yield Figure(f"{recovery}: declared to restored", [each.restored - each.declared for each in seen], target=target)


@dataclass(frozen=True, slots=True)
class Seen:
    """Seconds from the strike."""

    declared: float
    restored: float
    accepted: float

    @classmethod
    def of(cls, evidence: Evidence) -> Seen:
        each = [figures(evidence, name) for name in sorted(evidence.lost)]
        restored = [f.restored_s for f in each if f.restored_s is not None]
        accepted = [f.accepted_s for f in each if f.accepted_s is not None]
        assert len(restored) == len(accepted) == len(each), [event.what for event in evidence.events]
        struck, declared = evidence.time_of("struck"), evidence.time_of("declared")
        assert struck is not None
        assert declared is not None
        return cls(declared - struck, max(restored), max(accepted))
