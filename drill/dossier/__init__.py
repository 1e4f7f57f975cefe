"""What a report is made of: a judged run, what lies beside it in its folder, and what people add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import file_digest
from pathlib import Path
from typing import Self

from drill.actions import Action
from drill.dossier.mapping import Mapped
from drill.dossier.meta import Meta
from drill.errors import CannotRun
from drill.result import Judged

EVIDENCE = (
    "scenario",
    "meta",
    "events",
    "ledger",
    "seals",
    "holdings",
    "result",
    "head",
)  # files, without their endings


@dataclass(frozen=True, slots=True)
class Dossier:
    """One run with all that is told of it; `today` is the day on which actions are due or overdue."""

    run: Judged
    today: date
    meta: Meta = field(default_factory=Meta)
    actions: Sequence[Action] = ()  # of its scenario: open ones, and those that were closed
    unasked: str = ""  # why nobody knows its actions; empty where they are known
    mapped: Mapped = field(default_factory=Mapped.shipped)
    files: Mapping[str, str] = field(default_factory=dict)  # name of a file of the evidence -> its SHA-256

    @classmethod
    def of(cls, run: Judged, folder: Path, today: date, meta: Path | None = None, mapped: Path | None = None) -> Self:
        """With what lies in the folder; `meta` and `mapped` name files that are taken instead of those there.

        Raises ScenarioError for a file of a person that is wrong, CannotRun for one that cannot be read.
        """
        kept = folder / "meta.yaml"
        told = Meta.load(meta or kept) if meta is not None or kept.is_file() else Meta()
        table = Mapped.shipped() if mapped is None else Mapped.load(mapped)
        return cls(run, today, told, mapped=table, files=_fingerprints(folder))


def _fingerprints(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.stem in EVIDENCE and path.suffix in (".yaml", ".json", ".jsonl"):
            try:
                with path.open("rb") as file:
                    found[path.name] = file_digest(file, "sha256").hexdigest()
            except OSError as wrong:
                raise CannotRun(f"{path}: {wrong.strerror}", hint="make the folder of the run readable") from wrong
    return found
