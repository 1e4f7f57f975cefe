"""Playing scenarios."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drill.cli.keeping import held_against_earlier, share
from drill.cli.keeping import keep as remember
from drill.cli.options import AlsoJson, AlsoJunit, Image, On, PgBin, duration_option

if TYPE_CHECKING:
    from drill.head import Head
    from drill.rehearsal import Rehearsal
    from drill.reports import Wanted
    from drill.reports.live import Live
    from drill.reports.progress import Progress
    from drill.result import Judged


_INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    app.command(name="run")(run)


def run(  # noqa: PLR0913 - one parameter for each option
    scenarios: Annotated[
        list[str], typer.Argument(metavar="SCENARIO...", help="Files, or names that `drill list` shows.")
    ],
    on: Annotated[On, typer.Option(help="Where the sites stand; auto is Docker where it can be used.")] = On.auto,
    people: Annotated[int | None, typer.Option(help="100 to 10000000, instead of the scenario's number.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of rows and citizens' business: 0 to 2147483647.")] = None,
    repeat: Annotated[int, typer.Option(min=1, max=1000, help="Play each scenario so often.")] = 1,
    rto: Annotated[float | None, duration_option("Another RTO for every register; marked in the report.")] = None,
    rpo: Annotated[float | None, duration_option("Another RPO for every register; marked in the report.")] = None,
    timeout: Annotated[float | None, duration_option("End a drill that takes longer.")] = None,
    runs: Annotated[Path, typer.Option(help="Where the evidence of each run goes.")] = Path("runs"),
    key: Annotated[
        Path | None,
        typer.Option(envvar="DRILL_KEY", metavar="FILE", help="Sign the evidence with this key, not with your own."),
    ] = None,
    pause: Annotated[
        bool, typer.Option("--pause", help="Before each act say what will happen and why, and wait for Enter.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave both sites up afterwards, until Ctrl-C.")] = False,
    pg_bin: PgBin = None,
    image: Image = None,
    json: AlsoJson = None,
    junit: AlsoJunit = None,
    markdown: Annotated[str | None, typer.Option(metavar="FILE|-", help="Also write the result as Markdown.")] = None,
    html: Annotated[str | None, typer.Option(metavar="FILE|-", help="Also write the report as one page.")] = None,
    pdf: Annotated[str | None, typer.Option(metavar="FILE", help="Also write it as PDF (needs WeasyPrint).")] = None,
    github: Annotated[
        bool, typer.Option("--github", help="Also tell the workflow step that this is: annotations, summary.")
    ] = False,
    meta: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What only people know; kept with the evidence, for reports.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, and a few plain lines as result.")] = False,
    regress: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", parser=share, help="Miss when the RTA is so much over earlier runs' median: 20%."
        ),
    ] = None,
    history: Annotated[bool, typer.Option(help="Keep the runs in the history.")] = True,
) -> None:
    """Play scenarios on real PostgreSQL and judge each recovery.

    Examples: `drill run scenarios/power-loss.yaml`, `drill run power-loss courier-dump --on embedded --json -`
    """
    from drill.cli.report import must_be_deliverable
    from drill.cli.standstill import Standstill, must_be_a_terminal
    from drill.dossier.meta import Meta
    from drill.hosts.choice import Wish, choose
    from drill.rehearsal import Rehearsal
    from drill.reports import Wanted
    from drill.reports.live import Live
    from drill.scenario import Scenario
    from drill.scenario.plan import acts_of
    from drill.scenario.shelf import find_scenario
    from drill.signature import own_signer

    wanted = Wanted(json, junit, markdown, html, pdf, github, quiet)
    must_be_deliverable(wanted, runs)
    if pause:
        must_be_a_terminal()
    files = [find_scenario(given) for given in scenarios]
    played = [Scenario.load(file).with_overrides(people=people, seed=seed, rto=rto, rpo=rpo) for file in files]
    told = None if meta is None else Meta.kept(meta)
    texts = [file.read_text(encoding="utf-8") for file in files]
    signer = own_signer(key, runs)
    premises = choose(Wish(on.value, pg_bin, image), _say)
    onlooker = None if quiet else _onlooker()
    rehearsals: list[Rehearsal] = []
    for scenario, file, text in zip(played, files, texts, strict=True):
        stands = Standstill(acts_of(scenario), onlooker if isinstance(onlooker, Live) else None)
        rehearsal = Rehearsal(
            *(scenario, file, text, premises, runs),
            onlookers=[onlooker] if onlooker else [],
            pause=stands.before if pause else None,
            linger=stands.kept if keep else None,
            beside=None if regress is None else held_against_earlier(regress),
            signer=signer,
            meta=told,
        )
        rehearsals += [rehearsal] * repeat
    raise typer.Exit(_play_all(rehearsals, onlooker, timeout, wanted, remember if history else None))


def _onlooker() -> Live | Progress:
    """The live view where the terminal can show it, else plain lines."""
    from drill.reports.live import Live, fits
    from drill.reports.progress import Progress

    return Live(sys.stderr) if fits(sys.stderr) else Progress(sys.stderr)


def _play_all(
    rehearsals: Sequence[Rehearsal],
    onlooker: Live | Progress | None,
    limit: float | None,
    wanted: Wanted,
    remembered: Callable[[Judged], str] | None,
) -> int:
    """Play one after the other, report on all that left evidence, and return the worst exit code."""
    from drill.cli.ending import Ending
    from drill.cli.report import dossiers_of, unheeded_by_github
    from drill.reports import deliver
    from drill.verdict import worst_exit

    codes: list[int] = []
    told: list[Judged] = []
    heads: list[Head] = []

    def tell(run: Judged) -> None:
        told.append(run)
        if remembered is not None and (refused := remembered(run)):
            _say(refused)

    for rehearsal in rehearsals:
        with _ended(codes), unheeded_by_github(wanted), Ending(limit).heeded():
            heads.append(rehearsal.begin())
            _say(f"opening   {heads[-1].folder.opening}")
            with onlooker.on() if onlooker else nullcontext():
                rehearsal.play(tell, heads[-1])
            codes.append(told[-1].result.exit_code)
        if codes[-1] == _INTERRUPTED:
            break
    for head in heads:
        _say(f"evidence: {head.folder.path}\n{head.told()}")
    folders = [rehearsals[0].runs / judged.run_id for judged in told]
    code = worst_exit(codes)
    deliver(dossiers_of(told, folders, wanted), code, wanted)
    return code


@contextmanager
def _ended(codes: list[int]) -> Iterator[None]:
    """Tell what ends one playing early, and add its exit code."""
    from drill.errors import DrillError, OutOfTime

    try:
        yield
    except (DrillError, OutOfTime) as broken:
        codes.append(broken.exit_code)
        _say(f"{broken}\nhint: {broken.hint}")
    except KeyboardInterrupt:
        codes.append(_INTERRUPTED)
        _say("interrupted: everything was undone, the evidence so far is kept")


def _say(text: str) -> None:
    from drill.reports.text import lines

    typer.echo(lines(text), err=True)
