"""The embassy follows home's write-ahead log as a hot standby."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from drill.copies.beat import beating
from drill.copies.following import LOOK_EVERY, Following
from drill.evidence import Seal
from drill.parts import Version
from drill.sites.courier import errand, instruct
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site

_STANDBY = "embassy"  # the name of the standby and of its slot
_LAST = "select coalesce(pg_last_xact_replay_timestamp(), checkpoint_time) from pg_control_checkpoint()"
_COPY_DEADLINE = 3600.0  # seconds, for the base backup of a large home


class Streaming(BaseModel, frozen=True, extra="forbid"):
    """A physical standby over a replication slot."""

    kind: Literal["streaming"]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    synchronous: bool = False

    @contextmanager
    def keep(self, home: Site, embassy: Site, seals: Mapping[str, Seal], timeline: Timeline) -> Iterator[Standby]:
        """Copy home, follow it, and wait until nothing is left to catch up; watch from then on that it stays so."""
        data = embassy.host.disk / "standby"
        env = instruct(embassy)
        argv = [embassy.program("pg_basebackup"), "-D", str(data), "-X", "stream", "-c", "fast", "-R"]
        slot = ["-C", "-S", _STANDBY, "-d", f"{errand(home)} application_name={_STANDBY} passfile={env['PGPASSFILE']}"]
        embassy.host.run([*argv, *slot], deadline=_COPY_DEADLINE, env=env)
        embassy.start_copy_of(home, data, deadline=_COPY_DEADLINE)
        standby = Standby(self.name, home, embassy, timeline, follower=_STANDBY, newest=_STANDBY)
        standby.wait_until_current(synchronous=self.synchronous, hint=lambda: f"its log ends: {embassy.log_tail()}")
        timeline.record("copy", "established", copy=self.name, kind=self.kind)
        timeline.record("copy", "current", copy=self.name, version=_STANDBY)
        with beating(LOOK_EVERY, standby.look, standby.fell_behind):
            yield standby


class Standby(Following):
    """A standby that follows home."""

    reached: ClassVar[str] = "replay_lsn"

    def versions(self) -> Sequence[Version]:
        """One: what the standby has replayed, dated by the last commit in it or, with none yet, by its base backup."""
        ((made_at,),) = self.embassy.ask(_LAST)
        return [Version(_STANDBY, made_at, str(self.embassy.data))]
