"""Bring an archive back at a point in time: its base backup, and home's own log replayed up to there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import psycopg
from psycopg import sql
from pydantic import BaseModel, Field

from drill.errors import StepFailed
from drill.parts import KeptCopy, Version
from drill.recoveries.chosen import tell
from drill.recoveries.targets import Latest, Target, To
from drill.sites.archived import BACKUP, LOG, Archived, folder_of
from drill.sites.fetching import fetching
from drill.sites.living import wait_for
from drill.sites.settings import SOLITARY
from drill.sites.wal import lsn_of, place_of
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site

_COPY_DEADLINE = 3600.0  # seconds
_REPLAY_DEADLINE = 4 * 3600.0
_PROMOTE_DEADLINE = 120.0
# Once the target is reached the server waits, so that it can be asked how far it came. A copy acts on nobody else.
_REPLAYING = {
    **{"recovery_target_action": "pause", "recovery_target_timeline": "current", "hot_standby": "on"},
    **{"recovery_init_sync_method": "syncfs"},
    **SOLITARY,
}
_REACHED = """
select case when pg_is_in_recovery() then pg_get_wal_replay_pause_state() else 'ended' end,
       coalesce(pg_last_wal_replay_lsn(), '0/0')::text
"""


class Replay(BaseModel, frozen=True, extra="forbid"):
    """All registers come back at once, as they were at a point in time."""

    works_with: ClassVar[frozenset[str]] = frozenset({"archive"})
    for_a_part: ClassVar[bool] = True
    kind: Literal["replay"]
    source: Annotated[str, Field(alias="from")]
    to: To = "latest"

    def bring_up(self, copy: KeptCopy, embassy: Site, registers: Sequence[str], timeline: Timeline) -> Iterator[str]:
        """Find the point, copy the base backup, replay up to there and no further, promote. The archive stays whole."""
        timeline.record("recovery", "phase", name="fetch")
        folder = folder_of(embassy, copy.name)
        with Archived.opened(embassy, folder) as archived:
            target = (Latest() if self.to == "latest" else self.to).aim(archived)
        tell(copy.name, Version(target.version, target.made_at, str(folder)), timeline, target=target.says)
        embassy.stop()
        data = _fetched(embassy, folder / BACKUP)
        timeline.record("recovery", "phase", name="replay")
        settings = {**_REPLAYING, **target.settings, "restore_command": fetching(folder / LOG)}
        embassy.start(data, settings, cluster_of=archived.label.cluster, deadline=_REPLAY_DEADLINE)
        _wait_until_reached(embassy, target)
        timeline.record("recovery", "phase", name="promote")
        embassy.promote(deadline=_PROMOTE_DEADLINE, paused=True)
        _let_in(embassy, registers, archived.label.registers.keys() - set(registers))
        yield from registers


def _fetched(embassy: Site, backup: PurePosixPath) -> PurePosixPath:
    """A new data folder from the base backup, of which no file is missing or cut."""
    data, run = embassy.host.disk / "replayed", embassy.host.run
    how = ["--no-parse-wal", "--skip-checksums", "--quiet"]  # rows are proven by the gate
    run([embassy.program("pg_verifybackup"), *how, str(backup)], deadline=_COPY_DEADLINE)
    run(["rm", "-rf", str(data)], deadline=_COPY_DEADLINE)
    run(["cp", "-a", str(backup), str(data)], deadline=_COPY_DEADLINE)
    embassy.host.write(data / "recovery.signal", "")
    return data


def _wait_until_reached(embassy: Site, target: Target) -> None:
    """StepFailed when the server dies on the way, or comes to rest elsewhere."""

    def at_rest() -> bool:
        ((state, lsn),) = embassy.ask(_REACHED)
        if state not in ("paused", "ended"):
            raise StepFailed(f"replayed up to {lsn}", hint="")
        return True

    wait_for(embassy, f"the replay reaches {target.says}", at_rest, _REPLAY_DEADLINE)
    ((state, lsn),) = embassy.ask(_REACHED)
    if state != "paused" or place_of(lsn) < target.least:
        wanted = f"{lsn_of(target.least)} was to be reached: {target.says}"
        raise StepFailed(f"{embassy.name}: the replay came to rest at {lsn} ({state}); {wanted}", hint="see its log")


def _let_in(embassy: Site, registers: Sequence[str], others: Collection[str]) -> None:
    """Into the registers, though home's fence may have been replayed too; not into doubles of what is still at home."""
    wanted = [*((name, "true") for name in registers), *((name, "false") for name in sorted(others))]
    try:
        with embassy.console() as console:
            there = {name for (name,) in console.execute("select datname from pg_database")}
            for name, allowed in (each for each in wanted if each[0] in there):
                order = sql.SQL("alter database {} with allow_connections {}")
                console.execute(order.format(sql.Identifier(name), sql.SQL(allowed)))
    except psycopg.Error as refused:
        raise embassy.failed(f"the registers cannot be opened: {refused}", refused) from refused
