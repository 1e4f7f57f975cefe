"""Commands about earlier drills."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drill.cli.options import duration_option

if TYPE_CHECKING:
    from drill.history import Filter, History, Record


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    group = typer.Typer(help="What earlier drills showed.", no_args_is_help=True)
    for command in (list_, show, trend, compare, export, import_):
        group.command(command.__name__.rstrip("_"))(command)
    app.add_typer(group, name="history")
    app.command("overdue")(overdue)


def instant(text: str) -> datetime:
    """A time ago (90d), or a day or an instant in ISO 8601, taken as UTC where it names no zone."""
    from drill.objectives import seconds

    try:
        return datetime.now(UTC) - timedelta(seconds=seconds(text))
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a time ago, as 90d, nor a day, as 2026-11-25") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def name_of(given: str) -> str:
    """The name that runs carry, of a scenario that is given as `drill run` takes it; else what was given."""
    from drill.errors import ScenarioError

    try:
        return _loaded(given)
    except ScenarioError:
        return given


def known(given: str, history: History) -> str:
    """The same of a scenario that must be: ScenarioError where there is neither its file nor a run of it."""
    from drill.errors import ScenarioError
    from drill.history import Filter

    try:
        return _loaded(given)
    except ScenarioError:
        if history.runs(Filter(scenario=given, last=1)):
            return given
        raise


def _loaded(given: str) -> str:
    from drill.scenario import Scenario
    from drill.scenario.shelf import find_scenario

    return Scenario.load(find_scenario(given)).name


_Scenario = Annotated[str | None, typer.Option(parser=name_of, help="Only runs of this scenario.")]
_Verdict = Annotated[str | None, typer.Option(help="Only runs with this verdict: met, missed, unknown.")]
_Since = Annotated[datetime | None, typer.Option(metavar="WHEN", parser=instant, help="Not before: 90d, 2026-11-25.")]
_Until = Annotated[datetime | None, typer.Option(metavar="WHEN", parser=instant, help="Not after.")]
_Run = Annotated[str, typer.Argument(metavar="RUN", help="Its id, or as much of its beginning as is unique.")]


def _filter(
    scenario: str | None, verdict: str | None, since: datetime | None, until: datetime | None, last: int | None = None
) -> Filter:
    from drill.errors import ScenarioError
    from drill.history import Filter
    from drill.verdict import Verdict

    if verdict is not None and verdict not in list(Verdict):
        raise ScenarioError(f"{verdict!r} is no verdict", hint="there are: met, missed, unknown")
    return Filter(scenario, None if verdict is None else Verdict(verdict), since, until, last)


def list_(
    scenario: _Scenario = None,
    verdict: _Verdict = None,
    since: _Since = None,
    until: _Until = None,
    last: Annotated[int | None, typer.Option(min=1, help="Only so many, the latest.")] = None,
) -> None:
    """List the runs that are kept, the latest at the end."""
    from drill.history import History
    from drill.history.told import listed

    history = History.kept()
    records = history.runs(_filter(scenario, verdict, since, until, last))
    _say(listed(records) if records else ["no such run is kept"])


def show(run: _Run) -> None:
    """Show what is kept of one run."""
    from drill.history import History
    from drill.history.told import shown

    history = History.kept()
    _say(shown(history.run(run)))


def trend(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", parser=name_of, help="Its file, or its name.")],
    since: _Since = None,
) -> None:
    """Show how the recovery time of a scenario developed, over the runs that may be compared."""
    from drill.history import History
    from drill.history.told import trend

    history = History.kept()
    records = history.runs(_filter(scenario, None, since, None))
    _say(trend(records) if records else [f"no run of {scenario} is kept"])


def compare(one: _Run, other: _Run) -> None:
    """Set two runs side by side, and say whether they may be compared."""
    from drill.history import History
    from drill.history.told import compared

    history = History.kept()
    _say(compared(history.run(one), history.run(other)))


def export(
    file: Annotated[str, typer.Argument(metavar="FILE|-")] = "-",
    scenario: _Scenario = None,
    verdict: _Verdict = None,
    since: _Since = None,
    until: _Until = None,
) -> None:
    """Write the history as JSON lines."""
    from drill.history import History
    from drill.history.lines import written
    from drill.reports import write

    history = History.kept()
    records = history.runs(_filter(scenario, verdict, since, until), whole=True)
    write(file, "".join(f"{line}\n" for line in written(records)))


def import_(
    sources: Annotated[
        list[str], typer.Argument(metavar="FILE|-|RUN", help="JSON lines that were exported, or evidence folders.")
    ],
) -> None:
    """Take in runs that are not kept yet; those that are stay as they are."""
    from drill.history import History

    records = [record for source in sources for record in _read(source)]
    history = History.here()
    added = sum([history.add(record) for record in records])
    typer.echo(f"{added} of {len(records)} runs were new")


def _read(source: str) -> list[Record]:
    from drill.errors import ScenarioError
    from drill.history.folders import of_folder
    from drill.history.lines import read

    if Path(source).is_dir():
        return [of_folder(Path(source))]
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except (OSError, ValueError) as refused:
        hint = "give a file that `drill history export` wrote, or the folder of a run"
        raise ScenarioError(f"{source}: {refused}", hint=hint) from refused
    return list(read(text.splitlines(), source))


def overdue(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCENARIO...]", help="By default all that were ever played."),
    ] = None,
    every: Annotated[float, duration_option("How old a good drill may be.")] = (
        "90d"  # type: ignore[assignment]  # parsed
    ),
) -> None:
    """Say which scenarios and registers no drill has shown to be fine for that long; exit 1 if there are any."""
    from drill.history import History
    from drill.history.opening import NoHistory
    from drill.history.overdue import dues
    from drill.history.told import due

    try:
        history = History.kept()
    except NoHistory as none:
        _say([f"no drill was ever kept: {none}"])
        raise typer.Exit(1) from None
    records = history.runs(whole=True)
    asked = [known(each, history) for each in scenarios or ()]
    found = dues(records, asked or [record.scenario for record in records])
    since = datetime.now(UTC) - timedelta(seconds=every)
    _say(due(found, since) if found else ["no drill was ever kept"])
    if not found or any(each.overdue(since) for each in found):
        raise typer.Exit(1)


def _say(lines: Iterable[str]) -> None:
    from drill.reports.text import printable

    typer.echo("\n".join(map(printable, lines)))
