"""Copies that somebody already has: the seal of their server, and whether they hold to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drill.cli.run import On

if TYPE_CHECKING:
    from drill.seals import How


def register(app: typer.Typer) -> None:
    app.command(name="seal")(seal)
    app.command(name="verify")(verify)


def seal(  # noqa: PLR0913 - one parameter for each option
    dsn: Annotated[
        str, typer.Argument(envvar="DRILL_DSN", metavar="DSN", help="The server, as libpq names it; see passfile=FILE.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file of the seal.")] = Path("seal.json"),
    database: Annotated[list[str] | None, typer.Option(help="Only these databases; may be said often.")] = None,
    with_dump: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also dump into this new folder, in the same snapshot: exact.")
    ] = None,
    quiesced: Annotated[bool, typer.Option("--quiesced", help="Writers are stopped, which is proven: exact.")] = False,
    on_paused_standby: Annotated[
        bool, typer.Option("--on-paused-standby", help="Replay is paused there: exact at that place of the log.")
    ] = False,
    portable: Annotated[
        bool, typer.Option("--portable", help="Digests that hold across major versions; slower.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=16, help="So many tables at a time.")] = 2,
    pg_bin: Annotated[Path | None, typer.Option(envvar="DRILL_PG_BIN", help="PostgreSQL's programs.")] = None,
) -> None:
    """Seal a live server: what each table and the schema hold, to verify copies of it by. Reads only.

    Examples: `drill seal postgresql://me@localhost/land -o land.json`,
    `drill seal 'host=/run/postgresql user=postgres' --with-dump nightly`
    """
    from drill import seals
    from drill.digest import Form
    from drill.errors import CannotRun
    from drill.hosts import binaries
    from drill.sealing import Sealing
    from drill.sites.doors import forget_other_servers
    from drill.sites.origin import Origin

    how = _how(with_dump, quiesced=quiesced, paused=on_paused_standby)
    forget_other_servers()
    if with_dump is not None:
        try:
            with_dump.mkdir(mode=0o700)
        except OSError as refused:
            raise CannotRun(f"{with_dump}: {refused.strerror}", hint="name a folder that does not exist yet") from None
    programs = binaries.find(pg_bin).folder if with_dump else Path()
    form = Form.PORTABLE if portable else None
    sealing = Sealing(Origin.named(dsn), how, database or (), with_dump, programs, form, jobs)
    sealed = sealing.take(_say)
    _keep(output, seals.written(sealed))
    tables = sum(len(each.tables) for each in sealed.databases.values())
    moved = sum(map(len, sealed.changed.values()))
    _say(f"{output}: {len(sealed.databases)} databases, {tables} tables, {sealed.how}, {sealed.form}")
    if moved:
        _say(f"{moved} tables were written to meanwhile: where a copy differs in them, nobody will know why")


def _how(with_dump: Path | None, *, quiesced: bool, paused: bool) -> How:
    from drill.errors import ScenarioError
    from drill.seals import How

    said = [how for how, wanted in ((How.DUMPED, with_dump), (How.QUIESCED, quiesced), (How.PAUSED, paused)) if wanted]
    if len(said) > 1:
        hint = "a dump's snapshot, quiet writers and a paused standby each make a seal exact: choose one"
        raise ScenarioError("a seal is taken in one way", hint=hint)
    return said[0] if said else How.UNDER_LOAD


def _keep(path: Path, text: str) -> None:
    """Whole or not at all, and for nobody else to read: it tells of every object."""
    from drill.errors import CannotRun

    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
            file.write(text)
        part.replace(path)
    except OSError as refused:
        raise CannotRun(f"{path}: {refused.strerror}", hint="choose another file for the seal: -o FILE") from refused


def verify(  # noqa: PLR0913 - one parameter for each option
    copy: Annotated[Path, typer.Argument(metavar="COPY", help="A dump, or a folder of dumps with globals.sql.")],
    seal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What `drill seal` wrote; without it much is unknown.")
    ] = None,
    on: Annotated[On, typer.Option(help="Where the sandbox stands; auto is Docker where it can be used.")] = On.auto,
    allow: Annotated[list[str] | None, typer.Option(help="A known difference: roles (the copy has none).")] = None,
    jobs: Annotated[int, typer.Option(min=1, max=16, help="So many looks at a time.")] = 2,
    timeout: Annotated[str | None, typer.Option(metavar="DURATION", help="End what takes longer.")] = None,
    pg_bin: Annotated[
        Path | None, typer.Option(envvar="DRILL_PG_BIN", help="PostgreSQL's programs (embedded).")
    ] = None,
    image: Annotated[str | None, typer.Option(envvar="DRILL_IMAGE", help="The image to use (docker).")] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Also write the result as JSON.")] = None,
    junit: Annotated[str | None, typer.Option(metavar="FILE", help="Also write the result as JUnit XML.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, and only what is not met.")] = False,
) -> None:
    """Restore a copy in a sandbox and hold it against the seal of its server. The copy is only read.

    Exit codes: 0 met, 1 missed, 3 unknown; 2, 4 and 130 as of every command.

    Examples: `drill verify land.dump --seal land.json`, `drill verify nightly --seal seal.json --json -`
    """
    from drill import seals
    from drill.cli.ending import Ending
    from drill.errors import ScenarioError
    from drill.hosts.choice import Wish, choose
    from drill.objectives import seconds
    from drill.offered import Offered
    from drill.reports import Wanted
    from drill.reports.verified import deliver_verified
    from drill.verification import Verification

    if unknown := sorted(set(allow or ()) - {"roles"}):
        raise ScenarioError(f"--allow knows no {', '.join(unknown)}", hint="it knows: roles")
    try:
        limit = None if timeout is None else seconds(timeout)
    except ValueError as wrong:
        raise ScenarioError(f"--timeout: {wrong}", hint="write it as 90s or 5m") from None
    wanted = Wanted(json, junit, None, quiet)
    offered, sealed = Offered.recognised(copy), None if seal is None else seals.read(seal)
    say = (lambda _: None) if quiet else _say
    premises = choose(Wish(on.value, pg_bin, image), say)
    with Ending(limit).heeded():
        verified = Verification(offered, sealed, premises, frozenset(allow or ()), jobs).run(say)
    deliver_verified(verified, wanted)
    raise typer.Exit(verified.exit_code)


def _say(text: str) -> None:
    typer.echo(text, err=True)
