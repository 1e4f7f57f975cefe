"""Loading somebody's dump into a server: what is told of it names objects, and what to do, never a value of a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from drill.dumpfile import DumpFile, Form, globals_at, statements_of
from drill.errors import CannotRun, Killed, NotInTime, StepFailed, Unloadable
from drill.sites.courier import authorise, locally
from drill.sites.discretion import of_error, of_program

if TYPE_CHECKING:
    from drill.sites.site import Site

DEADLINE = 4 * 3600.0  # seconds
_JOBS = 2
_DEADLOCK = "deadlock detected"
_LOOK = 300.0  # seconds for a list of what is in a dump

_ROLE = re.compile(r'(?:CREATE|ALTER) ROLE ("(?:[^"]|"")+"|[^\s;"]+)')
_SETS = re.compile(_ROLE.pattern + " SET ")
_SECRET = re.compile(r" PASSWORD E?'(?:[^']|'')*'")
_GRANTOR = re.compile(r' GRANTED BY (?:"(?:[^"]|"")+"|[^\s;"]+);$')
# Places on somebody's disks; labels, whose providers are not here; and who would have to go on a server that has them.
_NOT_OURS = re.compile(
    r"(?:CREATE|ALTER|COMMENT ON|DROP) TABLESPACE |(?:GRANT|REVOKE) .* ON TABLESPACE |SECURITY LABEL |DROP ROLE "
)
# Of a value or a parameter that another server took: this one has not that locale, or was built without.
_ELSEWHERE = re.compile(r'invalid value for parameter "(?:lc_\w+|\w*compression)"|unrecognized configuration parameter')


class _LockedOut(Unloadable):
    """By another job of the same load."""


@dataclass(frozen=True, slots=True)
class Loading:
    """One dump on its way into one database of a server that runs."""

    dump: DumpFile
    database: str
    roles: Path | None = None  # what pg_dumpall --globals-only wrote on the dump's server
    leaves: Sequence[str] = ("tablespaces",)  # kinds of objects that pg_restore is told to leave out

    def prove_whole(self) -> None:
        """Unloadable where the dump shows of itself that it is cut short."""
        if self.dump.cut:
            raise Unloadable(self.dump.cut, hint="dump it or copy it again")
        if cut := list(self.dump.cut_short()):
            raise Unloadable(f"{self.dump.path} is cut short: {', '.join(cut)}", hint="dump it or copy it again")

    def load(self, site: Site, empty: Callable[[], object] | None = None) -> None:
        """Bring the file there, load it as the officer into the database, which is empty, and take the file away.

        Jobs of pg_restore may lock each other out, which says nothing of the dump: where `empty` makes the database
        anew, it is loaded once more, by one.
        """
        try:
            self._load(site, _JOBS)
        except _LockedOut:
            if empty is None:
                raise
            empty()
            self._load(site, 1)

    def _load(self, site: Site, jobs: int) -> None:
        file = site.host.disk / "loading" / "dump"
        site.host.run(["rm", "-rf", str(file.parent)], deadline=_LOOK)  # what another left that could not be loaded
        site.host.bring(self.dump.path, file)
        self._compare_versions(site, file)
        where = [*locally(site), "-d", self.database]
        if self.dump.form is Form.PLAIN:
            # not in one transaction, which would hold a lock on every large object, and waiting for no disk in each
            told = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-c", "set synchronous_commit = off"]
            argv = [site.program("psql"), *where, *told, "-f", str(file)]
        else:
            together = [] if self.dump.form is Form.TAR else ["-j", str(jobs)]
            left = [f"--no-{each}" for each in self.leaves]
            argv = [site.program("pg_restore"), *where, "--exit-on-error", *left, *together, str(file)]
        self._run(site, argv)
        site.host.run(["rm", "-rf", str(file.parent)], deadline=_LOOK)

    def _compare_versions(self, site: Site, file: PurePosixPath) -> None:
        written_for = self.dump.written_for()
        if self.dump.form is not Form.PLAIN:  # which pg_restore can tell
            listed = self._run(site, [site.program("pg_restore"), "--list", str(file)], deadline=_LOOK)
            found = re.search(r"Dumped from database version: ([0-9.]+)", listed)
            written_for = found[1] if found else ""
        ((server,),) = site.ask("show server_version")
        if _major(written_for) > _major(server):
            raise Unloadable(
                f"{self.dump.path} is of PostgreSQL {written_for}, and {site.name} runs {server}",
                hint=f"a dump cannot go to an older server: {_programs(f'PostgreSQL {_major(written_for)}')}",
                lacking=True,
            )

    def _run(self, site: Site, argv: Sequence[str], *, deadline: float = DEADLINE) -> str:
        """Its output. What it says of an error, which may quote rows, goes to a file on the site's own disk alone."""
        errors = site.host.disk / "loading" / "errors"
        keep = ["/bin/sh", "-c", 'umask 077; errors=$1; shift; exec "$@" 2>"$errors"', "drill", str(errors)]
        try:
            return site.host.run([*keep, *argv], deadline=deadline, env=authorise(site))
        except NotInTime:
            raise
        except StepFailed as failed:
            said = site.host.read(errors)
            told = of_program(said) if said else str(failed)
            says = f"{self.dump.path} cannot be loaded: {told}"
            if isinstance(machine := site.failed(says), Killed | CannotRun):
                raise machine from None
            lacking, hint = self._remedy(told)
            kind = _LockedOut if _DEADLOCK in said else Unloadable
            raise kind(says, hint=hint, lacking=lacking) from None

    def _remedy(self, told: str) -> tuple[bool, str]:
        """Whether it is this PostgreSQL that lacks something, and what to do about it."""
        if re.match(r".*\brole .* does not exist", told):
            given = f"{self.roles} lacks it: write it anew" if self.roles else "give them as `globals: FILE` of `home`"
            return False, f"roles are no part of a dump; {given} (pg_dumpall --globals-only -f FILE, on its server)"
        if found := re.search(r'extension "([^"]*)" is not available', told):
            return True, _programs(f"a PostgreSQL that has {found[1]}")
        lacks = next((hint for sign, hint in _LACKING.items() if re.search(sign, told)), None)
        if lacks is not None:
            return True, lacks
        return False, next((hint for sign, hint in _REMEDIES.items() if re.search(sign, told)), _BY_HAND)


def create_roles(site: Site, file: Path) -> dict[str, str]:
    """Those of the file that are not there yet, without their passwords: nobody logs in as one of them.

    By role: why something cannot be set for it, where this server lacks what it needs. Unloadable for anything else.
    """
    there, lacking = {name for (name,) in site.ask("select rolname::text from pg_roles")}, dict[str, str]()
    try:
        with site.console() as console:
            wanted = _wanted(globals_at(file), there)
            console.execute("\n".join(each for each in wanted if not _SETS.match(each)).encode())
            for each in filter(_SETS.match, wanted):
                try:
                    console.execute(each.encode())
                except psycopg.Error as refused:
                    if not _ELSEWHERE.search(told := of_error(refused)):
                        raise
                    lacking[_named(each) or ""] = told
    except psycopg.Error as refused:
        hint = "write the file anew: pg_dumpall --globals-only, from the server of the dump"
        raise Unloadable(f"the roles of {file} cannot be created: {of_error(refused)}", hint=hint) from None
    except ValueError as changed:  # it was right when it was first read
        raise Unloadable(str(changed), hint="who writes to it?") from None
    return lacking


def statements_about(role: str, file: Path) -> list[str]:
    """The statements of a file of roles that alter that role, which `create_roles` finds there; without secrets."""
    try:
        found = (each for each in statements_of(globals_at(file)) if each.startswith("ALTER"))
        return [_SECRET.sub("", each) for each in found if _named(each) == role]
    except ValueError:  # it changed meanwhile: what it said is missing then
        return []


def create_tablespaces(site: Site, dump: DumpFile) -> None:
    """Those that plain SQL goes by, as folders within the server's own: it cannot be told to leave them out."""
    places = dump.tablespaces()
    if not places:
        return
    try:
        with site.console() as console:
            there = {name for (name,) in console.execute("select spcname::text from pg_tablespace")}
            console.execute("set allow_in_place_tablespaces = on")
            for name in sorted({*map(_unquoted, places)} - there):
                console.execute(sql.SQL("create tablespace {} location ''").format(sql.Identifier(name)))
    except psycopg.Error as refused:
        hint = "dump it with --no-tablespaces"
        raise Unloadable(f"{dump.path}: no tablespace: {of_error(refused)}", hint=hint, lacking=True) from None


def _wanted(roles: str, there: set[str]) -> list[str]:
    """The statements of a file of roles that are executed: no secrets, no places on somebody's disks, nobody twice."""
    wanted: list[str] = []
    for statement in statements_of(roles):
        role = _named(statement)
        if _NOT_OURS.match(statement) or role in there:
            continue
        wanted.append(_SECRET.sub("", statement) if role else _GRANTOR.sub(";", statement))
    return wanted


def _named(statement: str) -> str | None:
    """The role that it creates or alters, if it does."""
    found = _ROLE.match(statement)
    return _unquoted(found[1]) if found else None


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _major(version: str) -> int:
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0


def _programs(wanted: str) -> str:
    return f"drill with the programs of {wanted}: --pg-bin DIR (embedded), or --image NAME (docker)"


LACKS_SETTING = _programs(
    "the PostgreSQL whose pg_dump wrote it, or one that has the extension or the locale of that setting"
)
_BY_HAND = "load it into an empty database of yours to see the server's own words: psql -X -1 -v ON_ERROR_STOP=1, "
_BY_HAND += "or pg_restore --exit-on-error"
_LACKING = {
    "unsupported version": _programs("the PostgreSQL whose pg_dump wrote it, or a newer one"),
    _ELSEWHERE.pattern: LACKS_SETTING,
    "tablespace": "dump it with --no-tablespaces",
    "unrecognized parameter": (
        "dump it with the programs of its own server (`drill seal --pg-bin DIR`), or load it into a newer PostgreSQL:"
        " that knows the parameter, and this one does not"
    ),
    "access file|load library|loaded via|access.method|security label provider": _programs(
        "a PostgreSQL that has this library"
    ),
    "collation|locale|ICU|XML|compressed archive|compression method": _programs(
        "a PostgreSQL that was built with it, and where its locales are"
    ),
}
_REMEDIES = {
    "read from input file|find block|uncompress|unexpected end|input file|magic string|tar header": (
        "the dump is damaged or cut short: dump it or copy it again"
    ),
    "byte sequence": "dump it with --encoding=UTF8; what is no text there cannot be read here",
    "already exists|(?:table|large object) .* does not exist": (
        "was it dumped with --clean or -n? dump it without (-N leaves schemas out)"
    ),
}
