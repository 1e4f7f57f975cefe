"""A dump of each register, taken on a beat, pulled to the embassy, the last few kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from drill.copies.beat import beating
from drill.errors import DrillError
from drill.evidence import Seal
from drill.objectives import Duration
from drill.parts import Version
from drill.sites.archived import folder_of
from drill.sites.courier import errand, instruct
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site

_DEADLINE = 3600.0  # seconds, for one register
_NAME = re.compile(r"dump-[0-9]+")
_LOOK_EVERY = 1.0  # seconds
_MANIFEST = "version.json"  # written last: a folder without it is no version


class Dump(BaseModel, frozen=True, extra="forbid"):
    """Parallel pg_dump of every register, with roles and grants."""

    kind: Literal["dump"]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    every: Annotated[Duration, Field(gt=0)]
    kept: Annotated[int, Field(ge=1, le=100)] = 3
    jobs: Annotated[int, Field(ge=1, le=16)] = 2

    @contextmanager
    def keep(self, home: Site, embassy: Site, seals: Mapping[str, Seal], timeline: Timeline) -> Iterator[Dumping]:
        """Take the first dump, then one every `every` seconds; one that fails or takes longer is an event."""
        dumping = Dumping(self, home, embassy, tuple(seals), folder_of(embassy, self.name), timeline)
        dumping.take()
        timeline.record("copy", "established", copy=self.name, kind=self.kind)
        look = beating(min(self.every, _LOOK_EVERY), dumping.look, dumping.fell_behind)
        with look, beating(self.every, dumping.take_next, dumping.fell_behind):
            yield dumping


@dataclass
class Dumping:
    """Dumps being taken. What exists is read from the embassy's disk, not remembered."""

    settings: Dump
    home: Site
    embassy: Site
    registers: tuple[str, ...]
    folder: PurePosixPath
    timeline: Timeline
    _taken: int = field(default=0, init=False)
    _began: float | None = field(default=None, init=False)  # the dump of the beat that is being taken now
    _late: bool = field(default=False, init=False)  # and whether it was told that it takes too long

    @property
    def name(self) -> str:
        """As the scenario calls the copy."""
        return self.settings.name

    def versions(self) -> Sequence[Version]:
        """Every complete dump on the embassy's disk, oldest first; one whose manifest cannot be read is none."""
        listed = self.embassy.host.run(["ls", str(self.folder)], deadline=30).split()
        names = sorted((name for name in listed if _NAME.fullmatch(name)), key=_number)
        found = (_version(self.folder / name, self.embassy.host.read(self.folder / name / _MANIFEST)) for name in names)
        return [version for version in found if version is not None]

    def take_next(self, over: Callable[[], bool]) -> None:
        """The next dump of the beat. Once nobody waits for it, its failure says nothing."""
        self._began, self._late = self.timeline.clock.elapsed(), False
        try:
            self.take()
        except DrillError as failed:
            if not over():
                self.fell_behind(str(failed))
        finally:
            self._began = None

    def look(self, over: Callable[[], bool]) -> None:
        """Record, once of each dump, that it takes longer than it may: one that hangs in a silent cable never ends."""
        began, now = self._began, self.timeline.clock.elapsed()
        if began is None or self._late or over() or now - began <= self.settings.every:
            return
        self._late = True
        self.fell_behind(f"a dump takes longer than the {self.settings.every:g} s between two")

    def fell_behind(self, reason: str) -> None:
        """The copy is not as current as it should be."""
        self.timeline.record("copy", "fell behind", copy=self.name, reason=reason)

    def take(self) -> None:
        """One dump: the roles, then each register in parallel jobs, then the manifest that makes it a version."""
        self._taken += 1
        place, env = self.folder / f"dump-{self._taken}", instruct(self.embassy)
        run = self.embassy.host.run
        run(["mkdir", "-p", str(place)], deadline=30)
        pg_dumpall, pg_dump = self.embassy.program("pg_dumpall"), self.embassy.program("pg_dump")
        run(
            [pg_dumpall, "-d", errand(self.home), "--roles-only", "-f", str(place / "roles.sql")],
            deadline=_DEADLINE,
            env=env,
        )
        moments = {}
        for register in self.registers:
            moments[register] = datetime.now(UTC).isoformat()  # its snapshot is not older than this
            jobs, target = ["-j", str(self.settings.jobs)], ["-f", str(place / register)]
            argv = [pg_dump, "-d", errand(self.home, register), "-Fd", "--statistics", *jobs, *target]
            run(argv, deadline=_DEADLINE, env=env)
        self.embassy.host.write(place / _MANIFEST, json.dumps({"schema_version": 1, "moments": moments}))
        self.timeline.record("copy", "current", copy=self.name, version=place.name)
        self._let_go_of_old()

    def _let_go_of_old(self) -> None:
        for old in list(self.versions())[: -self.settings.kept]:
            self.embassy.host.run(["rm", "-r", old.location], deadline=120)


def _version(place: PurePosixPath, manifest: str) -> Version | None:
    try:
        moments = [datetime.fromisoformat(moment) for moment in json.loads(manifest)["moments"].values()]
        return Version(place.name, min(moments), str(place), (max(moments) - min(moments)).total_seconds())
    except (ValueError, LookupError, TypeError, AttributeError):  # missing, or damaged
        return None


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])
