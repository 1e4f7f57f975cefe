"""The points to which an archive can be replayed, and where each lies in its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from drill.clock import instant
from drill.errors import StepFailed
from drill.recoveries.suspicion import KINDS, suspect
from drill.sites.archived import LAST
from drill.sites.wal import LSN, ending_of, lsn_of, place_of

if TYPE_CHECKING:
    from drill.sites.archived import Archived

_HEADER = 40  # bytes, at most, between the end of a record and the start of the next


@dataclass(frozen=True, slots=True)
class Target:
    """A point in an archive that PostgreSQL can be told to replay to."""

    version: str  # as reports call it
    says: str
    made_at: datetime
    least: int  # the place up to which must have been replayed
    settings: Mapping[str, str]


class Latest:
    """The last complete record."""

    def aim(self, archived: Archived) -> Target:
        last = archived.wal.last
        says = f"the last complete record, at {lsn_of(last.start)}"
        return Target(LAST, says, archived.states[-1].at, last.end, _at(last.start, inclusive=True))


class RestorePoint(BaseModel, frozen=True, extra="forbid"):
    """A restore point by its name: that of the copy, a hyphen, and its number from 1 on."""

    restore_point: Annotated[str, Field(min_length=1, max_length=63)]

    def aim(self, archived: Archived) -> Target:
        """StepFailed where nobody noted such a restore point, or the log does not reach it."""
        name = self.restore_point
        noted = next((note for note in archived.notes if note.name == name), None)
        if noted is None:
            held = ", ".join(note.name for note in archived.points) or "none"
            raise _out_of_reach(f"has no restore point {name!r}; it has: {held}")
        if (place := place_of(noted.lsn)) > archived.wal.last.end:
            raise _out_of_reach(f"ends at {_end(archived)}, before the restore point {name!r} at {noted.lsn}")
        says = f"the restore point {name}, at {noted.lsn}"
        return Target(name, says, noted.at, place, {"recovery_target_name": name})


def _instant(written: object) -> datetime:
    return written if isinstance(written, datetime) else instant(written if isinstance(written, str) else "")


class Moment(BaseModel, frozen=True, extra="forbid"):
    """A time by home's clock: what was committed up to the first commit that is later."""

    time: Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]

    def aim(self, archived: Archived) -> Target:
        """StepFailed where nothing in the archive is as late, or the base backup is later."""
        known, wanted = archived.states[-1].at, self.time
        if wanted > known:
            raise _out_of_reach(f"knows of nothing after {known.isoformat()}; {wanted.isoformat()} is later")
        later = archived.wal.last.end
        for record in archived.wal.records(place_of(archived.label.start), ["Transaction"]):
            ending = ending_of(record)
            if ending and ending.committed and ending.at > wanted:
                later = record.start
                break
        if wanted < archived.label.made_at or later < place_of(archived.label.end):
            made_at = archived.label.made_at.isoformat()
            raise _out_of_reach(f"begins with a base backup of {made_at}; {wanted.isoformat()} is before it")
        says = f"what was committed by {wanted.isoformat()}, before {lsn_of(later)}"
        return _before(archived, later, (wanted.isoformat(), says, wanted))


def _written_lsn(written: object) -> str:
    if not isinstance(written, str) or not LSN.fullmatch(written):
        raise ValueError("write it as PostgreSQL does: 0/5000028")
    return written


class Position(BaseModel, frozen=True, extra="forbid"):
    """A place in the log, as pg_current_wal_lsn() told it at home: what had begun by then."""

    lsn: Annotated[
        str, BeforeValidator(_written_lsn), WithJsonSchema({"type": "string", "pattern": f"^{LSN.pattern}$"})
    ]

    def aim(self, archived: Archived) -> Target:
        """StepFailed where the log does not reach it, or the base backup already goes beyond it."""
        place, label = place_of(self.lsn), archived.label
        if place > archived.wal.last.end:
            raise _out_of_reach(f"ends at {_end(archived)}, before {self.lsn}")
        if place < place_of(label.end):
            raise _out_of_reach(f"begins with a base backup that reaches {label.end}, beyond {self.lsn}")
        says = f"what began before {self.lsn}"
        return _before(archived, place, (self.lsn, says, archived.state_at(place).at))


class BeforeOutage(BaseModel, frozen=True, extra="forbid"):
    """The last moment before the first transaction that no citizen can have made: found in the log itself."""

    before: Literal["outage"]

    def aim(self, archived: Archived) -> Target:
        """StepFailed where there is none, or the base backup already holds it."""
        label = archived.label
        found = suspect(archived.wal.records(place_of(label.start), KINDS), label.registers)
        if found is None:
            what = "left its receipt, none changed much of a table, nothing was dropped"
            raise _out_of_reach(f"shows no outage up to {_end(archived)}: each transaction {what}")
        if found.start < place_of(label.end):
            raise _out_of_reach(f"begins with a base backup that already holds the outage: {found.says}")
        at = max(filter(None, (found.before, archived.state_at(found.start).at)))
        says = f"before {lsn_of(found.start)}: {found.says} ({found.rule})"
        return _before(archived, found.start, ("before the outage", says, at))


def _before(archived: Archived, place: int, told: tuple[str, str, datetime]) -> Target:
    """Everything that begins before that place. Where nothing begins later, a target there would never be reached."""
    last = archived.wal.last
    if place > last.start:
        return Target(*told, last.end, _at(last.start, inclusive=True))
    return Target(*told, place - _HEADER, _at(place, inclusive=False))


def _at(place: int, *, inclusive: bool) -> Mapping[str, str]:
    return {"recovery_target_lsn": lsn_of(place), "recovery_target_inclusive": "on" if inclusive else "off"}


def _end(archived: Archived) -> str:
    return lsn_of(archived.wal.last.end)


def _out_of_reach(what: str) -> StepFailed:
    return StepFailed(f"the archive {what}", hint="choose another point, or another copy")


_Mapping = RestorePoint | Moment | Position | BeforeOutage
_KEYS = {next(iter(form.model_fields)): form for form in get_args(_Mapping)}


def _form(written: Any) -> str:
    """By its only key, or the word that it is."""
    if isinstance(written, BaseModel):
        return next(iter(type(written).model_fields))
    return next(iter(written)) if isinstance(written, dict) else "word"


def _shaped(written: object) -> object:
    """Told here, in plain words: a union would tell of each of its forms what it lacks."""
    if isinstance(written, str | BaseModel) or (
        isinstance(written, dict) and len(written) == 1 and _form(written) in _KEYS
    ):
        return written
    forms = ", ".join(f"{{{key}: ...}}" for key in _KEYS)
    raise ValueError(f"write latest, or one of {forms}")


To = Annotated[
    Annotated[Literal["latest"], Tag("word")]
    | Annotated[RestorePoint, Tag("restore_point")]
    | Annotated[Moment, Tag("time")]
    | Annotated[Position, Tag("lsn")]
    | Annotated[BeforeOutage, Tag("before")],
    Discriminator(_form),
    BeforeValidator(_shaped),
]
