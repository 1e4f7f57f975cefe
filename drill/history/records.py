"""A run as the history keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from drill.verdict import Verdict

if TYPE_CHECKING:
    from drill.result import Judged


@dataclass(frozen=True, slots=True)
class OfRegister:
    """What came out for one register; seconds, and transactions."""

    register: str
    verdict: Verdict
    rta_s: float | None
    rto_s: float | None
    rpa_s: float | None
    rpo_s: float | None
    lost: int | None
    acked: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """One run: what is compared, and its JSON report, which holds everything else."""

    run_id: str
    scenario: str
    scenario_sha256: str  # of the file's text
    began_at: datetime
    took_s: float | None  # all of it, in seconds; None when it did not come to its end
    host: str
    machine: str  # a fingerprint
    postgres: str
    drill_version: str
    people: int
    seed: int
    ran_by: str
    declared_by: str | None
    verdict: Verdict
    as_expected: bool
    comparable: bool
    exit_code: int
    rta_s: float | None
    rpa_s: float | None
    registers: tuple[OfRegister, ...]
    document: Mapping[str, Any]

    @classmethod
    def of(cls, run: Judged, document: Mapping[str, Any]) -> Record:
        """From a judged run and its JSON report. ValueError for one that did not even begin."""
        began, started = run.evidence.began, run.evidence.first("began")
        if started is None:
            raise ValueError("it never began")
        declared = run.evidence.first("declared")
        return cls(
            run_id=run.run_id,
            scenario=run.result.scenario,
            scenario_sha256=str(began.get("scenario_sha256", "")),
            began_at=started.at,
            took_s=run.evidence.time_of("ended"),
            host=str(began["host"]),
            machine=str(began.get("fingerprint", "")),
            postgres=str(began["postgres"]),
            drill_version=str(began["drill_version"]),
            people=int(began["people"]),
            seed=int(began["seed"]),
            ran_by=str(began.get("ran_by", "")),
            declared_by=None if declared is None else str(declared.facts.get("by")),
            verdict=run.result.verdict,
            as_expected=run.result.as_expected,
            comparable=not run.flaws and set(began.get("overridden", ())) <= _OF_KIN,
            exit_code=run.result.exit_code,
            rta_s=run.total.rta_s,
            rpa_s=run.total.rpa_s,
            registers=tuple(_of_register(run, register) for register in run.figures),
            document=document,
        )

    @property
    def kin(self) -> tuple[str, ...]:
        """What two runs must have in common before their times may be compared."""
        return _kin(self.scenario, self.scenario_sha256, self.host, self.machine, self.postgres, self.people)

    @property
    def resized(self) -> bool:
        """Was it played with another number of people than its scenario says?"""
        return "people" in self.document.get("overridden", ())


_OF_KIN = {"people", "seed"}  # may be overridden: only runs with as many people are compared
KIN = ("scenario", "scenario file", "host", "machine", "PostgreSQL", "people")  # what the parts of `kin` are


def kin_of(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The same of a run that begins, by the facts of that event."""
    names = ("scenario", "scenario_sha256", "host", "fingerprint", "postgres", "people")
    return _kin(*(facts[name] for name in names))


def _kin(*told: object) -> tuple[str, ...]:
    *others, postgres, people = map(str, told)
    return (*others, postgres.partition(".")[0], people)


def _of_register(run: Judged, register: str) -> OfRegister:
    f = run.figures[register]
    return OfRegister(register, run.verdict_of(register), f.rta_s, f.rto_s, f.rpa_s, f.rpo_s, f.lost, f.acked)
