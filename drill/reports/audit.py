"""The whole report as Markdown, for an audit folder: result, ratings, actions, the after-action report, standards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from drill.reports import unchecked
from drill.reports.after_action import groups
from drill.reports.fields import Field, Told
from drill.reports.markdown import markdown, plain_text, table
from drill.reports.ratings import ratings

if TYPE_CHECKING:
    from drill.actions import Action
    from drill.dossier import Dossier

_TODO = "**to be filled in by a person**"


def audit(dossiers: Sequence[Dossier]) -> str:
    """What `markdown` tells of the runs, and then of each run all the rest."""
    parts = [markdown([dossier.run for dossier in dossiers])]
    parts += ["\n".join(_rest(dossier)) + "\n" for dossier in dossiers]
    return "\n".join(parts)


def _rest(dossier: Dossier) -> Iterator[str]:
    run = dossier.run
    yield f"# {plain_text(run.result.scenario)}: after-action report of run {plain_text(run.run_id or 'without an id')}"
    yield from ("", "## What was not checked", "", *_unchecked(dossier))
    yield from ("", "## Ratings", "", *_ratings(dossier))
    yield from ("", "## Improvement actions", "", *_actions(dossier))
    for group in groups(dossier):
        yield from ("", f"## {group.number}. {group.title}", "")
        yield from table(("field", "content"), (_row(field) for field in group.fields), left=2)
    yield from ("", "## Standards and laws", "", plain_text(dossier.mapped.note), "")
    rows = ((c.clause, c.asks, c.shown, c.not_shown) for c in dossier.mapped.clauses)
    columns = ("clause", "it asks, in short", "shown here", "not shown here")
    yield from table(columns, (tuple(map(plain_text, row)) for row in rows), left=4)


def _row(field: Field) -> tuple[str, str]:
    says = _TODO if field.empty else "; ".join(map(plain_text, field.says))
    told = "" if field.empty or field.told is Told.EVIDENCE else f" ({field.told})"
    return plain_text(field.name), says + told


def _unchecked(dossier: Dossier) -> Iterator[str]:
    for each in unchecked.unknown(dossier.run):
        yield f"- unknown: {plain_text(each.check)}, {plain_text(each.register)}: {plain_text(each.why)}"
    for each in unchecked.not_applicable(dossier.run):
        yield f"- does not apply: {plain_text(each.check)}, {plain_text(each.register)}: {plain_text(each.why)}"
    yield from (f"- {plain_text(limit)}" for limit in unchecked.LIMITS)


def _ratings(dossier: Dossier) -> Iterator[str]:
    rows = [
        (each.objective, f"{each.letter}, {each.words}", each.observed, "; ".join(each.challenges) or "none")
        for each in ratings(dossier.run)
    ]
    columns = ("objective", "rating", "observed", "challenges")
    return table(columns, (tuple(map(plain_text, row)) for row in rows), left=4)


def _actions(dossier: Dossier) -> Iterator[str]:
    if not dossier.actions:
        unasked = f"Not known: {plain_text(dossier.unasked)}." if dossier.unasked else ""
        yield unasked or "None is kept for this scenario."
        return
    rows = (
        (action.number, action.what, action.owner, action.due or "no day", _state(action, dossier))
        for action in dossier.actions
    )
    columns = ("no.", "what", "owner", "due", "state")
    yield from table(columns, (tuple(map(plain_text, row)) for row in rows), left=5)


def _state(action: Action, dossier: Dossier) -> str:
    if action.closed_at is not None:
        return f"closed {action.closed_at.date()}" + (f": {action.outcome}" if action.outcome else "")
    return "open, overdue" if action.overdue(dossier.today) else "open"
