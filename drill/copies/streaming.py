"""The embassy follows home's write-ahead log as a hot standby."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from drill.clock import wait_until
from drill.copies.beat import beating
from drill.errors import DrillError, StepFailed
from drill.parts import Version
from drill.sites.courier import errand, instruct
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site

_STANDBY = "embassy"  # the name of the standby and of its slot
_LAST = "select coalesce(pg_last_xact_replay_timestamp(), checkpoint_time) from pg_control_checkpoint()"
_LOOK_EVERY = 1.0  # seconds
_LOOKS = 3  # in a row that home leaves unanswered: then it is lost, and nothing is said of the copy any more
_COPY_DEADLINE = 3600.0  # seconds, for the base backup of a large home


class Streaming(BaseModel, frozen=True, extra="forbid"):
    """A physical standby over a replication slot."""

    kind: Literal["streaming"]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    synchronous: bool = False

    @contextmanager
    def keep(self, home: Site, embassy: Site, registers: Sequence[str], timeline: Timeline) -> Iterator[Following]:
        """Copy home, follow it, and wait until nothing is left to catch up; watch from then on that it stays so."""
        data = embassy.host.disk / "standby"
        env = instruct(embassy)
        argv = [embassy.program("pg_basebackup"), "-D", str(data), "-X", "stream", "-c", "fast", "-R"]
        slot = ["-C", "-S", _STANDBY, "-d", f"{errand(home)} application_name={_STANDBY} passfile={env['PGPASSFILE']}"]
        embassy.host.run([*argv, *slot], deadline=_COPY_DEADLINE, env=env)
        embassy.start_copy_of(home, data, deadline=_COPY_DEADLINE)
        following = Following(self.name, embassy, home, timeline)
        wait_until("the standby catches up", following.caught_up, deadline=600, hint="see the embassy's log")
        if self.synchronous:
            home.configure(synchronous_standby_names=f"FIRST 1 ({_STANDBY})")
            wait_until("the standby is synchronous", following.in_step, deadline=60, hint="see home's log")
        timeline.record("copy", "established", copy=self.name, kind=self.kind)
        timeline.record("copy", "current", copy=self.name, version=_STANDBY)
        with beating(_LOOK_EVERY, following.look, following.fell_behind):
            yield following


@dataclass
class Following:
    """A standby that follows home."""

    name: str
    embassy: Site
    home: Site
    timeline: Timeline
    _current: bool = field(default=True, init=False)
    _unanswered: int = field(default=0, init=False)  # looks in a row

    def versions(self) -> Sequence[Version]:
        """One: what the standby has replayed, dated by the last commit in it or, with none yet, by its base backup."""
        ((made_at,),) = self.embassy.ask(_LAST)
        return [Version(_STANDBY, made_at, str(self.embassy.data))]

    def caught_up(self) -> bool:
        """Whether home says that the standby has replayed all there was when asked."""
        query = "select state, replay_lsn >= pg_current_wal_lsn() from pg_stat_replication where application_name = %s"
        rows = self.home.ask(query, [_STANDBY])
        if rows != [("streaming", True)]:
            raise StepFailed(f"home sees {rows or 'no standby'}", hint="")
        return True

    def in_step(self) -> bool:
        """Whether home waits for the standby with each commit."""
        return self.home.ask("select sync_state from pg_stat_replication") == [("sync",)]

    def look(self, over: Callable[[], bool]) -> None:
        """Record when the copy stops being current, and when it is so again; until home itself no longer answers."""
        if self._unanswered == _LOOKS:
            return
        try:
            rows = self.home.ask("select state from pg_stat_replication where application_name = %s", [_STANDBY])
        except DrillError:
            self._unanswered += 1
            return
        self._unanswered = 0
        current = rows == [("streaming",)]
        if over() or current is self._current:
            return
        self._current = current
        if current:
            self.timeline.record("copy", "current", copy=self.name, version=_STANDBY)
        else:
            self.fell_behind(f"home sees {rows or 'no standby'}")

    def fell_behind(self, reason: str) -> None:
        """The copy is not current any more."""
        self.timeline.record("copy", "fell behind", copy=self.name, reason=reason)
