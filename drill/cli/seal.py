"""`drill seal`: what a live server holds, to hold copies of it against."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drill.cli.options import duration_option

if TYPE_CHECKING:
    from drill.sealing import Sealing
    from drill.seals import How, Sealed
    from drill.throttle import Throttle

_SHORTEST, _USUAL, _LONGEST = 0.001, 3600.0, 24 * 86_400.0  # seconds, as the limit of a statement


def register(app: typer.Typer) -> None:
    app.command(name="seal")(seal)


def seal(  # noqa: PLR0913 - one parameter for each option
    dsn: Annotated[
        str, typer.Argument(envvar="DRILL_DSN", metavar="DSN", help="The server, as libpq names it; see passfile=FILE.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file of the seal.")] = Path("seal.json"),
    database: Annotated[list[str] | None, typer.Option(help="Only these databases; may be said often.")] = None,
    tables: Annotated[
        list[str] | None,
        typer.Option(metavar="SCHEMA.TABLE", help="Digests of these tables only; may be said often. Others: unknown."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of a seal that is there already.")] = False,
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
    restore_point: Annotated[
        str | None, typer.Option(metavar="NAME", help="When all was read, write this restore point to its log.")
    ] = None,
    nonce: Annotated[
        bool, typer.Option("--nonce", help="When all was read, write a random word to its log, to know copies by.")
    ] = False,
    rate: Annotated[
        str | None, typer.Option(metavar="RATE", help="Read rows no faster, on average: 50MB/s. No limit to a dump.")
    ] = None,
    buckets: Annotated[
        bool, typer.Option("--buckets", help="Also seal parts of each table, to tell where a copy differs; slower.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=16, help="So many tables at a time.")] = 2,
    timeout: Annotated[
        float | None, duration_option("Give up a statement that takes longer (an hour if not said).")
    ] = None,
    pg_bin: Annotated[Path | None, typer.Option(envvar="DRILL_PG_BIN", help="PostgreSQL's programs.")] = None,
) -> None:
    """Seal a live server: what each table and the schema hold, to verify copies of it by. Reads only, unless asked.

    Examples: `drill seal postgresql://me@localhost/land -o land.json`,
    `drill seal 'host=/run/postgresql user=postgres' --with-dump nightly`,
    `drill seal 'host=/run/postgresql user=postgres' --quiesced --restore-point before-the-move`
    """
    from drill import seals
    from drill.cli.ending import Ending, interrupted
    from drill.digest import Form
    from drill.errors import ScenarioError
    from drill.hosts import binaries
    from drill.reports import must_be_writable
    from drill.sealing import Sealing
    from drill.sites.doors import forget_other_servers
    from drill.sites.origin import Origin

    how, patience = _how(with_dump, quiesced=quiesced, paused=on_paused_standby), _patience(timeout)
    throttle = None if rate is None else _throttle(rate)
    if not replace and os.path.lexists(output):
        hint = "choose another file for the seal: -o FILE, or take its place: --replace"
        raise ScenarioError(f"{output} is there already", hint=hint)
    origin = Origin.named(dsn)
    forget_other_servers()
    programs = binaries.find(pg_bin, oldest=binaries.OLDEST_COPY).folder if with_dump else Path()
    form = Form.PORTABLE if portable else None
    sealing = Sealing(
        origin,
        how,
        database or (),
        with_dump,
        programs,
        form,
        jobs,
        patience,
        tables or (),
        restore_point,
        throttle,
        buckets,
        nonce,
    )
    with Ending(None).heeded(), interrupted(lambda: _ended(sealing)), _new(with_dump):
        for file in (output, _part(output)):
            must_be_writable(file)
        sealed = sealing.take(_say)
        _keep(output, seals.written(sealed))
    _say(f"{output}: {_told(sealed)}")


@contextmanager
def _new(folder: Path | None) -> Iterator[None]:
    """A new folder, for nobody else to read; where the sealing ends early it is taken away with all that it holds."""
    from drill.errors import CannotRun

    if folder is None:
        yield
        return
    try:
        folder.mkdir(mode=0o700)
    except OSError as refused:
        raise CannotRun(f"{folder}: {refused.strerror}", hint="name a folder that does not exist yet") from None
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _ended(sealing: Sealing) -> str:
    """What is left of a sealing that was interrupted."""
    marks = " and the ".join(f"{mark.kind} {mark.word}" for mark in sealing.begun)
    left = f"the server's log may hold the {marks}" if marks else "nothing was written to the server"
    return f"no seal was written; {left}"


def _told(sealed: Sealed) -> str:
    """What a seal holds, and what it does not; a line for each."""
    count = sum(len(each.tables) for each in sealed.databases.values())
    lines = [f"{len(sealed.databases)} databases, {count} tables, {sealed.how}, {sealed.form}"]
    if unsealed := sum(map(len, sealed.unsealed.values())):
        lines.append(f"{unsealed} tables have no digest: what a copy holds in them will be unknown")
    if sealed.restore_point is not None:
        lines.append(f"restore point {sealed.restore_point} ends at {sealed.restore_point_lsn}")
    if sealed.nonce is not None:
        lines.append(f"nonce {sealed.nonce} ends at {sealed.nonce_lsn}")
    if sealed.prepared:
        lines.append(f"{len(sealed.prepared)} transactions are prepared: a dump does not hold what they would change")
    if moved := sum(map(len, sealed.changed.values())):
        lines.append(f"{moved} tables were written to meanwhile: where a copy differs in them, nobody will know why")
    return "\n".join(lines)


def _how(with_dump: Path | None, *, quiesced: bool, paused: bool) -> How:
    from drill.errors import ScenarioError
    from drill.seals import How

    said = [how for how, wanted in ((How.DUMPED, with_dump), (How.QUIESCED, quiesced), (How.PAUSED, paused)) if wanted]
    if len(said) > 1:
        hint = "a dump's snapshot, quiet writers and a paused standby each make a seal exact: choose one"
        raise ScenarioError("a seal is taken in one way", hint=hint)
    return said[0] if said else How.UNDER_LOAD


def _patience(timeout: float | None) -> float:
    """Seconds for one statement; a server takes less than a millisecond for no limit at all."""
    from drill.errors import ScenarioError

    if timeout is None:
        return _USUAL
    if not _SHORTEST <= timeout <= _LONGEST:
        raise ScenarioError(f"--timeout: {timeout:g} s is no time for a statement", hint="write 1ms to 24d")
    return timeout


def _throttle(rate: str) -> Throttle:
    from drill.errors import ScenarioError
    from drill.throttle import Throttle, bytes_a_second

    try:
        return Throttle(bytes_a_second(rate))
    except ValueError as wrong:
        raise ScenarioError(f"--rate: {wrong}", hint="it is how much of the tables is read in a second") from None


def _keep(path: Path, text: str) -> None:
    """Whole or not at all, and for nobody else to read: it tells of every object."""
    from drill.errors import CannotRun

    part = _part(path)
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
            file.write(text)
        part.replace(path)
    except OSError as refused:
        raise CannotRun(f"{path}: {refused.strerror}", hint="choose another file for the seal: -o FILE") from refused


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _say(text: str) -> None:
    typer.echo(text, err=True)
