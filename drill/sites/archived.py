"""An archive as it lies on the embassy's disk: a base backup, the log since, and what the embassy was told of both.

archive.json    what the copy was made of, and what home's registers were at their seal
notes.jsonl     a line for each restore point
base/ wal/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from zlib import crc32

from pydantic import TypeAdapter, ValidationError

from drill.errors import StepFailed
from drill.evidence import Seal
from drill.sites.wal import Wal, lsn_of, place_of

if TYPE_CHECKING:
    from drill.sites.site import Site

LABEL, NOTES, BACKUP, LOG = "archive.json", "notes.jsonl", "base", "wal"  # in the archive's folder
FIRST, LAST = "base backup", "latest"  # the states that are no restore points


def follower_of(copy: str) -> str:
    """The name under which home knows who receives the log for that copy: such as a slot may have, one for each."""
    return f"{re.sub('[^a-z0-9]+', '_', copy.lower())}_{crc32(copy.encode()):08x}"


def folder_of(embassy: Site, copy: str) -> PurePosixPath:
    """Where the copy of that name lies on the embassy's disk; no two have the same place."""
    return embassy.host.disk / "copies" / follower_of(copy)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What home knew of one register."""

    lsn: str
    rows: Mapping[str, int] = field(default_factory=dict)  # by table
    files: Mapping[str, str] = field(default_factory=dict)  # path of a file, as the log names it -> its table

    @classmethod
    def of(cls, seal: Seal) -> Sealed:
        """As much of a seal as is needed to recognise its tables in the log."""
        return cls(seal.lsn, {table: digest.rows for table, digest in seal.tables.items()}, seal.files)


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on an archive."""

    cluster: str  # the site at which the cluster was created
    timeline: int
    start: str  # where the log is needed from
    end: str  # and up to where at least, for the backup to be whole
    made_at: datetime
    registers: Mapping[str, Sealed]


@dataclass(frozen=True, slots=True)
class Note:
    """A restore point, as home told the embassy of it."""

    name: str
    lsn: str
    at: datetime  # what had been committed by then is before it
    received: str | None  # up to where home knew then that the archive was written; None when nothing was connected


@dataclass(frozen=True, slots=True)
class State:
    """A state that the archive can bring back."""

    name: str
    place: int
    at: datetime


_LABEL, _NOTE = TypeAdapter(Label), TypeAdapter(Note)


@dataclass(frozen=True)
class Archived:
    """An archive, opened to be read; whatever contradicts its notes is a StepFailed."""

    label: Label
    notes: tuple[Note, ...]
    wal: Wal

    @classmethod
    @contextmanager
    def opened(cls, embassy: Site, folder: PurePosixPath) -> Iterator[Archived]:
        """Read what is there, and lay its log out until undone."""
        label, notes = _labelled(embassy, folder), tuple(noted(embassy.host.read(folder / NOTES)))
        with Wal.opened(embassy, folder / LOG, (label.timeline, place_of(label.start))) as wal:
            archived = cls(label, notes, wal)
            archived._prove_whole()
            yield archived

    def _prove_whole(self) -> None:
        """It reaches as far as it is known to have reached. The first restore point was noted when it was made."""
        if not self.notes:
            hint = "nobody knows how far the archive had reached; another copy may be whole"
            raise StepFailed(f"the archive: {NOTES} tells of no restore point", hint=hint)
        end = self.wal.last.end
        known = [("its base backup needs the log up to", place_of(self.label.end))]
        received = max((place_of(note.received) for note in self.notes if note.received), default=0)
        proven = [place for note in self.notes if (place := place_of(note.lsn)) <= received]
        known += [("it had received", max(proven))] if proven else []
        for what, place in known:
            if end < place:
                hint = "its end is missing or damaged; another copy may hold more"
                raise StepFailed(f"the archive ends at {lsn_of(end)}, though {what} {lsn_of(place)}", hint=hint)

    @property
    def points(self) -> tuple[Note, ...]:
        """The restore points that the log really reaches."""
        return tuple(note for note in self.notes if place_of(note.lsn) <= self.wal.last.end)

    @cached_property
    def states(self) -> tuple[State, ...]:
        """What it can bring back, the oldest first."""
        first = State(FIRST, place_of(self.label.end), self.label.made_at)
        points = [State(note.name, place_of(note.lsn), note.at) for note in self.points]
        so_far = max(state.at for state in (first, *points))
        at = self.wal.last_commit(place_of(self.label.start))
        return (first, *points, State(LAST, self.wal.last.end, max(so_far, at or so_far)))

    def state_at(self, place: int) -> State:
        """The newest of its states that is not behind that place."""
        return max((state for state in self.states if state.place <= place), key=lambda state: state.place)


def _labelled(embassy: Site, folder: PurePosixPath) -> Label:
    try:
        return _LABEL.validate_json(embassy.host.read(folder / LABEL))
    except ValidationError as wrong:
        what = wrong.errors(include_url=False, include_input=False)[0]["msg"]
        hint = "nobody knows what it was made of; another copy may be whole"
        raise StepFailed(f"the archive: {LABEL} cannot be read: {what}", hint=hint) from wrong


def noted(text: str) -> Iterator[Note]:
    """The restore points of notes.jsonl, one a line; a line that is torn tells nothing."""
    for line in text.splitlines():
        try:
            yield _NOTE.validate_json(line)
        except ValidationError:
            continue


def written(label: Label) -> str:
    """The text of archive.json."""
    document: dict[str, Any] = {"schema_version": 1, **_LABEL.dump_python(label, mode="json")}
    return json.dumps(document)
