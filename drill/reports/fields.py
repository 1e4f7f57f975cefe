"""The fields of an after-action report, and who says what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Told(StrEnum):
    """Where the content of a field comes from."""

    EVIDENCE = "evidence"
    PERSON = "person"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a group; nothing in it means that a person must fill it in."""

    name: str
    says: tuple[str, ...]
    told: Told = Told.EVIDENCE

    @property
    def empty(self) -> bool:
        """Is it still to be filled in?"""
        return not self.says


@dataclass(frozen=True, slots=True)
class Group:
    """One of the fifteen."""

    number: int
    title: str
    fields: tuple[Field, ...]


def shown(name: str, *says: object) -> Field:
    """What the run itself shows."""
    return Field(name, tuple(str(each) for each in says if each not in (None, "")) or ("not known",))


def said(name: str, *says: object) -> Field:
    """What a person says; nothing as long as nobody did."""
    return Field(name, tuple(str(each) for each in says if each not in (None, "")), Told.PERSON)
