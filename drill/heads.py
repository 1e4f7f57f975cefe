"""The history of a runs folder: heads.jsonl, a chain of all runs that began there and of the heads that closed them.

    {"what": "opened", "run_id": ..., "hash": of the first line of its events}
    {"what": "closed", "run_id": ..., "hash": of its head}

Each opening and each head names how far this chain went before. Whoever takes a run away, or puts another in its place,
is shown by every later run.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from drill.chain import Tip
from drill.chainfile import Held, held

HEADS = "heads.jsonl"

What = Literal["opened", "closed"]


class Line(BaseModel, frozen=True):
    """That a run began, or how it ended."""

    what: What
    run_id: str
    hash: str


class Before(BaseModel, frozen=True):
    """How far the history went: its lines, the hash of the last, and the head of the run that was closed last."""

    count: int
    last: str
    head: str | None

    @classmethod
    def of(cls, lines: Sequence[bytes]) -> Before:
        """What these lines come to."""
        tip = Tip.of(lines)
        told = (each for each in map(told_by, reversed(lines)) if each is not None)
        return cls(
            count=tip.count, last=tip.last, head=next((each.hash for each in told if each.what == "closed"), None)
        )


@dataclass(frozen=True)
class Pen:
    """The history, while nobody else writes it."""

    file: Held

    @property
    def before(self) -> Before:
        """What stands there."""
        return Before.of(self.file.lines)

    def add(self, line: Line) -> None:
        """What happened now."""
        self.file.add(line.model_dump())


@contextmanager
def written(runs: Path) -> Iterator[Pen]:
    """The history of a runs folder, to be added to; other drills wait. CannotRun where it cannot be written."""
    header = {"schema_version": 1, "kind": "heads", "chain": "sha256", "nonce": secrets.token_hex(16)}
    with held(runs / HEADS, header) as file:
        yield Pen(file)


def told_by(line: bytes) -> Line | None:
    """What one line of a history says; None for its header, and for what is none."""
    try:
        return Line.model_validate(json.loads(line), strict=True)
    except (ValueError, ValidationError, RecursionError):
        return None
