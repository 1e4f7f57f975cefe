"""What only people know of a drill: who took part, why, what else happened, what follows. All of it may be left out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from drill.objectives import Duration, RegisterName

SAMPLE = Path(__file__).with_name("meta.sample.yaml")
_HINT = "`drill report --sample meta` shows every key"

Text = Annotated[str, Field(min_length=1, max_length=2000)]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(_Told):
    """Somebody, by name or by post."""

    name: Text
    role: Text


class LeftOut(_Told):
    """A system that was not drilled."""

    what: Text
    why: Text


class Inject(_Told):
    """Something that players were given to react to."""

    at: Text
    what: Text
    reaction: Text | None = None


class Improvement(_Told):
    """Something that should become better."""

    what: Text
    severity: Literal["low", "medium", "high"]


class Signature(_Told):
    """Who stands for the report."""

    role: Text
    name: Text
    on: date


class Meta(_Told):
    """The file of `--meta`. What is left out stays marked in the report, to be filled in by a person."""

    title: Text | None = None
    plan: Text | None = None  # the recovery plan or runbook that was rehearsed, with its version
    classification: Text | None = None
    handling: Text | None = None
    type: Literal["tabletop", "walkthrough", "functional", "full-scale"] | None = None
    announced: bool | None = None
    left_out: tuple[LeftOut, ...] = ()
    threat: Text | None = None
    business_impact_analysis: Text | None = None
    risk_assessment: Text | None = None
    assumptions: tuple[Text, ...] = ()
    preconditions: tuple[Text, ...] = ()
    participants: tuple[Person, ...] = ()
    observers: tuple[Person, ...] = ()
    evaluator: Person | None = None
    evaluator_independent: bool | None = None
    declared_by: Text | None = None
    restore_approved_by: Text | None = None
    mtd: dict[RegisterName, Duration] = Field(default={})  # maximum tolerable downtime
    mbco: Text | None = None  # minimum business continuity objective
    injects: tuple[Inject, ...] = ()
    copy_signature: Text | None = None
    copy_key: Text | None = None
    copy_site: Text | None = None
    reconciliations: tuple[Text, ...] = ()
    deviations: tuple[Text, ...] = ()
    failback: Text | None = None
    residual_risk: Text | None = None
    strengths: tuple[Text, ...] = ()
    improvements: tuple[Improvement, ...] = ()
    conclusion: Literal["passed", "passed with conditions", "failed"] | None = None
    conditions: tuple[Text, ...] = ()
    retest: date | None = None
    signatures: tuple[Signature, ...] = ()
    retention: Text | None = None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file. Raises ScenarioError with one line `file:line:col: what is wrong` for each mistake."""
        from drill.dossier.reading import loaded

        return loaded(cls, path, _HINT)

    @classmethod
    def read(cls, text: bytes, *, named: str) -> Self:
        """As `load`, from the bytes of a file that messages call `named`."""
        from drill.dossier.reading import parsed

        return parsed(cls, text, named, _HINT)

    @classmethod
    def kept(cls, path: Path) -> bytes:
        """The file as it is kept with the evidence: its bytes, once they were read and found right."""
        from drill.dossier.reading import content_of

        content = content_of(path, _HINT)
        cls.read(content, named=str(path))
        return content
