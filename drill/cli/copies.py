"""Copies that somebody already has: the seal of their server, and whether they hold to it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drill.cli.run import On

if TYPE_CHECKING:
    from drill.clusters import Cluster
    from drill.offered import Offered
    from drill.packed_backup import PackedBackup
    from drill.seals import How, Sealed
    from drill.throttle import Throttle

_SHORTEST, _LONGEST = 0.001, 24 * 86_400.0  # seconds that a server takes for the limit of a statement


def register(app: typer.Typer) -> None:
    app.command(name="seal")(seal)
    app.command(name="verify")(verify)


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
    timeout: Annotated[str, typer.Option(metavar="DURATION", help="Give up a statement that takes longer.")] = "1h",
    pg_bin: Annotated[Path | None, typer.Option(envvar="DRILL_PG_BIN", help="PostgreSQL's programs.")] = None,
) -> None:
    """Seal a live server: what each table and the schema hold, to verify copies of it by. Reads only, unless asked.

    Examples: `drill seal postgresql://me@localhost/land -o land.json`,
    `drill seal 'host=/run/postgresql user=postgres' --with-dump nightly`,
    `drill seal 'host=/run/postgresql user=postgres' --quiesced --restore-point before-the-move`
    """
    from drill import seals
    from drill.digest import Form
    from drill.hosts import binaries
    from drill.sealing import Sealing
    from drill.sites.doors import forget_other_servers
    from drill.sites.origin import Origin

    how, patience = _how(with_dump, quiesced=quiesced, paused=on_paused_standby), _patience(timeout)
    throttle = None if rate is None else _throttle(rate)
    origin = Origin.named(dsn)
    forget_other_servers()
    programs = binaries.find(pg_bin).folder if with_dump else Path()
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
    with _new(with_dump):
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


def _patience(timeout: str) -> float:
    """Seconds for one statement; a server takes less than a millisecond for no limit at all."""
    from drill.errors import ScenarioError

    if not _SHORTEST <= (patience := _seconds(timeout)) <= _LONGEST:
        raise ScenarioError(f"--timeout: {timeout} is no time for a statement", hint="write 1ms to 24d")
    return patience


def _throttle(rate: str) -> Throttle:
    from drill.errors import ScenarioError
    from drill.throttle import Throttle, bytes_a_second

    try:
        return Throttle(bytes_a_second(rate))
    except ValueError as wrong:
        raise ScenarioError(f"--rate: {wrong}", hint="it is how much of the tables is read in a second") from None


def _seconds(timeout: str) -> float:
    from drill.errors import ScenarioError
    from drill.objectives import seconds

    try:
        return seconds(timeout)
    except ValueError as wrong:
        raise ScenarioError(f"--timeout: {wrong}", hint="write it as 90s or 5m") from None


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
    copy: Annotated[
        Path,
        typer.Argument(metavar="COPY", help="A dump, a folder of dumps, a base backup (tar too), a data directory."),
    ],
    seal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What `drill seal` wrote; without it much is unknown.")
    ] = None,
    on: Annotated[On, typer.Option(help="Where the sandbox stands; auto is Docker where it can be used.")] = On.auto,
    allow: Annotated[
        list[str] | None, typer.Option(help="A known difference: roles (none there), unlogged (empty).")
    ] = None,
    wal: Annotated[Path | None, typer.Option(metavar="DIR", help="The archived log of a base backup.")] = None,
    tablespace: Annotated[
        list[str] | None, typer.Option(metavar="OID=DIR", help="Where a tablespace of the base backup lies.")
    ] = None,
    target: Annotated[
        str, typer.Option(metavar="POINT", help="Replay a base backup up to latest, name:X, lsn:X or time:X.")
    ] = "latest",
    expect_after: Annotated[
        str | None, typer.Option(metavar="TIME", help="Missed where a base backup and its log are older.")
    ] = None,
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

    Examples: `drill verify land.dump --seal land.json`, `drill verify nightly --seal seal.json --json -`,
    `drill verify base --wal archive --seal seal.json`
    """
    from drill import seals
    from drill.cli.ending import Ending
    from drill.cluster_verification import UNLOGGED, ClusterVerification
    from drill.errors import ScenarioError
    from drill.hosts.choice import Wish, choose
    from drill.offered import Offered
    from drill.reports import Wanted
    from drill.reports.verified import deliver_verified
    from drill.sites.aim import Aim
    from drill.verification import Verification

    if unknown := sorted(set(allow or ()) - {"roles", UNLOGGED}):
        raise ScenarioError(f"--allow knows no {', '.join(unknown)}", hint=f"it knows: roles, {UNLOGGED}")
    limit = None if timeout is None else _seconds(timeout)
    wanted = Wanted(json=json, junit=junit, quiet=quiet)
    say = (lambda _: None) if quiet else _say
    aim, after, allowed = Aim.named(target), _after(expect_after), frozenset(allow or ())
    offered: Offered | Cluster | PackedBackup | None = _physical(copy, wal, _tablespaces(tablespace or ()))
    if offered is None:
        if wal is not None or tablespace or target != "latest" or after is not None:
            hint = "a dump is of one moment, and holds no log: leave out --wal, --tablespace, --target, --expect-after"
            raise ScenarioError(f"{copy} is no base backup and no data directory", hint=hint)
        offered = Offered.recognised(copy)
    sealed = None if seal is None else seals.read(seal)
    premises = choose(Wish(on.value, pg_bin, image), say)
    verification: Verification | ClusterVerification
    if isinstance(offered, Offered):
        verification = Verification(offered, sealed, premises, allowed, jobs)
    else:
        verification = ClusterVerification(offered, aim, sealed, premises, after, jobs, allowed)
    with Ending(limit).heeded():
        verified = verification.run(say)
    deliver_verified(verified, wanted)
    raise typer.Exit(verified.exit_code)


def _physical(copy: Path, wal: Path | None, tablespaces: Mapping[str, Path]) -> Cluster | PackedBackup | None:
    """What lies there, if it is a copy of a whole server."""
    from drill.clusters import Cluster
    from drill.errors import ScenarioError
    from drill.packed_backup import PackedBackup

    for option, folder in (("--wal", wal), *(("--tablespace", each) for each in tablespaces.values())):
        if folder is not None and not folder.is_dir():
            raise ScenarioError(f"{folder} is no folder", hint=f"name the folder in which it lies: {option}")
    return Cluster.recognised(copy, wal, tablespaces) or PackedBackup.recognised(copy, wal, tablespaces)


def _tablespaces(written: Sequence[str]) -> dict[str, Path]:
    """OID=DIR, each."""
    from drill.errors import ScenarioError

    found = {}
    for each in written:
        oid, _, folder = each.partition("=")
        if not (oid.isascii() and oid.isdecimal() and folder):
            hint = "write the number of the tablespace and a folder: 16385=/backup/16385"
            raise ScenarioError(f"--tablespace: {each!r} names no tablespace", hint=hint)
        found[oid] = Path(folder)
    return found


def _after(written: str | None) -> datetime | None:
    from drill.clock import instant
    from drill.errors import ScenarioError

    try:
        return None if written is None else instant(written)
    except ValueError as wrong:
        raise ScenarioError(f"--expect-after: {written!r} is no point in time", hint=str(wrong)) from wrong


def _say(text: str) -> None:
    typer.echo(text, err=True)
