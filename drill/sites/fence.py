"""The fence at a database: for registers that are lost while the rest of their site goes on serving."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from drill.clock import wait_until
from drill.errors import StepFailed

if TYPE_CHECKING:
    from drill.sites.site import Site

_PATIENCE = 20.0  # seconds for what is connected to end
_OPEN = "select datname from pg_database where datname = any(%s) and datallowconn order by 1"
# Autovacuum does as it likes, and writes nothing that anybody was promised.
_INSIDE = " from pg_stat_activity where datname = any(%s) and backend_type <> 'autovacuum worker'"
_END, _COUNT = "select pg_terminate_backend(pid)" + _INSIDE, "select count(*)" + _INSIDE
# Whoever was let in before the door was closed, and is not yet shown in any database.
_ENTERING = (
    "select count(*) from pg_stat_activity"
    " where backend_type = 'client backend' and datid is null and backend_start <= %s"
)


def close(site: Site, registers: Collection[str]) -> None:
    """No connection to these databases any more, old or new, confirmed by the server; one that is gone is closed."""
    names = sorted(registers)
    closed_at = _bar(site, names)

    def empty() -> bool:
        """Those who are entering may belong to any database: they are waited for, not ended."""
        site.ask(_END, [names])
        ((entering,),) = site.ask(_ENTERING, [closed_at])
        if entering:
            raise StepFailed(f"{entering} connections are just being made", hint="")
        if inside := said_against(site, names):
            raise StepFailed(inside, hint="")
        return True

    hint = f"see the log of {site.name}'s server"
    wait_until(f"{', '.join(names)} of {site.name} are closed", empty, deadline=_PATIENCE, hint=hint)


def said_against(site: Site, registers: Collection[str]) -> str:
    """What the server itself says against the fence: a database that takes connections, or has some. Else nothing."""
    names = sorted(registers)
    if still := [name for (name,) in site.ask(_OPEN, [names])]:
        return f"{', '.join(still)} of {site.name} take connections"
    ((inside,),) = site.ask(_COUNT, [names])
    return f"{inside} are connected to {', '.join(names)} of {site.name}" if inside else ""


def _bar(site: Site, names: list[str]) -> str:
    """The moment, by the server's clock, from which on nobody is let in."""
    try:
        with site.console() as console:
            for (name,) in console.execute(_OPEN, [names]).fetchall():
                console.execute(sql.SQL("alter database {} with allow_connections false").format(sql.Identifier(name)))
            ((moment,),) = console.execute("select clock_timestamp()::text").fetchall()
    except psycopg.Error as refused:
        raise site.failed(f"{', '.join(names)} cannot be closed: {refused}", refused) from refused
    return str(moment)
