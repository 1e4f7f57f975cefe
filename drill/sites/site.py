"""One PostgreSQL server on a host: created, started, asked, promoted. The same class on every host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import psycopg
from psycopg import sql

from drill.digest import PINNED_OPTIONS
from drill.errors import DrillError, NotInTime, StepFailed, failure
from drill.hosts import Address, Host
from drill.hosts.cable import Cable
from drill.sites.console import Console
from drill.sites.discretion import of_error
from drill.sites.keys import Keys
from drill.sites.living import TAIL, heard_out, serves, wait_for
from drill.sites.settings import DISCREET, HBA, HONEST, RESUME, RIGHTS, SETTINGS, known, letters, made_with

OFFICER = "drill"  # the superuser at both sites: the console
COURIER = "courier"  # pulls the copies
WATCH = "watch"  # may log in and nothing else

_CONSOLE_TIMEOUT = 10  # seconds
_PATIENCE = 120.0  # seconds for one statement at the console
_STOP = 30  # seconds
_KNOCK = 0.5  # seconds that a stopped server is given to answer


def citizen(register: str) -> str:
    """The role that the citizens of a register use."""
    return f"{register}_citizen"


def owner(register: str) -> str:
    """The role that owns a register's tables; nobody logs in as it."""
    return f"{register}_owner"


@dataclass(frozen=True, slots=True)
class Door:
    """A way in for a person."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)

    @property
    def pass_line(self) -> str:
        """Its line of a passfile."""
        host = self.host.replace("\\", "\\\\").replace(":", "\\:")
        return f"{host}:{self.port}:*:{self.user}:{self.password}\n"


@dataclass
class Site:
    """PostgreSQL at home or at the embassy. Its one state is the data folder that it serves from."""

    name: str
    host: Host
    cable: Cable
    keys: Keys
    save_log: Callable[[str, str], None]  # given the site's name and its server's log when the site closes
    barred: bool = False  # the fence keeps this site's power off: it must not be given back
    discreet: bool = False  # it holds somebody's own rows: nothing is logged or told that may quote one
    officer: str = OFFICER  # its superuser: the console
    major: int = 18  # version of its programs
    data: PurePosixPath | None = field(default=None, init=False)  # what the server serves from, once it was started
    cluster_of: str = field(default="", init=False)  # the site at which the cluster was created
    listened: Address | None = field(default=None, init=False)  # where the server was last found

    # -- the server -------------------------------------------------------------------------------------------------
    @contextmanager
    def open(self) -> Iterator[Site]:
        """The machine, with nothing on its disk."""
        with self.host.open():
            self.let_in("citizens", "127.0.0.1")
            try:
                yield self
            finally:
                self._save_log()

    def _save_log(self) -> None:
        with suppress(StepFailed):  # a destroyed site took its log with it
            self.save_log(self.name, self.host.read(self.log))

    def let_in(self, caller: str, listen: str) -> None:
        """A line of the cable from `caller` to this site, listening at that address."""
        self.cable.join(f"{caller}-{self.name}", listen=listen, to=self.host.address())

    def reached_from(self, caller: str) -> Address:
        """Where `caller` finds this site: its end of the cable."""
        return self.cable.lines[f"{caller}-{self.name}"]

    # -- losing it --------------------------------------------------------------------------------------------------

    def lose_power(self) -> None:
        """Everything of the site dies at once, and its cable is silent: nothing is left that could refuse a caller."""
        self.cable.cut(self.name, "power")
        self.host.power_off()

    def regain_power(self) -> None:
        """The machine comes back with its disk, its server starts, its cable carries again (but for a fence)."""
        self.host.power_on()
        if self.data is not None:
            self.start(self.data)
        self.cable.point(self.name, self.host.address())
        self.cable.mend(self.name, "power")

    def lose_disk(self) -> None:
        """What was on the disk is destroyed."""
        self.host.erase_disk()
        self.data = None

    def is_writable(self, *, patience: float = _CONSOLE_TIMEOUT) -> bool:
        """Whether its server gives out transaction ids, asked at the console; False where it does not answer."""
        query = "select pg_current_xact_id() is not null"
        try:
            return bool(self.host.running()) and self.ask(query, patience=patience) == [(True,)]
        except StepFailed:
            return False

    def program(self, name: str) -> str:
        """The path of one of PostgreSQL's programs on this host."""
        return str(self.host.programs / name)

    def found(self, embassy: Site) -> Site:
        """Home's new server, with the roles of the courier and of the watch, and the embassy's line to it."""
        self.start(self.initialise())
        self.create_login(COURIER, "replication")
        self.create_login(WATCH)
        with self.console() as console:
            for right in RIGHTS:
                console.execute(right)
        self.let_in(embassy.name, embassy.host.gateway)
        return self

    def initialise(self, folder: str = "data", *options: str) -> PurePosixPath:
        """A new cluster, the officer its superuser; options are for initdb. Its data folder; it is not started."""
        data, secret = self.host.disk / folder, self.host.disk / "first-password"
        self.cluster_of = self.name
        self.host.write(secret, self.officers_password + "\n")
        access = ["--username", self.officer, "--auth=scram-sha-256", "--pwfile", str(secret)]
        kept = ["--no-clean"]  # what a failed initdb leaves tells which shared memory is to be released
        memory = made_with(self.major, "dynamic_shared_memory_type=mmap")  # initdb runs servers, and may be killed too
        argv = [self.program("initdb"), "-D", str(data), *letters(self.major), *access, *memory, *kept, *options]
        self.host.run(argv, deadline=120)
        self.host.write(secret, "")
        self.host.write(data / "pg_hba.conf", HBA)
        return data

    def start(
        self,
        data: PurePosixPath,
        settings: Mapping[str, str] | None = None,
        *,
        cluster_of: str | None = None,
        deadline: float = 120,
    ) -> None:
        """Start the server on a data folder, of a cluster that that site has created, and return when it answers."""
        self.cluster_of = cluster_of or self.cluster_of
        self.launch(data, settings or {})
        wait_for(self, "PostgreSQL starts", self._answers, deadline)

    def launch(self, data: PurePosixPath, settings: Mapping[str, str]) -> None:
        """Start the server on a data folder, and wait for nothing."""
        ours = {**SETTINGS, **self.host.listens, "cluster_name": f"drill {self.name}", **settings}
        chosen = known({**ours, **(DISCREET if self.discreet else {})}, self.major)
        told = (word for name, setting in chosen.items() for word in ("-c", f"{name}={setting}"))
        argv = [self.program("postgres"), "-D", str(data), *told]
        self.host.start(argv, log=self.log)
        self.data, self.listened = data, self.host.address()

    def start_copy_of(self, origin: Site, data: PurePosixPath, *, deadline: float) -> None:
        """Start the server on a physical copy of another site's cluster; it waits for nobody whom that waits for."""
        alone = {"synchronous_standby_names": ""}
        self.start(data, alone, cluster_of=origin.cluster_of, deadline=deadline)

    def stop(self) -> None:
        """End the server, if one runs, as one would who needs the machine for another; its disk stays as it is."""
        if self.data is None or not self.host.read(self.data / "postmaster.pid"):
            return
        try:
            argv = [self.program("pg_ctl"), "stop", "-D", str(self.data), "-m", "immediate", "-t", str(_STOP)]
            self.host.run(argv, deadline=2 * _STOP)
        except StepFailed:  # also where it had crashed before
            if self.listened is not None and self.listened.answers(_KNOCK):
                raise

    def promote(self, *, deadline: float, paused: bool = False) -> None:
        """Make the standby, or one whose replay is paused, a primary; returns when it has left recovery."""
        self.ask("select pg_promote(wait => false)")
        if paused:  # it would look for the promotion only once a second
            self.ask(RESUME)
        wait_for(self, "promotion", self._writable, deadline)

    @property
    def log(self) -> PurePosixPath:
        """The server's log on its own host."""
        return self.host.disk / "server.log"

    def log_lines(self, last: int) -> list[str]:
        """So many of the server's log, from its end."""
        return self.host.read(self.log).splitlines()[-last:] or ["(empty)"]

    def log_tail(self) -> str:
        """The last lines of the server's log, for an error message."""
        return " | ".join(self.log_lines(TAIL))

    def failed(self, says: str, why: psycopg.Error | None = None) -> DrillError:
        """What a server's words, and its log, make of a step. One that was only too slow might still have done it."""
        if self.discreet and why is not None:
            says = says.replace(str(why), of_error(why))
        last = heard_out(self, says)
        ends = f"its log ends: {' | '.join(last[-TAIL:])}"
        if isinstance(why, psycopg.errors.ConnectionTimeout | psycopg.errors.QueryCanceled):
            return NotInTime(f"{self.name}: {' '.join(says.split())}", hint=ends)
        return failure(f"{self.name}: {' '.join(says.split())}", hint=ends, seen=" ".join(last), disk=self.host.disk)

    # -- ways in ----------------------------------------------------------------------------------------------------

    def console(self, database: str = "postgres", *, patience: float = _PATIENCE) -> psycopg.Connection[Any]:
        """The officer's own connection, past the cable; autocommit, every setting that can change a value pinned.

        No statement may take longer than `patience` seconds; a server that does not heed that is left a little later.
        """
        at: Address = self.host.address()
        options = f"{PINNED_OPTIONS} {HONEST} -c statement_timeout={patience * 1000:.0f}"
        try:
            console = Console.connect(
                host=at.host,
                port=at.port,
                dbname=database,
                user=self.officer,
                password=self.officers_password,
                connect_timeout=min(_CONSOLE_TIMEOUT, max(1, round(patience))),
                autocommit=True,
                options=options,
                application_name="drill console",
            )
        except psycopg.Error as refused:
            raise self.failed(f"the console cannot reach {database}: {refused}", refused) from refused
        console.patience = patience
        return console

    @property
    def officers_password(self) -> str:
        """Each new cluster has its own; a physical copy has that of the cluster it was copied from."""
        return self.keys.password(f"{OFFICER} of {self.cluster_of}")

    def _answers(self) -> bool:
        return self.ask("select 1") == [(1,)]

    def _writable(self) -> bool:
        return self.ask("select not pg_is_in_recovery()") == [(True,)]

    def door(self) -> Door:
        """How a person with psql reaches the server while it is kept up; no host when nothing runs there."""
        at = self.host.address() if serves(self.host) else Address("", 0)
        return Door(at.host, at.port, self.officer, self.officers_password)

    def ask(
        self, query: str, parameters: Sequence[Any] = (), database: str = "postgres", *, patience: float = _PATIENCE
    ) -> list[tuple[Any, ...]]:
        """Rows of one query at the console, which may take `patience` seconds."""
        try:
            with self.console(database, patience=patience) as console:
                return console.execute(query.encode(), parameters).fetchall()
        except psycopg.Error as refused:
            raise self.failed(str(refused), refused) from refused

    def configure(self, **settings: str) -> None:
        """ALTER SYSTEM and reload."""
        with self.console() as console:
            for name, setting in settings.items():
                console.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(setting)))
            console.execute("select pg_reload_conf()")

    def create_login(self, role: str, attributes: str = "") -> None:
        """A role that can log in with its password of this run; only its SCRAM verifier travels.

        A random password needs no iterations against guessing. They would cost the machine of the drill, on which all
        citizens log in, more than the server: after an outage many come at once.
        """
        with self.console() as console:
            console.execute("set scram_iterations = 1")
            verifier = console.pgconn.encrypt_password(
                self.keys.password(role).encode(), role.encode(), b"scram-sha-256"
            ).decode()
            console.execute(
                sql.SQL("create role {} login {} password {}").format(
                    sql.Identifier(role), sql.SQL(attributes), sql.Literal(verifier)
                )
            )
