"""Improvement actions: what a drill showed to be done, who does it until when, and whether it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Action:
    """One corrective action. It is told with every later drill of its scenario until somebody closes it."""

    number: int  # given by the history that keeps it
    scenario: str
    what: str
    owner: str
    due: date | None
    opened_at: datetime
    run_id: str | None = None  # of the drill that showed it
    closed_at: datetime | None = None
    outcome: str = ""  # what was done, told when it was closed

    @property
    def open(self) -> bool:
        """Is it still to be done?"""
        return self.closed_at is None

    def overdue(self, today: date) -> bool:
        """Is it open although its day has passed?"""
        return self.open and self.due is not None and self.due < today
