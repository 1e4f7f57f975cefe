"""What has not been shown to work for too long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from drill.history.records import Record
from drill.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Due:
    """A scenario or a register, and when a drill last showed that it can be relied on; None for never."""

    kind: str  # "scenario" or "register"
    name: str
    shown_at: datetime | None
    run_id: str | None

    def overdue(self, since: datetime) -> bool:
        """Was that before then, or never?"""
        return self.shown_at is None or self.shown_at < since


def dues(records: Iterable[Record], scenarios: Iterable[str]) -> list[Due]:
    """Each of these scenarios and each register of theirs. Only comparable runs of the scenario's own size count.

    A scenario is shown by a run that went as expected, a register by one in which everything about it was met.
    """
    wanted = list(dict.fromkeys(scenarios))
    shown: dict[tuple[str, str], Due] = {("scenario", name): Due("scenario", name, None, None) for name in wanted}
    for record in sorted(records, key=lambda each: each.began_at):
        if record.scenario not in wanted:
            continue
        each = [("scenario", record.scenario, record.as_expected)]
        each += [("register", part.register, part.verdict is Verdict.MET) for part in record.registers]
        for kind, name, fine in each:
            shown.setdefault((kind, name), Due(kind, name, None, None))
            if fine and record.comparable and not record.resized:
                shown[kind, name] = Due(kind, name, record.began_at, record.run_id)
    return sorted(shown.values(), key=lambda due: (due.kind != "scenario", due.name))
