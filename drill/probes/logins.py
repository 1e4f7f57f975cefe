"""Tries whether each role that could log in to a database still can, with a password that the sandbox gives it.

It is for a copy that is thrown away: passwords are set, and stay. How the server's own pg_hba.conf would let a role in
is not tried: none of its configuration is obeyed there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import sql

from drill.clock import wait_until
from drill.errors import NotInTime, StepFailed
from drill.evidence import Observation
from drill.probes.look import printable
from drill.sites.discretion import of_error

if TYPE_CHECKING:
    from drill.sites.site import Site

_CONNECT = 10  # seconds
_LEAVES = 10.0  # seconds that a session which has ended may still count
# Why a role cannot come into the database, as far as the catalogue tells; a superuser passes all but its time.
_WHO: LiteralString = """
select r.rolname::text, r.rolcanlogin and coalesce(r.rolvaliduntil <= now(), false),
       case when not r.rolcanlogin then 'it may not log in'
            when r.rolvaliduntil <= now() then 'its password was valid until ' || to_char(r.rolvaliduntil, 'YYYY-MM-DD')
            when r.rolsuper then null
            when not has_database_privilege(r.oid, d.oid, 'connect') then 'it may not connect'
            when r.rolconnlimit = 0 then 'its connection limit is 0'
            when d.datconnlimit = 0 then 'the connection limit of the database is 0' end
from pg_catalog.pg_roles r, pg_catalog.pg_database d
where r.rolname !~ '^pg_' and d.datname = current_database()
order by 1
"""


def able(console: psycopg.Connection[Any]) -> tuple[str, ...]:
    """The roles that can log in to the database of this connection, as far as the catalogue tells."""
    return tuple(str(role) for role, _, why in console.execute(_WHO).fetchall() if not why)


@dataclass
class _Tries:
    """What became of each role."""

    site: Site
    database: str
    looked_at: int = 0
    wrong: list[str] = field(default_factory=list)
    unseen: dict[str, str] = field(default_factory=dict)
    excused: dict[str, str] = field(default_factory=dict)

    def role(self, name: str, why: str | None, *, outdated: bool) -> None:
        """Try it; `why` is what the catalogue says against it, None where it knows nobody of that name."""
        said = printable(name)
        if outdated and why:
            self.excused[said] = why
            return
        refusal = "there is no such role" if why is None else why
        if not refusal and (refused := self._refused(name)):
            self.unseen[said] = refused
            return
        self.looked_at += 1
        if refusal:
            self.wrong.append(f"{said}: {refusal}")

    def _refused(self, name: str) -> str:
        """Log in; what the server says against it, though its catalogue shows no reason. Empty where it lets it in."""
        password, said = self._given(name), ""

        def comes_in() -> bool:
            nonlocal said
            try:
                self._visit(name, password)
            except psycopg.Error as refused:
                said = " ".join(of_error(refused).split()).rpartition("FATAL: ")[2].strip()
                raise StepFailed(said, hint="") from None
            return True

        try:  # the session before it may still count against its limit
            wait_until(f"{name} logs in", comes_in, deadline=_LEAVES if self._limited(name) else 0, hint="")
        except NotInTime:
            return said
        return ""

    def _visit(self, name: str, password: str) -> None:
        at = self.site.host.address()
        with psycopg.Connection.connect(
            host=at.host,
            port=at.port,
            dbname=self.database,
            user=name,
            password=password,
            connect_timeout=_CONNECT,
            autocommit=True,
            options=f"-c statement_timeout={_CONNECT}s",
            application_name="drill login",
        ) as console:
            console.execute("select 1")

    def _given(self, name: str) -> str:
        """Its password of this run; the officer keeps his own."""
        if name == self.site.officer:
            return self.site.officers_password
        password = self.site.keys.password(f"{name} of the copy")
        with self.site.console(self.database) as console:
            if console.info.server_version >= 160000:
                console.execute("set scram_iterations = 1")
            verifier = console.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
            console.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(name), sql.Literal(verifier)))
        return password

    def _limited(self, name: str) -> bool:
        query = (
            "select r.rolconnlimit > 0 or d.datconnlimit > 0 from pg_catalog.pg_roles r, pg_catalog.pg_database d"
            " where r.rolname = %s and d.datname = current_database()"
        )
        return self.site.ask(query, (name,), database=self.database) == [(True,)]


def logins(site: Site, database: str, due: Iterable[str]) -> Observation:
    """One line for each role that could come into the database when it was sealed, and now cannot.

    One whose password has only grown too old since is told apart: at home it could not come in either. StepFailed when
    the server is gone.
    """
    tries = _Tries(site, database)
    with site.console(database) as console:
        now = {role: (outdated, str(why or "")) for role, outdated, why in console.execute(_WHO).fetchall()}
    for name in due:
        outdated, why = now.get(name, (False, None))
        tries.role(name, why, outdated=outdated)
    return Observation(tries.looked_at, tuple(tries.wrong), tries.unseen, tries.excused)
