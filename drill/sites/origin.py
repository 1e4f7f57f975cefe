"""Somebody's live server, which is sealed: read, and never asked for long. A mark is left in its log if asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from drill.clock import wait_until
from drill.digest import PINNED_OPTIONS
from drill.errors import CannotRun, DrillError, NotInTime, ScenarioError, StepFailed
from drill.sites.discretion import of_error
from drill.sites.marks import Mark

_CONNECT = 10  # seconds
_LOCK = "5s"  # that a table held by somebody's DDL is waited for
_KEEPS = 300.0  # seconds for what was written to be on a disk
# A session that keeps a snapshot for others, or waits for its turn, is idle by intent.
_READING = f"-c default_transaction_read_only=on -c lock_timeout={_LOCK} -c idle_in_transaction_session_timeout=0"
# Somebody's trigger may write whenever anybody logs in; since PostgreSQL 17, which can also be told to fire none.
_WOULD_WRITE = "read-only transaction"
_UNHEARD = "-c event_triggers=off"

_MARKABLE: LiteralString = """
select pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('wal_level'),
       (select pg_catalog.bool_and(pg_catalog.has_function_privilege(p.oid, 'execute')) from pg_catalog.pg_proc p
        where p.proname = %s and p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace)
"""
_KEPT: LiteralString = "select pg_catalog.pg_current_wal_flush_lsn() >= %s::pg_catalog.pg_lsn"


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
        pinned = f"{PINNED_OPTIONS} -c statement_timeout={patience * 1000:.0f} {_READING}"
        try:
            try:
                return self._connected(database, pinned)
            except psycopg.OperationalError as refused:
                if _WOULD_WRITE not in str(refused):
                    raise
                return self._connected(database, f"{pinned} {_UNHEARD}")
        except psycopg.Error as refused:
            hint = "see host, port, user and database; the password goes into passfile=FILE of the connection string"
            said = " ".join(str(refused).split())
            raise CannotRun(f"{self.name} cannot be reached: {database}: {said}", hint=hint) from None

    def _connected(self, database: str, options: str) -> psycopg.Connection[Any]:
        told = conninfo_to_dict(self.dsn)
        timeout = {"connect_timeout": told.get("connect_timeout") or _CONNECT}
        console: psycopg.Connection[Any] = psycopg.Connection.connect(
            make_conninfo(self.dsn, dbname=database, **timeout),
            autocommit=True,
            options=f"{told.get('options') or ''} {options}".strip(),
            application_name="drill seal",
        )
        return console

    def failed(self, says: str, why: psycopg.Error | None = None) -> DrillError:
        """What its words make of a step; of its rows nothing is told."""
        told = says.replace(str(why), of_error(why)) if why is not None else says
        message = f"{self.name}: {' '.join(told.split())}"
        if isinstance(why, psycopg.errors.QueryCanceled):
            hint = "nothing was changed there; give each statement more time with --timeout"
            return NotInTime(message, hint=hint)
        kind = NotInTime if isinstance(why, psycopg.errors.LockNotAvailable) else StepFailed
        again = "seal as a superuser" if isinstance(why, psycopg.errors.InsufficientPrivilege) else "seal again"
        return kind(message, hint=f"nothing was changed there; {again}")

    def prove_markable(self, mark: Mark, console: psycopg.Connection[Any]) -> None:
        """CannotRun where it cannot be written there; asked before anything long is done."""
        standby, level, allowed = console.execute(_MARKABLE, (mark.function,)).fetchone() or (True, "", False)
        if standby:
            hint = f"only a primary writes to the log: make the {mark.kind} there, or leave {mark.option} out"
            raise CannotRun(f"{self.name} is a standby, which can hold no {mark.kind} of its own", hint=hint)
        if level == "minimal":
            hint = f"no backup could be replayed to it: set wal_level = replica there, or leave {mark.option} out"
            raise CannotRun(f"{self.name} has wal_level = minimal: no {mark.kind} is of use there", hint=hint)
        if not allowed:
            hint = f"grant execute on function {mark.function} to the user, or seal as a superuser"
            raise CannotRun(f"the user may not make a {mark.kind} at {self.name}", hint=hint)

    def leave(self, mark: Mark, *, patience: float) -> str:
        """Write it to its log, which nothing else ever is; the LSN at which its record ends.

        Returns when it is on the server's disk: a server answers before that, and a crash loses what is in memory only.
        NotInTime where it does not get there, StepFailed where the server refuses.
        """
        what, hint = (
            f"{mark.kind} {mark.word!r}",
            "whether it was written is not known: see the server's log; seal again",
        )
        with self.console(self.database, patience=patience) as console:  # may write no row, only that

            def kept() -> bool:
                return console.execute(_KEPT, (lsn,)).fetchone() == (True,)

            try:
                (lsn,) = console.execute(mark.statement, (mark.written,)).fetchone() or ("",)
                wait_until(f"{self.name}: {what} reaches its disk", kept, deadline=_KEEPS, hint=hint)
            except psycopg.Error as refused:
                raise StepFailed(f"{self.name}: no {what}: {of_error(refused)}", hint=hint) from None
        return str(lsn)
