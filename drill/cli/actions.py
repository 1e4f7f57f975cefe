"""Commands about what drills showed to be done."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from drill.cli.history import known, name_of


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    group = typer.Typer(help="Improvement actions: told in every report of their scenario until closed.")
    group.command("add")(add)
    group.command("close")(close)
    group.command("list")(list_)
    app.add_typer(group, name="action", no_args_is_help=True)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day, as 2026-11-25") from None


def _told(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("it says nothing")
    return text


def add(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="The scenario that showed it.")],
    what: Annotated[str, typer.Argument(metavar="WHAT", parser=_told, help="What is to be done.")],
    owner: Annotated[str, typer.Option(metavar="TEXT", parser=_told, help="Who does it.")],
    due: Annotated[date | None, typer.Option(metavar="DAY", parser=_day, help="Until when.")] = None,
    run: Annotated[str | None, typer.Option(metavar="RUN", help="The run that showed it.")] = None,
) -> None:
    """Open an action; prints its number."""
    from drill.history import History

    history = History.here()
    of = None if run is None else history.run(run).run_id
    typer.echo(history.act(known(scenario, history), what, owner, due, of).number)


def close(
    number: Annotated[int, typer.Argument(metavar="NUMBER")],
    outcome: Annotated[str, typer.Option(metavar="TEXT", parser=_told, help="What was done.")],
) -> None:
    """Close an action."""
    from drill.history import History

    history = History.kept()
    history.close(number, outcome)


def list_(
    scenario: Annotated[str | None, typer.Option(parser=name_of, help="Only of this scenario.")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Also those that were closed.")] = False,
) -> None:
    """List the actions that are open."""
    from drill.history import History
    from drill.history.told import actions

    history = History.kept()
    for line in actions(history.actions(scenario, closed=closed)):
        typer.echo(line)
