"""Servers of other versions than the drill's own, as far as this machine has their programs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from drill.clock import wait_until
from drill.hosts import Host, binaries
from drill.hosts.mark import new_run_id
from drill.hosts.process import ProcessPremises

NAMED = "DRILL_OTHER_PG_BINS"  # folders of programs, as a PATH
NONE = f"this machine has no PostgreSQL 14 to 17, and {NAMED} names none"
# A killed server leaves no shared memory behind; what it archives lies beside its data folder.
_ARCHIVE = "mkdir -p ../archive && cp %p ../archive/.part && mv ../archive/.part ../archive/%f"
_SETTINGS = {"dynamic_shared_memory_type": "mmap", "fsync": "off", "archive_mode": "on", "archive_command": _ARCHIVE}


def others() -> list[Path]:
    """Their folders: those of the system, and those that are named."""
    system = [folder for n in range(14, 18) if (folder := Path(f"/usr/lib/postgresql/{n}/bin")).is_dir()]
    return system + [Path(folder) for folder in os.environ.get(NAMED, "").split(os.pathsep) if folder]


def version_in(folder: Path) -> str:
    """For the name of a test, as "16.2"."""
    return binaries.version_of(folder / "postgres")


@dataclass(frozen=True)
class Other:
    """A server of another version, alone on a host; whoever asks is its superuser."""

    host: Host
    programs: Path

    @property
    def major(self) -> int:
        return int(version_in(self.programs).partition(".")[0])

    @property
    def data(self) -> Path:
        return Path(self.host.disk) / "data"

    @property
    def archive(self) -> Path:
        return Path(self.host.disk) / "archive"

    def dsn(self, database: str = "postgres") -> str:
        at = self.host.address()
        return f"host={at.host} port={at.port} user=postgres dbname={database}"

    def initialise(self, *options: str) -> None:
        access = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]  # the socket is private
        self.run("initdb", "-D", str(self.data), *access, *options)

    def start(self, settings: Mapping[str, str]) -> None:
        chosen = {**self.host.listens, **_SETTINGS, **settings}
        told = [word for name, setting in chosen.items() for word in ("-c", f"{name}={setting}")]
        argv = [str(self.programs / "postgres"), "-D", str(self.data), *told]
        self.host.start(argv, log=self.host.disk / "log")
        wait_until("PostgreSQL starts", self._answers, deadline=60, hint="see its log")

    def stop(self) -> None:
        self.run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast")

    def _answers(self) -> bool:
        try:
            return self.ask("select 1") == [(1,)]
        except psycopg.OperationalError:
            return False

    def execute(self, statements: str, database: str = "postgres") -> None:
        with psycopg.connect(self.dsn(database), autocommit=True) as console:
            console.execute(statements.encode())

    def ask(self, query: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn(database), autocommit=True) as console:
            return console.execute(query.encode()).fetchall()

    def run(self, program: str, *options: str) -> str:
        """One of its own programs, as the server's user."""
        return self.host.run([str(self.programs / program), *options], deadline=120)

    def back_up(self, folder: Path, *options: str) -> None:
        """A base backup, for whoever runs the tests."""
        argv = [str(self.programs / "pg_basebackup"), "-D", str(folder), "-c", "fast", "-d", self.dsn(), *options]
        subprocess.run(argv, check=True, timeout=120, capture_output=True)


@contextmanager
def other_server(programs: Path, settings: Mapping[str, str] | None = None) -> Iterator[tuple[Other, Other]]:
    """One that was made and started, and one on another host with nothing on its disk."""
    premises = ProcessPremises(binaries.Binaries(programs, version_in(programs), "a test"), why="a test")
    with premises.hosts(new_run_id()) as (home, embassy), home.open(), embassy.open():
        server = Other(home, programs)
        server.initialise()
        server.start(settings or {})
        yield server, Other(embassy, programs)
