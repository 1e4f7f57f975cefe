"""Up to where the log of a physical copy is to be replayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drill.clock import instant
from drill.errors import ScenarioError
from drill.sites.wal import LSN, place_of

_FORMS = "latest, name:RESTORE_POINT, lsn:0/5000028 or time:2026-11-24T12:00:00+00:00"


@dataclass(frozen=True, slots=True)
class Aim:
    """A point of the log, as settings of the server that replays it."""

    settings: Mapping[str, str]

    @property
    def latest(self) -> bool:
        """As far as the log reaches."""
        return not self.settings

    def passes(self, place: int) -> bool:
        """Whether the replay surely goes beyond that place of the log: where a name or a time lies, is not known."""
        lsn = self.settings.get("recovery_target_lsn")
        return self.latest or (lsn is not None and place_of(lsn) > place)

    @property
    def unreached(self) -> str:
        """Of a log that ends before it: what it lacks."""
        if (name := self.settings.get("recovery_target_name")) is not None:
            return f"from the start of the copy to its end the log has no restore point {name}"
        return f"the log ends before {' '.join(self.settings.values())}"

    @classmethod
    def named(cls, written: str) -> Aim:
        """latest | name:X | lsn:X | time:X; ScenarioError for all else."""
        kind, _, value = written.partition(":")
        if written == "latest":
            return cls({})
        if kind == "name" and 0 < len(value.encode()) < 64:
            return cls({"recovery_target_name": value})
        if kind == "lsn" and LSN.fullmatch(value):
            return cls({"recovery_target_lsn": value})
        if kind == "time":
            try:
                return cls({"recovery_target_time": instant(value).isoformat()})
            except ValueError as wrong:
                raise ScenarioError(f"{written!r} is no point of a log", hint=str(wrong)) from wrong
        raise ScenarioError(f"{written!r} is no point of a log", hint=f"write {_FORMS}")
