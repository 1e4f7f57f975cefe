"""Somebody's own data as one more register: loaded from their dump, sealed, and used without changing a row of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from drill.dumpfile import DumpFile, Form, globals_at, statements_of
from drill.errors import CannotRun, NotInTime, StepFailed
from drill.evidence import Structure
from drill.objectives import OWN_DATA
from drill.registers.register import OWN_TABLES
from drill.registers.transaction import RECEIPTS
from drill.sites.courier import authorise
from drill.sites.discretion import of_error, of_program
from drill.sites.site import COURIER, OFFICER, citizen

if TYPE_CHECKING:
    from drill.sites.site import Site

_DEADLINE = 4 * 3600.0  # seconds
_JOBS = 2
_LOOK = 300.0  # seconds for a list of what is in a dump

_MINE = "select count(*) from pg_class where relkind in ('r', 'p') and relnamespace::regnamespace::text not in"
_MINE += " ('pg_catalog', 'information_schema') and relnamespace::regnamespace::text !~ '^pg_(toast|temp)'"
_CLASH = "select count(*) from pg_namespace where nspname = 'drill'"
_ELSEWHERE = "select inhrelid::regclass::text from pg_inherits join pg_class c on c.oid = inhrelid where relkind = 'f'"

_ROLE = re.compile(r'(?:CREATE|ALTER) ROLE ("(?:[^"]|"")+"|[^\s;]+)')
_SECRET = re.compile(r" PASSWORD E?'(?:[^']|'')*'")
_GRANTOR = re.compile(r' GRANTED BY (?:"(?:[^"]|"")+"|[^\s;"]+);$')
_NOT_OURS = re.compile(r"(?:CREATE|ALTER|COMMENT ON) TABLESPACE |(?:GRANT|REVOKE) .* ON TABLESPACE ")


@dataclass(frozen=True, slots=True)
class LeaveReceipt:
    """The only business there is over rows whose meaning is not known: it changes no table."""

    name: str = "leave a receipt"

    def sql(self, structure: Structure) -> str:
        """One statement, which returns no rows."""
        return (
            f"insert into {RECEIPTS} (citizen, number, relation, rows, one, two)"  # noqa: S608
            " values ($1::int, $2::int, null, 0, 0, 0)"
        )

    def draw(self, random: Random, people: int) -> Sequence[str]:
        """It needs no parameters."""
        return ()


@dataclass(frozen=True)
class OwnData:
    """What a scenario's `home` names: the dump, and the roles that its server has beside it."""

    dump: DumpFile
    roles: Path | None = None
    name: str = OWN_DATA
    transactions: Sequence[LeaveReceipt] = (LeaveReceipt(),)

    def fill(self, home: Site, people: int, seed: int) -> None:
        """Create the database and load the dump; `people` and `seed` change nothing of it.

        CannotRun names what is missing, and what to do: never a value of a row.
        """
        if cut := list(self.dump.cut_short()):
            raise CannotRun(f"{self.dump.path} is cut short: {', '.join(cut)}", hint="dump it or copy it again")
        if self.roles is not None:
            self._create_roles(home, self.roles)
        try:
            home.create_login(citizen(self.name))
            with home.console() as console:
                _do(console, "create database {database} template template0")
                _do(console, "alter database {database} set log_min_messages = fatal")  # their functions may raise logs
                _do(console, "alter role {courier} bypassrls")  # or policies would keep rows from the copies
            self._load(home)
            self._prepare(home)
        except psycopg.Error as refused:
            raise home.failed(f"{self.name} cannot be filled: {of_error(refused)}") from None

    def _create_roles(self, home: Site, file: Path) -> None:
        """Those that are not there yet, without their passwords: nobody logs in as one of them."""
        there = {name for (name,) in home.ask("select rolname::text from pg_roles")}
        try:
            with home.console() as console:
                console.execute("\n".join(_wanted(globals_at(file), there)).encode())
        except psycopg.Error as refused:
            hint = "write the file anew: pg_dumpall --globals-only, from the server of the dump"
            raise CannotRun(f"the roles of {file} cannot be created: {of_error(refused)}", hint=hint) from None
        except ValueError as changed:  # it was right when the scenario was read
            raise CannotRun(str(changed), hint="who writes to it?") from None

    def _load(self, home: Site) -> None:
        folder = home.host.disk / "own-data"
        file = folder / "dump"
        home.host.bring(self.dump.path, file)
        self._compare_versions(home, file)
        where = ["-h", home.host.listens["unix_socket_directories"], "-p", home.host.listens["port"], "-U", OFFICER]
        if self.dump.form is Form.PLAIN:
            told = ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null"]
            argv = [home.program("psql"), *where, "-d", self.name, *told, "-f", str(file)]
        else:
            jobs = [] if self.dump.form is Form.TAR else ["-j", str(_JOBS)]
            left = [f"--no-{each}" for each in ("tablespaces", "publications", "subscriptions", "security-labels")]
            argv = [home.program("pg_restore"), *where, "-d", self.name, "--exit-on-error", *left, *jobs, str(file)]
        self._run(home, argv)
        home.host.run(["rm", "-r", str(folder)], deadline=_LOOK)

    def _compare_versions(self, home: Site, file: PurePosixPath) -> None:
        written_for = self.dump.written_for()
        if self.dump.form is not Form.PLAIN:  # which pg_restore can tell
            listed = self._run(home, [home.program("pg_restore"), "--list", str(file)], deadline=_LOOK)
            found = re.search(r"Dumped from database version: ([0-9.]+)", listed)
            written_for = found[1] if found else ""
        ((server,),) = home.ask("show server_version")
        if _major(written_for) > _major(server):
            raise CannotRun(
                f"{self.dump.path} is of PostgreSQL {written_for}, and home runs {server}",
                hint=f"a dump cannot go to an older server: {_programs(f'PostgreSQL {_major(written_for)}')}",
            )

    def _run(self, home: Site, argv: Sequence[str], *, deadline: float = _DEADLINE) -> str:
        """Its output. What it says of an error, which may quote rows, goes to a file on home's own disk alone."""
        errors = home.host.disk / "own-data" / "errors"
        keep = ["/bin/sh", "-c", 'umask 077; errors=$1; shift; exec "$@" 2>"$errors"', "drill", str(errors)]
        try:
            return home.host.run([*keep, *argv], deadline=deadline, env=authorise(home))
        except NotInTime:
            raise
        except StepFailed as failed:
            said = home.host.read(errors)
            told = of_program(said) if said else str(failed)
            raise CannotRun(f"{self.dump.path} cannot be loaded: {told}", hint=self._remedy(told)) from None

    def _remedy(self, told: str) -> str:
        """What to do about it."""
        if re.match(r".*\brole .* does not exist", told):
            given = f"{self.roles} lacks it: write it anew" if self.roles else "give them as `globals: FILE` of `home`"
            return f"roles are no part of a dump; {given} (pg_dumpall --globals-only -f FILE, on the dump's server)"
        if found := re.search(r'extension "([^"]*)" is not available', told):
            return _programs(f"a PostgreSQL that has {found[1]}")
        return next((hint for sign, hint in _REMEDIES.items() if re.search(sign, told)), _BY_HAND)

    def _prepare(self, home: Site) -> None:
        """The drill's own tables; the courier may read everything, citizens may leave receipts and nothing else."""
        with home.console(self.name, patience=_DEADLINE) as console:
            if console.execute(_MINE.encode()).fetchone() == (0,):
                raise CannotRun(f"{self.dump.path} holds no table", hint="is it the right dump? nothing could be lost")
            if console.execute(_CLASH.encode()).fetchone() != (0,):
                hint = "rename it before the dump (alter schema drill rename to ...), or dump without it (-N drill)"
                raise CannotRun(f"{self.dump.path} has a schema drill, where the drill keeps its receipts", hint=hint)
            if far := sorted(name for (name,) in console.execute(_ELSEWHERE.encode())):
                hint = f"dump without it ({' '.join(f'-T {name}' for name in far)})"
                said = "a part of a table is foreign, so its rows are elsewhere, and a drill goes nowhere"
                raise CannotRun(f"{self.dump.path}: {said}: {', '.join(far)}", hint=hint)
            with console.transaction():
                console.execute(_NO_REPLICATION.encode())
                console.execute(OWN_TABLES.encode())
                for statement in _RIGHTS:
                    _do(console, statement)
            console.execute("analyze")


# What pg_restore is told to leave out and psql loads: a drill publishes to nobody and subscribes to nothing.
_NO_REPLICATION = """
do $$ declare each record; begin
  for each in select subname as name from pg_subscription s join pg_database d on d.oid = subdbid
              where datname = current_database() loop
    execute format('alter subscription %I set (slot_name = none)', each.name);
    execute format('drop subscription %I', each.name);
  end loop;
  for each in select pubname as name from pg_publication loop
    execute format('drop publication %I', each.name);
  end loop;
end $$
"""
_RIGHTS = (
    "alter table drill.receipt alter column relation drop not null",  # a receipt here speaks of no table
    "revoke all on database {database} from public",
    "grant connect on database {database} to {citizen}, {courier}",
    "alter role {courier} in database {database} set lo_compat_privileges = on",  # large objects have owners of theirs
    "grant usage on schema drill to {citizen}",
    "grant select, insert on drill.receipt to {citizen}",
)
_BY_HAND = "load it into an empty database of yours to see the server's own words: psql -X -1 -v ON_ERROR_STOP=1, "
_BY_HAND += "or pg_restore --exit-on-error"


def _programs(wanted: str) -> str:
    return f"drill with the programs of {wanted}: --pg-bin DIR (embedded), or --image NAME (docker)"


_REMEDIES = {
    "no space left": "make room, or set DRILL_WORK to a larger disk",
    "unsupported version": _programs("the PostgreSQL whose pg_dump wrote it, or a newer one"),
    "unrecognized configuration parameter": _programs(
        "the PostgreSQL whose pg_dump wrote it, or one that has the extension of that setting"
    ),
    "access file|load library|loaded via|access.method": _programs("a PostgreSQL that has this library"),
    "collation|locale|ICU|XML|compressed archive|compression method": _programs(
        "a PostgreSQL that was built with it, and where its locales are"
    ),
    "read from input file|find block|uncompress|unexpected end|input file|magic string|tar header": (
        "the dump is damaged or cut short: dump it or copy it again"
    ),
    "tablespace": "dump it with --no-tablespaces",
    "byte sequence": "dump it with --encoding=UTF8; what is no text there cannot be read here",
    "already exists|(?:table|large object) .* does not exist": (
        "was it dumped with --clean or -n? dump it without (-N leaves schemas out)"
    ),
}


def _wanted(roles: str, there: set[str]) -> list[str]:
    """The statements of a file of roles that are executed: no secrets, no places on somebody's disks, nobody twice."""
    wanted: list[str] = []
    for statement in statements_of(roles):
        role = _ROLE.match(statement)
        if _NOT_OURS.match(statement) or (role and _unquoted(role[1]) in there):
            continue
        wanted.append(_SECRET.sub("", statement) if role else _GRANTOR.sub(";", statement))
    return wanted


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _major(version: str) -> int:
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0


def _do(console: psycopg.Connection[Any], statement: str) -> None:
    names = {"database": OWN_DATA, "citizen": citizen(OWN_DATA), "courier": COURIER}
    console.execute(sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()}))
