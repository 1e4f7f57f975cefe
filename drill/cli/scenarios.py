"""Commands about scenarios: write, list, check, explain. None of them starts anything."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import typer

_FILE = typer.Argument(metavar="SCENARIO", help="A file, or the name of a scenario that `drill list` shows.")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("new")(new)
    app.command("list")(list_)
    app.command("validate")(validate)
    app.command("plan")(plan)
    app.command("schema")(schema)


def new(name: Annotated[str, typer.Argument(metavar="NAME", help="NAME.yaml is written in this folder.")]) -> None:
    """Write a commented sample scenario; never overwrites a file."""
    from drill.errors import ScenarioError
    from drill.scenario.sample import file_name, sample

    path = Path(file_name(name))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(sample(name))
    except FileExistsError:
        raise ScenarioError(f"{path} exists already and was left as it is", hint="choose another name") from None
    except OSError as refused:
        raise ScenarioError(f"{path} cannot be written: {refused.strerror}", hint="choose another folder") from refused
    typer.echo(path)


def list_(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Where to look; by default all that are known.")
    ] = None,
    checks: Annotated[bool, typer.Option("--checks", help="List the checks that judge a drill.")] = False,
    kinds: Annotated[bool, typer.Option("--kinds", help="List the kinds of copies, outages and recoveries.")] = False,
) -> None:
    """List the scenarios, each with the sentence it opens with."""
    if checks or kinds:
        _list_words(checks, kinds)
        return
    from drill.errors import ScenarioError
    from drill.scenario.shelf import opening, scenarios_in, shelves

    if folder is not None and not folder.is_dir():
        raise ScenarioError(f"{folder} is no folder", hint="give a folder that holds scenarios, or none")
    found = scenarios_in(*([folder] if folder else shelves()))
    if not found:
        typer.echo("no scenarios here: `drill new NAME` writes one", err=True)
    _table((name if folder is None else str(path), opening(path)) for name, path in found.items())


def _list_words(checks: bool, kinds: bool) -> None:
    from drill.scenario.kinds import check_names, families, purpose

    if checks:
        _table(check_names().items())
    if kinds:
        _table((f"{family}: {kind}", purpose(model)) for family, of in families().items() for kind, model in of.items())


def _table(rows: Iterable[tuple[str, str]]) -> None:
    from drill.reports.text import printable

    lines = list(rows)
    width = max((len(name) for name, _ in lines), default=0)
    for name, text in lines:
        typer.echo(printable(f"{name:<{width}}  {text}".rstrip()))


def validate(files: Annotated[list[str], _FILE]) -> None:
    """Say whether scenarios can be played, without starting anything; every mistake with its line and column."""
    from drill.errors import ScenarioError
    from drill.reports.text import printable
    from drill.scenario import Scenario
    from drill.scenario.shelf import find_scenario

    wrong: list[ScenarioError] = []
    for file in files:
        try:
            path = find_scenario(file)
            Scenario.load(path)
            typer.echo(printable(f"{path}: valid"))
        except ScenarioError as invalid:
            wrong.append(invalid)
    if wrong:
        raise ScenarioError("\n".join(map(str, wrong)), hint=wrong[-1].hint)


def plan(
    file: Annotated[str, _FILE],
    on: Annotated[
        Literal["auto", "embedded", "docker"], typer.Option("--on", help="Where the drill would be played.")
    ] = "auto",
) -> None:
    """Show every act with its targets, waits and resources; nothing is started."""
    from drill.reports.text import lines
    from drill.scenario import Scenario
    from drill.scenario.plan import plan_of
    from drill.scenario.shelf import find_scenario

    scenario = Scenario.load(find_scenario(file))
    typer.echo(lines(f"{plan_of(scenario, on)}\n\nHow long it takes: {_earlier(scenario.name, on)}."))


def _earlier(scenario: str, on: str) -> str:
    from drill.errors import DrillError
    from drill.history import Filter, History
    from drill.history.opening import begun
    from drill.history.told import expected

    try:
        if not begun():
            return expected([])
        history = History.here()
        return expected([run for run in history.runs(Filter(scenario)) if on in ("auto", run.host)])
    except DrillError as refused:
        return f"not known, {refused} ({refused.hint})"


def schema() -> None:
    """Print the JSON Schema of a scenario, for editors."""
    from drill.scenario.schema import scenario_schema_text

    sys.stdout.write(scenario_schema_text())
