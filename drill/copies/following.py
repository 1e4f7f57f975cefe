"""What copies that follow home's write-ahead log have in common: home tells how far each has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from drill.clock import wait_until
from drill.errors import DrillError, StepFailed
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site

LOOK_EVERY = 1.0  # seconds
_LOOKS = 3  # in a row that home leaves unanswered: then it is lost, and nothing is said of the copy any more
_PATIENCE = 10.0  # seconds for home to answer a look


@dataclass
class Following:
    """A copy that follows home, as home sees it."""

    reached: ClassVar[str]  # the column of pg_stat_replication that tells how far it has come
    name: str
    home: Site
    embassy: Site
    timeline: Timeline
    follower: str  # the name by which home knows who follows
    newest: str  # the name of the version that is as new as home while the copy is current
    _current: bool = field(default=True, init=False)
    _unanswered: int = field(default=0, init=False)  # looks in a row

    def wait_until_followed(self, *, hint: Callable[[], str]) -> None:
        """Until home sends its log."""

        def streams() -> bool:
            rows = self._seen()
            if [state for state, _ in rows] != ["streaming"]:
                raise StepFailed(self._told(rows), hint="")
            return True

        wait_until(f"{self.name} follows home", streams, deadline=60, hint=hint)

    def wait_until_current(self, *, synchronous: bool, hint: Callable[[], str]) -> None:
        """Until nothing is left to catch up and, where that is wanted, home waits for the copy with each commit."""
        wait_until(f"{self.name} catches up", self._caught_up, deadline=600, hint=hint)
        if synchronous:
            self.home.configure(synchronous_standby_names=f'FIRST 1 ("{self.follower}")')
            wait_until(f"{self.name} is synchronous", self._in_step, deadline=60, hint="see home's log")

    def _caught_up(self) -> bool:
        """Whether home says that the copy has all there was when asked."""
        rows = self._seen()
        if [state for state, _ in rows] != ["streaming"] or rows[0][1] is None:
            raise StepFailed(self._told(rows), hint="")
        return rows[0][1] <= 0

    def _in_step(self) -> bool:
        query = "select sync_state from pg_stat_replication where application_name = %s"
        return self.home.ask(query, [self.follower]) == [("sync",)]

    def look(self, over: Callable[[], bool]) -> None:
        """Record how far the copy is behind, when it stops being current, and when it is so again; while home answers.

        What the copy lacks is told in bytes of the log.
        """
        if self._unanswered == _LOOKS:
            return
        try:
            rows = self._seen()
        except DrillError:
            self._unanswered += 1
            return
        self._unanswered = 0
        if over():
            return
        current = [state for state, _ in rows] == ["streaming"]
        if current and rows[0][1] is not None:
            self.timeline.record("copy", "lag", copy=self.name, bytes=max(0, rows[0][1]))
        if current is not self._current:
            self._current = current
            self._tell(rows)

    @property
    def followed(self) -> bool:
        """Whether home answered the last look, and saw the copy follow."""
        return self._current and not self._unanswered

    def _tell(self, rows: list[tuple[str, int | None]]) -> None:
        if self._current:
            self.timeline.record("copy", "current", copy=self.name, version=self.newest)
        else:
            self.fell_behind(self._told(rows))

    def fell_behind(self, reason: str) -> None:
        """The copy is not current any more."""
        self.timeline.record("copy", "fell behind", copy=self.name, reason=reason)

    def _seen(self) -> list[tuple[str, int | None]]:
        """Who follows under that name: the state, and the bytes that it lacks."""
        lacks = f"pg_wal_lsn_diff(pg_current_wal_lsn(), {self.reached})::bigint"
        query = f"select state, {lacks} from pg_stat_replication where application_name = %s"  # noqa: S608 - our words
        return [(str(state), lack) for state, lack in self.home.ask(query, [self.follower], patience=_PATIENCE)]

    def _told(self, rows: list[tuple[str, int | None]]) -> str:
        seen = ", ".join(f"{state}, {lack} bytes behind" for state, lack in rows)
        return f"home sees {seen or 'nobody who follows it'}"
