"""Old evidence, judged again."""

from pathlib import Path
from typing import Annotated

import typer

from drill.cli.options import AlsoJson
from drill.errors import DrillError, ScenarioError


def register(app: typer.Typer) -> None:
    app.command(name="judge")(judge_run)


def judge_run(
    run: Annotated[Path, typer.Argument(help="The folder of a run, or its id below the runs folder.")],
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = Path("runs"),
    json: AlsoJson = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="A few plain lines instead of the table.")] = False,
) -> None:
    """Judge the evidence of a run again: its verdict is the exit code. Starts nothing, changes nothing in the folder.

    Documents are written by `drill report`.
    """
    from drill.cli.report import dossiers_of
    from drill.folder import Folder
    from drill.judge import judged
    from drill.reports import Wanted, deliver
    from drill.reports.text import lines

    try:
        folder, wanted = found(run, runs), Wanted(json=json, quiet=quiet)
        result = judged(Folder(folder).read())
        deliver(dossiers_of([result], [folder], wanted), result.result.exit_code, wanted)
    except DrillError as wrong:
        typer.echo(lines(f"{wrong}\nhint: {wrong.hint}"), err=True)
        raise typer.Exit(wrong.exit_code) from None
    raise typer.Exit(result.result.exit_code)


def found(run: Path, runs: Path) -> Path:
    """The folder of a run that is named by its path or its id; ScenarioError where there is none."""
    for path in (run, runs / run):
        if path.is_dir():
            return path
    raise ScenarioError(
        f"{run}: there is no such run, neither here nor in {runs}", hint="give its folder, or its whole id"
    )
