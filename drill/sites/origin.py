"""Somebody's live server, which is sealed: read, never written to, and never asked for long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from drill.digest import PINNED_OPTIONS
from drill.errors import CannotRun, DrillError, NotInTime, ScenarioError, StepFailed
from drill.sites.discretion import of_error

_CONNECT = 10  # seconds
_LOCK = "5s"  # that a table held by somebody's DDL is waited for
_READING = f"-c default_transaction_read_only=on -c lock_timeout={_LOCK}"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a connection string names; its secrets are in no message."""

    dsn: str
    name: str = "the server"

    @classmethod
    def named(cls, dsn: str) -> Origin:
        """ScenarioError where libpq cannot read the string: it is not repeated, since it may hold a password."""
        try:
            told = conninfo_to_dict(dsn)
        except psycopg.Error as wrong:
            hint = "write it as postgresql://user@host:port/database, the password in passfile=FILE"
            raise ScenarioError("the connection string cannot be read", hint=hint) from wrong
        place = ":".join(str(told[key]) for key in ("host", "port") if told.get(key))
        return cls(dsn, f"the server at {place}" if place else "the server")

    @property
    def database(self) -> str:
        """The one that it names; that of the user's name by libpq's rule."""
        told = conninfo_to_dict(self.dsn)
        return str(told.get("dbname") or told.get("user") or "postgres")

    def conninfo(self, database: str) -> str:
        """The same for another database of that server."""
        return make_conninfo(self.dsn, dbname=database)

    def console(self, database: str, *, patience: float) -> psycopg.Connection[Any]:
        """A session that cannot write, in which every setting that can change a value is pinned."""
        told = conninfo_to_dict(self.dsn)
        pinned = f"{told.get('options') or ''} {PINNED_OPTIONS} -c statement_timeout={patience * 1000:.0f}"
        timeout = {"connect_timeout": told.get("connect_timeout") or _CONNECT}
        try:
            console: psycopg.Connection[Any] = psycopg.Connection.connect(
                make_conninfo(self.dsn, dbname=database, **timeout),
                autocommit=True,
                options=f"{pinned} {_READING}".strip(),
                application_name="drill seal",
            )
        except psycopg.Error as refused:
            hint = "see host, port, user and database; the password goes into passfile=FILE of the connection string"
            said = " ".join(str(refused).split())
            raise CannotRun(f"{self.name} cannot be reached: {database}: {said}", hint=hint) from None
        return console

    def failed(self, says: str, why: psycopg.Error | None = None) -> DrillError:
        """What its words make of a step; of its rows nothing is told."""
        told = says.replace(str(why), of_error(why)) if why is not None else says
        kind = (
            NotInTime if isinstance(why, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable) else StepFailed
        )
        return kind(f"{self.name}: {' '.join(told.split())}", hint="nothing was changed there; seal again")
