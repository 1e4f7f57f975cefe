"""What a data folder says of itself in its control file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from drill.errors import StepFailed
from drill.sites.wal import place_of

if TYPE_CHECKING:
    from drill.sites.site import Site

_DEADLINE = 60.0  # seconds
_SOUND = frozenset({"shut down", "shut down in recovery"})


@dataclass(frozen=True, slots=True)
class Control:
    """As pg_controldata tells it."""

    system_identifier: str
    state: str
    timeline: int
    redo: int  # where the replay of the latest checkpoint begins
    checkpoint: int
    checkpoint_at: datetime
    next_transaction: int
    oldest_active: int  # transaction at the checkpoint; 0 where none can have been
    segment: int  # bytes
    prepared: int  # transactions that may be prepared

    @property
    def stopped(self) -> bool:
        """Whether its server was stopped in good order: its files are of one moment."""
        return self.state in _SOUND

    @property
    def idle(self) -> bool:
        """Whether no transaction was under way at its latest checkpoint."""
        return self.oldest_active in (0, self.next_transaction % 2**32)

    @classmethod
    def read(cls, site: Site, data: PurePosixPath) -> Control:
        """StepFailed where the file cannot be read, or is not what its own checksum says."""
        argv = ["/bin/sh", "-c", '"$@" 2>&1', "sh", site.program("pg_controldata"), "-D", str(data)]
        said = site.host.run(argv, deadline=_DEADLINE)
        if "warning" in said.lower():  # since PostgreSQL 17 where programs complain
            raise StepFailed(f"its control file is damaged: {' '.join(said.split())[:200]}", hint="")
        lines = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in said.splitlines())}
        try:
            return _of(lines)
        except (KeyError, ValueError) as wrong:
            raise StepFailed(f"its control file cannot be read: {wrong!r}", hint="") from wrong


def _of(told: dict[str, str]) -> Control:
    epoch, number = map(int, told["Latest checkpoint's NextXID"].split(":"))
    at = datetime.strptime(told["Time of latest checkpoint"], "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    return Control(
        system_identifier=told["Database system identifier"],
        state=told["Database cluster state"],
        timeline=int(told["Latest checkpoint's TimeLineID"]),
        redo=place_of(told["Latest checkpoint's REDO location"]),
        checkpoint=place_of(told["Latest checkpoint location"]),
        checkpoint_at=at,
        next_transaction=epoch * 2**32 + number,
        oldest_active=int(told["Latest checkpoint's oldestActiveXID"]),
        segment=int(told["Bytes per WAL segment"]),
        prepared=int(told["max_prepared_xacts setting"]),
    )
