"""What `drill run` has to do with the history: runs are kept in it, and new ones held against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from drill.result import Judged


def share(text: str) -> float:
    """20% -> 0.2."""
    number = text.strip().removesuffix("%")
    if number == text.strip() or not number.replace(".", "", 1).isdigit():
        raise typer.BadParameter(f"{text!r} is no share, as 20%") from None
    return float(number) / 100


def held_against_earlier(limit: float) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Given the facts of a run that begins: those of comparable earlier ones. DrillError where nobody can know."""

    def beside(facts: Mapping[str, Any]) -> Mapping[str, Any]:
        from drill.history import Filter, History
        from drill.history.records import kin_of
        from drill.history.trends import held_against

        history = History.here()
        earlier = history.runs(Filter(scenario=facts["scenario"]))
        return {"regress": held_against(earlier, kin_of(facts), limit)}

    return beside


def keep(run: Judged) -> str:
    """Keep a run; what to say when that was refused, else nothing. Its evidence is there all the same."""
    from drill.errors import DrillError
    from drill.history import History, Record
    from drill.reports.json import run_document

    if run.evidence.first("began") is None:
        return ""
    try:
        history = History.here()
        history.add(Record.of(run, run_document(run)))
    except DrillError as refused:
        return f"{run.run_id} is not kept: {refused}\nhint: {refused.hint}, or --no-history"
    return ""
