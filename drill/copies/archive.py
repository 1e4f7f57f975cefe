"""A base backup, and every byte of home's write-ahead log since: any point in time can be brought back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from psycopg import sql
from pydantic import AfterValidator, BaseModel, Field

from drill.copies.beat import beating
from drill.copies.following import LOOK_EVERY, Following
from drill.errors import DrillError, StepFailed
from drill.evidence import Seal
from drill.objectives import Duration
from drill.parts import Version
from drill.sites.archived import (
    BACKUP,
    FIRST,
    LABEL,
    LAST,
    LOG,
    NOTES,
    Archived,
    Label,
    Sealed,
    folder_of,
    follower_of,
    noted,
    written,
)
from drill.sites.courier import errand, instruct
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site

_COPY_DEADLINE = 3600.0  # seconds, for the base backup of a large home
_POINT_DEADLINE = 10.0  # seconds, for a restore point
_LONGEST_NAME = 52  # bytes: a restore point adds its number, and PostgreSQL takes 63
_BEGAN = re.compile(r"^START TIME: (\S+ \S+) UTC$", re.M)
_RANGE = re.compile(r'"Timeline": (\d+), "Start-LSN": "([0-9A-F/]+)", "End-LSN": "([0-9A-F/]+)"')

# `at` is taken first: whatever had been committed by then is before the restore point
_POINT = """
select json_build_object('name', {name}, 'at', at, 'lsn', pg_create_restore_point({name}), 'received',
  (select write_lsn from pg_stat_replication where application_name = {follower}))
from (select clock_timestamp() as at offset 0) now
"""
_APPEND = r"""notes=$1; shift; said=$("$@") && printf '%s\n' "$said" >>"$notes" && printf '%s\n' "$said" """


def _short(name: str) -> str:
    if len(name.encode()) > _LONGEST_NAME:
        raise ValueError(f"write at most {_LONGEST_NAME} bytes: restore points are called by it and a number")
    return name


class Archive(BaseModel, frozen=True, extra="forbid"):
    """A base backup and the write-ahead log as it comes, with restore points in it."""

    kind: Literal["archive"]
    name: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_short)]
    synchronous: bool = False
    restore_point_every: Annotated[Duration, Field(gt=0)] = 5.0

    @contextmanager
    def keep(self, home: Site, embassy: Site, seals: Mapping[str, Seal], timeline: Timeline) -> Iterator[Archiving]:
        """Receive the log, copy home, and wait until home says that nothing is lacking; watch from then on."""
        follower = follower_of(self.name)
        archiving = Archiving(self.name, home, embassy, timeline, follower, LAST, self, instruct(embassy))
        archiving.receive()
        archiving.wait_until_followed(hint=archiving.receiver_says)  # else the base backup might lack its log
        archiving.back_up(seals)
        timeline.record("copy", "current", copy=self.name, version=FIRST)
        archiving.wait_until_current(synchronous=self.synchronous, hint=archiving.receiver_says)
        archiving.mark()
        archiving.versions()  # which says so if it is not whole
        timeline.record("copy", "established", copy=self.name, kind=self.kind)
        timeline.record("copy", "current", copy=self.name, version=LAST)
        look = beating(LOOK_EVERY, archiving.look, archiving.fell_behind)
        with look, beating(self.restore_point_every, archiving.mark_next, archiving.fell_behind):
            yield archiving


@dataclass
class Archiving(Following):
    """An archive that grows. What it holds is read from the embassy's disk, not remembered."""

    reached: ClassVar[str] = "write_lsn"
    settings: Archive
    env: Mapping[str, str]
    _marks: int = field(default=0, init=False)

    def versions(self) -> Sequence[Version]:
        """The base backup, each restore point that the log reaches, the last complete record; StepFailed: damage."""
        with Archived.opened(self.embassy, self.folder) as archived:
            return [Version(state.name, state.at, str(self.folder)) for state in archived.states]

    def receive(self) -> None:
        """Let the receiver run, from a slot of its own: home keeps what it has not sent yet."""
        log, run = self.folder / LOG, self.embassy.host.run
        run(["mkdir", "-p", str(log)], deadline=30)
        argv = [self.embassy.program("pg_receivewal"), "-D", str(log), "-S", self.follower, "-d", self._way]
        run([*argv, "--create-slot"], deadline=60, env=self.env)
        how = ["-s", "1", *(["--synchronous"] if self.settings.synchronous else [])]
        self.embassy.host.start([*argv, *how], log=self._receivers_log, env=self.env)

    def back_up(self, seals: Mapping[str, Seal]) -> None:
        """The base backup, and the label that tells what it is."""
        backup, run = self.folder / BACKUP, self.embassy.host.run
        how = ["-X", "none", "-c", "fast", "--no-slot", "-d", self._way]
        argv = [self.embassy.program("pg_basebackup"), "-D", str(backup), *how]
        run(argv, deadline=_COPY_DEADLINE, env=self.env)
        said = self.embassy.host.read(backup / "backup_label")
        said += run(["tail", "-n", "6", str(backup / "backup_manifest")], deadline=30)
        began, ranged = _BEGAN.search(said), _RANGE.search(said)
        if began is None or ranged is None:
            raise StepFailed(f"{self.name}: the base backup does not say what it holds: {said}", hint="is it complete?")
        made_at = datetime.fromisoformat(began[1]).replace(tzinfo=UTC)
        sealed = {register: Sealed.of(seal) for register, seal in seals.items()}
        label = Label(self.home.cluster_of, int(ranged[1]), ranged[2], ranged[3], made_at, sealed)
        self.embassy.host.write(self.folder / LABEL, written(label))

    def mark_next(self, over: Callable[[], bool]) -> None:
        """The restore point of the beat; that there is none is told where the copy could be thought current."""
        try:
            self.mark()
        except DrillError as failed:
            if self.followed and not over():
                self.timeline.record("copy", "no restore point", copy=self.name, reason=str(failed))

    def mark(self) -> None:
        """Ask home for a restore point, and note how far the archive had been received by then."""
        self._marks += 1
        query = sql.SQL(_POINT).format(name=f"{self.name}-{self._marks}", follower=self.follower).as_string()
        asked = [self.embassy.program("psql"), "-X", "-q", "-A", "-t", "-d", self._way, "-c", query]
        argv = ["/bin/sh", "-c", _APPEND, "sh", str(self.folder / NOTES), *asked]
        for note in noted(self.embassy.host.run(argv, deadline=_POINT_DEADLINE, env=self.env)):
            facts = {"version": note.name, "lsn": note.lsn, "received": note.received}
            self.timeline.record("copy", "restore point", copy=self.name, **facts)

    def receiver_says(self) -> str:
        """The end of the receiver's own log."""
        return f"the receiver says: {self.embassy.host.read(self._receivers_log)[-500:] or 'nothing'}"

    @property
    def folder(self) -> PurePosixPath:
        """Where it lies."""
        return folder_of(self.embassy, self.name)

    @property
    def _way(self) -> str:
        return f"{errand(self.home)} application_name={self.follower}"

    @property
    def _receivers_log(self) -> PurePosixPath:
        return self.folder / "receiver.log"
