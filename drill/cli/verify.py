"""`drill verify`: whether a copy that somebody already has holds to the seal of its server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drill.cli.options import AlsoJson, AlsoJunit, Image, On, PgBin, duration_option

if TYPE_CHECKING:
    from drill.clusters import Cluster
    from drill.offered import Offered
    from drill.packed_backup import PackedBackup


def register(app: typer.Typer) -> None:
    app.command(name="verify")(verify)


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
    timeout: Annotated[float | None, duration_option("End what takes longer.")] = None,
    pg_bin: PgBin = None,
    image: Image = None,
    json: AlsoJson = None,
    junit: AlsoJunit = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, and only what is not met.")] = False,
) -> None:
    """Restore a copy in a sandbox and hold it against the seal of its server. The copy is only read.

    Exit codes: 0 met, 1 missed, 3 unknown; 2, 4 and 130 as of every command.

    Examples: `drill verify land.dump --seal land.json`, `drill verify nightly --seal seal.json --json -`,
    `drill verify base --wal archive --seal seal.json`
    """
    from drill import seals
    from drill.cli.ending import Ending, interrupted
    from drill.cli.report import must_be_deliverable
    from drill.cluster_verification import ClusterVerification
    from drill.errors import ScenarioError
    from drill.hosts.binaries import OLDEST_COPY
    from drill.hosts.choice import Wish, choose
    from drill.offered import Offered
    from drill.reports import Wanted
    from drill.reports.verified import deliver_verified
    from drill.sites.aim import Aim
    from drill.unlogged import UNLOGGED
    from drill.verification import Verification

    if unknown := sorted(set(allow or ()) - {"roles", UNLOGGED}):
        raise ScenarioError(f"--allow knows no {', '.join(unknown)}", hint=f"it knows: roles, {UNLOGGED}")
    wanted = Wanted(json=json, junit=junit, quiet=quiet)
    must_be_deliverable(wanted)
    say = (lambda _: None) if quiet else _say
    aim, after, allowed = Aim.named(target), _after(expect_after), frozenset(allow or ())
    offered: Offered | Cluster | PackedBackup | None = _physical(copy, wal, _tablespaces(tablespace or ()))
    if offered is None:
        if wal is not None or tablespace or target != "latest" or after is not None:
            hint = "a dump is of one moment, and holds no log: leave out --wal, --tablespace, --target, --expect-after"
            raise ScenarioError(f"{copy} is no base backup and no data directory", hint=hint)
        offered = Offered.recognised(copy)
    sealed = None if seal is None else seals.read(seal)
    premises = choose(Wish(on.value, pg_bin, image, OLDEST_COPY), say)
    verification: Verification | ClusterVerification
    if isinstance(offered, Offered):
        verification = Verification(offered, sealed, premises, allowed, jobs)
    else:
        verification = ClusterVerification(offered, aim, sealed, premises, after, jobs, allowed)
    with Ending(timeout).heeded(), interrupted(lambda: "the sandbox was removed"):
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
