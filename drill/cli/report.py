"""Reports of past runs, from their evidence folders."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drill.dossier import Dossier
    from drill.reports import Wanted
    from drill.result import Judged


class Sample(StrEnum):
    """What can be printed to be edited."""

    meta = "meta"
    mapping = "mapping"


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command(name="report")(report)


def _print_sample(wanted: Sample | None) -> None:
    if wanted is None:
        return
    from drill.dossier import mapping, meta

    file = {Sample.meta: meta.SAMPLE, Sample.mapping: mapping.SHIPPED}[wanted]
    typer.echo(file.read_text(encoding="utf-8"), nl=False)
    raise typer.Exit


def report(  # noqa: PLR0913 - one parameter for each option
    run: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs, or ids below the runs folder.")],
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = Path("runs"),
    html: Annotated[str | None, typer.Option(metavar="FILE|-", help="One self-contained page.")] = None,
    pdf: Annotated[str | None, typer.Option(metavar="FILE", help="The page on A4 (needs WeasyPrint).")] = None,
    markdown: Annotated[str | None, typer.Option(metavar="FILE|-", help="Markdown, for an audit folder.")] = None,
    junit: Annotated[str | None, typer.Option(metavar="FILE|-", help="JUnit XML.")] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="JSON.")] = None,
    github: Annotated[
        bool, typer.Option("--github", help="Annotations and summary of the workflow step that this is.")
    ] = False,
    meta: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What only people know, instead of what the run was given.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Another table of standards and laws than ours.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            envvar="DRILL_KEY", metavar="FILE", help="Sign what is written into a run's folder with this key."
        ),
    ] = None,
    history: Annotated[bool, typer.Option(help="Tell the improvement actions that the history holds.")] = True,
    sample: Annotated[
        Sample | None,
        typer.Option(help="Print a file for --meta or --mapping, and exit.", callback=_print_sample, is_eager=True),
    ] = None,
) -> None:
    """Write reports of runs, at any time, from their evidence. Starts nothing and changes nothing in the folders.

    Exits 0 when all is written, whatever the verdict: that is what `drill judge` answers.

    Examples: `drill report runs/ID --html report.html`, `drill report runs/ID --meta meta.yaml --pdf report.pdf`
    """
    from drill.cli.judge import found
    from drill.errors import ScenarioError
    from drill.folder import Folder
    from drill.judge import judged
    from drill.reports import Wanted, tell_github, write_all
    from drill.verdict import worst_exit

    wanted = Wanted(json=json, junit=junit, markdown=markdown, html=html, pdf=pdf, github=github)
    must_be_deliverable(wanted)
    if not wanted.anything:
        raise ScenarioError("no report is asked for", hint="give --html FILE, or another that --help shows")
    folders = [found(each, runs) for each in run]
    told = [judged(Folder(folder).read()) for folder in folders]
    dossiers = dossiers_of(told, folders, wanted, Given(meta, mapping, history))
    write_all(dossiers, worst_exit(each.result.exit_code for each in told), wanted)
    if github:
        tell_github(told)
    for target in (html, pdf, markdown, junit, json):
        _covered(folders, target, key)
        if target not in (None, "-"):
            typer.echo(f"written: {target}", err=True)


def must_be_deliverable(wanted: Wanted, made: Path | None = None) -> None:
    """Before anything is started: is there what these reports need? Raises ScenarioError or CannotRun.

    `made` is a folder that will be there by then.
    """
    import os

    from drill.reports import must_be_writable
    from drill.reports.github import step_summary
    from drill.reports.pdf import available

    if wanted.github:
        step_summary(os.environ)
    if wanted.pdf is not None:
        available()
    for file in wanted.files:
        if made is None or made.exists() or file.parent.resolve() != made.resolve():
            must_be_writable(file)


def unheeded_by_github(wanted: Wanted) -> AbstractContextManager[None]:
    """What is said meanwhile, in names that somebody else chose, commands no runner."""
    import sys

    from drill.reports.github import unheeded

    return unheeded(sys.stdout) if wanted.github else nullcontext()


@dataclass(frozen=True)
class Given:
    """What is told in reports beside the evidence."""

    meta: Path | None = None
    mapping: Path | None = None
    history: bool = True  # whether it is asked for actions


def dossiers_of(
    told: Sequence[Judged], folders: Sequence[Path], wanted: Wanted, given: Given = Given()
) -> list[Dossier]:
    """What lies beside each run is read only where a report tells it."""
    from drill.dossier import Dossier

    today = datetime.now(UTC).date()
    if not wanted.of_dossiers:
        return [Dossier(run, today) for run in told]
    pairs = zip(told, folders, strict=True)
    dossiers = [Dossier.of(run, folder, today, given.meta, given.mapping) for run, folder in pairs]
    return [_with_actions(dossier, asked=given.history) for dossier in dossiers]


def _with_actions(dossier: Dossier, *, asked: bool) -> Dossier:
    """A history that cannot be asked keeps no report from being written; the report says so."""
    from drill.errors import DrillError
    from drill.history import History
    from drill.history.opening import begun

    if not asked:
        return replace(dossier, unasked="the history was not asked")
    try:
        if not begun():
            return replace(dossier, unasked="there is no history here")
        return replace(dossier, actions=History.here().actions(dossier.run.result.scenario, closed=True))
    except DrillError as refused:
        return replace(dossier, unasked=str(refused))


def _covered(folders: Sequence[Path], target: str | None, key: Path | None) -> None:
    """A report that was written into the folder of a run is signed there like the rest."""
    from drill.head import cover
    from drill.signature import own_signer

    for folder in folders:
        if target is not None and target != "-" and Path(target).resolve().is_relative_to(folder.resolve()):
            cover(folder, Path(target), own_signer(key, folder))
