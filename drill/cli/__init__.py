"""The command line: read arguments, call one function, choose an exit code.

Only typer and the standard library are imported here; what a command needs, it imports when it runs.
"""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from drill.cli import (
    actions,
    evidence,
    history,
    judge,
    machine,
    project,
    psql,
    report,
    run,
    scenarios,
    seal,
    verify,
)

# no line is longer than 78 columns: they are broken here, and not once more by a terminal
_EPILOG = """\
Exit codes: 0 as expected, 1 a surprise (a miss that was not expected, or an
expected one that was met), 2 usage or invalid scenario (nothing was started),
3 unknown (evidence is lacking), 4 could not run (engine, image, disk, port,
own data, --timeout, a step outside the recovery), or a check of `doctor`
failed, or something stays after `clean`, 70 internal error, 130 interrupted
(everything was undone), 141 the reader of the output went away.
"""


class _Commands(TyperGroup):
    """Leaves a reader that went away to `main`: typer itself would exit 1, which is a verdict. Tells what was ended."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as gone:
            raise typer.Exit(141) from gone
        except KeyboardInterrupt as ended:
            code = getattr(ended, "exit_code", 130)  # of the command's own --timeout
            says = f"{ended}\nhint: give it more with --timeout" if code != 130 else f"interrupted: {ended}"
            typer.echo(says if str(ended) else "interrupted", err=True)
            raise typer.Exit(code) from ended


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        try:
            version = metadata.version("drill")
        except metadata.PackageNotFoundError:
            version = "from a checkout, not installed"
        typer.echo(f"drill {version}")
        raise typer.Exit


@app.callback()
def drill(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Rehearse the loss of the home site on real PostgreSQL, and judge the recovery with evidence."""


for _commands in (run, psql, scenarios, judge, report, project, evidence, history, actions, seal, verify, machine):
    _commands.register(app)
