"""Which part of a report speaks to which clause of a standard or a law: a table to edit, which claims nothing."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from drill.dossier.meta import Text
from drill.dossier.reading import loaded

SHIPPED = Path(__file__).with_name("mapping.yaml")
_HINT = "`drill report --sample mapping` prints the table that comes with the program"


class Clause(BaseModel):
    """One row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clause: Text
    asks: Text  # in our own short words
    shown: Text  # what of this report may serve as evidence
    not_shown: Text  # what it does not show


class Mapped(BaseModel):
    """The table, with what must be read before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    note: Text
    clauses: Annotated[tuple[Clause, ...], Field(max_length=200)]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file. Raises ScenarioError with one line `file:line:col: what is wrong` for each mistake."""
        return loaded(cls, path, _HINT)

    @staticmethod
    @cache
    def shipped() -> Mapped:
        """The table that comes with the program."""
        return Mapped.load(SHIPPED)
