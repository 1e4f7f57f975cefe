"""psql at a site of a drill that stands still: kept, or in a pause."""

from __future__ import annotations

import os
import shutil
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from drill.errors import CannotRun, ScenarioError

if TYPE_CHECKING:
    from drill.sites.doors import Doors, Way

_KNOCK = 5  # seconds that a server is given to let somebody in
_FROZEN = "it is frozen, or overloaded: a dead one would refuse"


class At(StrEnum):
    """One of the two sites."""

    home = "home"
    embassy = "embassy"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(name="psql")(psql)


def psql(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Its id, or `last`.")],
    site: Annotated[At, typer.Argument(metavar="home|embassy", help="At which site.")],
    rest: Annotated[
        list[str] | None,
        typer.Argument(metavar="REGISTER -- PSQL_ARGS", help="The register, else the first; and psql's own words."),
    ] = None,
    pg_bin: Annotated[Path | None, typer.Option(envvar="DRILL_PG_BIN", help="PostgreSQL's programs.")] = None,
) -> None:
    """Open psql at a site of a drill that stands still: kept (`--keep`) or in a pause (`--pause`).

    Examples: `drill psql last home`, `drill psql last embassy land -- -c 'select count(*) from title'`
    """
    doors = _doors(run)
    words = rest or []
    named = words.pop(0) if words and not words[0].startswith("-") else doors.registers[0]
    if named not in doors.registers:
        raise ScenarioError(f"{named}: no register of this drill", hint=f"it has {', '.join(doors.registers)}")
    way = doors.ways[site.value]
    if way.shut:
        raise CannotRun(f"{site.value} cannot be entered: {way.shut}", hint=f"the drill stands still {doors.why}")
    _knock(doors, site.value, way, named)
    _become_psql(_program(doors, pg_bin), doors, way, [named, site.value, *words])


def _doors(run: str) -> Doors:
    """Of the drill that is meant; ScenarioError when there is none, or when it does not stand still."""
    from drill.hosts.mark import is_run_id
    from drill.sites.doors import standing

    known = list(standing())
    run_id = known[-1].run_id if run == "last" and known else Path(run).name
    for doors in known:
        if doors.run_id == run_id:
            return doors
    how = "one does with --keep, or in a pause with --pause, for the user who runs it"
    if run == "last":
        raise ScenarioError("no drill stands still, so there is no last one", hint=how)
    now = f"standing still now: {', '.join(doors.run_id for doors in known)}" if known else "no drill stands still now"
    what = "does not stand still: it goes on, or has ended" if is_run_id(run_id) else "is no id of a run"
    raise ScenarioError(f"{run} {what}", hint=f"{now}; {how}")


def _knock(doors: Doors, site: str, way: Way, database: str) -> None:
    """Log in once: psql itself would wait for a frozen server for ever."""
    import psycopg

    from drill.sites.doors import forget_other_servers

    forget_other_servers()
    try:
        psycopg.connect(
            host=way.host,
            port=way.port,
            user=way.user,
            dbname=database,
            passfile=str(doors.passfile),
            connect_timeout=_KNOCK,
        ).close()
    except psycopg.errors.ConnectionTimeout as silent:
        raise CannotRun(f"{site} does not answer within {_KNOCK} s", hint=_FROZEN) from silent
    except psycopg.Error as refused:
        hint = f"no server runs at {site}, or it lets nobody into {database}; the drill stands still {doors.why}"
        raise CannotRun(f"{site} lets nobody in: {' '.join(str(refused).split())}", hint=hint) from refused


def _program(doors: Doors, given: Path | None) -> Path:
    """The psql of the folder that is given, else of the drill's own PostgreSQL, else of this machine."""
    from drill.hosts import binaries

    own = Path(doors.programs) / "psql"
    if given is None and os.access(own, os.X_OK):
        return own
    try:
        return binaries.find(given).folder / "psql"
    except CannotRun:
        found = shutil.which("psql")
        if given is not None or found is None:
            raise
        return Path(found)


def _become_psql(program: Path, doors: Doors, way: Way, words: list[str]) -> NoReturn:
    """In the place of this process, so that the terminal is psql's own."""
    database, site, *further = words
    where = ["-h", way.host, "-p", str(way.port), "-U", way.user, "-d", database, "--no-password"]
    prompt = [f"--set=PROMPT{n}={site} %/%R%x%# " for n in (1, 2)]
    environment = {**os.environ, "PGPASSFILE": str(doors.passfile)}
    try:
        os.execve(program, ["psql", *where, *prompt, *further], environment)  # noqa: S606 - no shell is wanted
    except OSError as failed:
        hint = "name a folder of PostgreSQL's programs with --pg-bin"
        raise CannotRun(f"{program} does not run: {failed.strerror}", hint=hint) from failed
