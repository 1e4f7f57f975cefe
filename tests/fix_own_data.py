"""Somebody else's server, from which dumps are made, and a home that is to be filled from them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from drill.digest import quoted
from drill.dumpfile import DumpFile
from drill.errors import CannotRun
from drill.hosts import Premises
from drill.hosts.process import ProcessPremises
from drill.objectives import OWN_DATA
from drill.registers.own_data import OwnData
from drill.sites.courier import authorise, locally
from drill.sites.site import Site
from tests.fix_pair import standing

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "scenarios" / "own-data"
HOSTILE = ROOT / "tests" / "integration"
CANARY = "kanaarilind"  # what only rows say
FORMS = ("-Fp", "-Fc", "-Fd", "-Ft")
# One waits for the other, and the other for it, if both are made at a time; alone each goes on after a while.
_WAITS = """
create table t{mine} (i int);
create function waits{mine}(i int) returns int language plpgsql immutable as 'begin return i; end';
create index on t{mine} (waits{mine}(i));
insert into t{mine} values (1);
create or replace function waits{mine}(i int) returns int language plpgsql immutable as $$ begin
  perform pg_catalog.pg_advisory_xact_lock({mine});
  for n in 1 .. 100 loop
    exit when current_setting('application_name') <> 'pg_restore';
    exit when exists (select from pg_catalog.pg_locks where locktype = 'advisory' and objid = {other} and granted);
    perform pg_catalog.pg_sleep(0.01);
  end loop;
  perform pg_catalog.pg_advisory_xact_lock({other});
  return i;
end $$;
"""
LOCKED_OUT = _WAITS.format(mine=1, other=2) + _WAITS.format(mine=2, other=1)


@dataclass(frozen=True)
class Origin:
    """Where the data comes from."""

    site: Site

    @property
    def folder(self) -> Path:
        """Where its dumps lie; tests look at them past the host."""
        return Path(self.site.host.disk)

    def filled(self, database: str, *files: Path) -> None:
        """With what a file of SQL says, as psql does it."""
        if database != "postgres":
            with self.site.console() as console:
                console.execute(f"create database {database}".encode())
        for number, file in enumerate(files):
            brought = self.site.host.disk / f"{database}-{number}.sql"
            self.site.host.bring(file, brought)
            how = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null"]
            self._run("psql", *how, "-d", database, "-f", str(brought))

    @contextmanager
    def holding(self, sql: str) -> Iterator[str]:
        """A database with just that; its name."""
        with self.site.console() as console:
            console.execute("create database small strategy file_copy")
        try:
            with self.site.console("small") as console:
                console.execute(sql.encode())
            yield "small"
        finally:
            with self.site.console() as console:
                console.execute("drop database small")

    def dumped(self, database: str, *how: str, name: str = "dump") -> Path:
        """What pg_dump makes of a database with these options; over what was made before."""
        self.site.host.run(["rm", "-rf", str(self.site.host.disk / name)], deadline=30)
        self._run("pg_dump", *how, "-f", str(self.site.host.disk / name), "-d", database)
        return self.folder / name

    def roles(self) -> Path:
        """What pg_dumpall makes of its roles."""
        self._run("pg_dumpall", "--globals-only", "-f", str(self.site.host.disk / "globals"))
        return self.folder / "globals"

    def _run(self, program: str, *words: str) -> None:
        argv = [self.site.program(program), *locally(self.site), *words]
        self.site.host.run(argv, deadline=60, env=authorise(self.site))


@dataclass(frozen=True)
class Town:
    """Home, of which all that a test has loaded is removed again, and the origin beside it."""

    home: Site
    origin: Origin

    def load(self, dump: Path, roles: Path | None = None) -> None:
        """As a drill does it."""
        OwnData(DumpFile.recognised(dump), roles).fill(self.home, 0, 0)

    def refused(self, dump: Path, roles: Path | None = None) -> CannotRun:
        """Why it cannot be loaded; nothing that is said anywhere quotes a row."""
        with pytest.raises(CannotRun) as refusal:
            self.load(dump, roles)
        log = self.home.host.read(self.home.log)
        assert CANARY not in f"{refusal.value} {refusal.value.hint} {log}"
        return refusal.value


@contextmanager
def founded(premises: Premises) -> Iterator[Town]:
    """A home that logs nothing of rows, and an origin on the embassy's machine, which stands idle."""
    with standing(premises) as pair:
        other = pair.embassy
        other.start(other.initialise("origin"), {"fsync": "off", "event_triggers": "off"})
        yield Town(discreet(pair.home), Origin(other))


@pytest.fixture(scope="session")
def somewhere(embedded_premises: ProcessPremises) -> Iterator[Town]:
    """An origin with two databases, a harbour's and a hostile one, and a home that is empty."""
    with founded(embedded_premises) as town:
        town.origin.filled("postgres", HOSTILE / "hostile_roles.sql")
        town.origin.filled("harbour", SHIPPED / "harbour.sql")
        town.origin.filled("hostile", HOSTILE / "hostile.sql")
        yield town


def discreet(home: Site) -> Site:
    """As it is where somebody's own data comes."""
    home.discreet = True
    home.stop()
    assert home.data is not None
    home.start(home.data, {"fsync": "off"})
    return home


@contextmanager
def cleared(town: Town) -> Iterator[Town]:
    """Whatever is loaded meanwhile, and its roles, are gone afterwards."""
    before = _roles(town.home)
    yield town
    with town.home.console() as console:
        console.execute(f"drop database if exists {OWN_DATA} with (force)".encode())
        for role in sorted(_roles(town.home) - before):
            console.execute(f"drop role {quoted(role)}".encode())


def _roles(site: Site) -> set[str]:
    return {name for (name,) in site.ask("select rolname::text from pg_roles")}
