"""A copy as the tools that everybody has bring it back, and what they say of it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import psycopg

from drill.errors import StepFailed
from drill.sites.aim import Aim
from drill.sites.courier import authorise
from drill.sites.site import Site
from tests.sabotage.copies import BANK, Copy, Kind

_OFFICER = "drill"
_ALONE = {"fsync": "off", "autovacuum": "off", "hot_standby": "off", "archive_mode": "off"}
_FETCH = {"restore_command": "cp ../wal/%f %p", "recovery_target_action": "promote"}
RESTORED = "restored"  # the database into which a dump is loaded


@dataclass
class Restored:
    """What came of it: a database that can be asked, or none."""

    site: Site
    database: str
    came_up: bool
    said: dict[str, str] = field(default_factory=dict)  # by tool; "" where it had nothing to say

    def ask(self, query: str, database: str = "") -> Any:
        """One value, or what the server says instead. Statements before the last one are settings."""
        *before, last = query.split("; ")
        door = self.site.door()
        where = psycopg.conninfo.make_conninfo(
            host=door.host, port=door.port, user=door.user, password=door.password, dbname=database or self.database
        )
        try:  # not by the drill's own console, which asks for no damage to be passed over
            with psycopg.connect(where, autocommit=True) as console:
                for statement in before:
                    console.execute(statement.encode())
                ((answer,),) = console.execute(last.encode()).fetchall()
        except Exception as refused:  # noqa: BLE001 - it is looked at
            return f"{type(refused).__name__}: {refused}"
        return answer

    def examined(self) -> None:
        """By those who look at a server that runs."""
        where = ["-h", self.site.host.listens["unix_socket_directories"], "-p", self.site.host.listens["port"]]
        where += ["-U", _OFFICER, "-d", self.database]
        deep = ["--install-missing", "--heapallindexed", "--rootdescend", "--checkunique"]
        self.said["pg_amcheck"] = _said(self.site, ["pg_amcheck", *where, *deep]) if self.came_up else "-"
        self.said["pg_dump"] = _said(self.site, ["pg_dump", *where, "-f", "/dev/null"]) if self.came_up else "-"


@contextmanager
def restored(copy: Copy) -> Iterator[Restored]:
    """Undone, nothing of it is left."""
    if copy.kind.physical:
        with _brought_up(copy) as found:
            yield found
    else:
        with _loaded(copy) as found:
            yield found


@contextmanager
def _brought_up(copy: Copy) -> Iterator[Restored]:
    site, host = copy.vault.scratch, copy.vault.scratch.host
    data, wal = host.disk / "data", host.disk / "wal"
    brought(copy, data)
    verified = _said(site, ["pg_verifybackup", str(data)]) if (copy.path / "backup_manifest").exists() else "-"
    settings: dict[str, str] = {}
    if copy.wal is not None:
        host.bring(copy.wal, wal)
        host.write(data / "recovery.signal", "")
        settings = {**_FETCH, **Aim.named(copy.aim).settings}
    try:
        try:
            site.start(data, {**_ALONE, **settings}, cluster_of="home", deadline=60)
        except StepFailed as refused:
            found = Restored(
                site, BANK, came_up=False, said={"pg_verifybackup": verified, "start": _short(str(refused))}
            )
        else:
            found = Restored(site, BANK, came_up=True, said={"pg_verifybackup": verified, "start": ""})
        yield found
    finally:
        site.stop()
        host.run(["rm", "-rf", str(data), str(wal), str(site.log)], deadline=60)


def brought(copy: Copy, data: PurePosixPath) -> None:
    """The files of a physical copy, with the folders that were left out because they were empty."""
    copy.vault.scratch.host.bring(copy.path, data)
    argv = ["mkdir", "-p", str(data / "pg_wal" / "archive_status")]
    copy.vault.scratch.host.run(argv, deadline=10)


@contextmanager
def _loaded(copy: Copy) -> Iterator[Restored]:
    site, host = copy.vault.home, copy.vault.home.host
    place = host.disk / "dump"
    where = ["-h", host.listens["unix_socket_directories"], "-p", host.listens["port"], "-U", _OFFICER, "-d", RESTORED]
    with site.console() as console:
        console.execute(f"create database {RESTORED} template template0".encode())
    try:
        if not copy.dump.exists():
            yield Restored(site, RESTORED, came_up=False, said={"start": "there is none"})
            return
        host.bring(copy.dump, place)
        how = ["psql", "-X", "-q", "-o", "/dev/null", "-f"] if copy.kind is Kind.PLAIN else ["pg_restore"]
        order = [*how, str(place), *where] if copy.kind is Kind.PLAIN else [*how, *where, str(place)]
        yield Restored(site, RESTORED, came_up=True, said={"pg_verifybackup": "-", "start": _said(site, order)})
    finally:
        host.run(["rm", "-rf", str(place)], deadline=60)
        with site.console() as console:
            console.execute(f"drop database {RESTORED} with (force)".encode())


def _said(site: Site, words: Sequence[str]) -> str:
    """Nothing where it ended with 0, else its code and its first complaint."""
    argv = [site.program(words[0]), *words[1:]]
    try:
        site.host.run(argv, deadline=120, env=authorise(site))
    except StepFailed as refused:
        return _short(str(refused))
    return ""


def _short(said: str) -> str:
    """Without what is of this machine."""
    said = re.sub(r"^.*? ended with (\d+): ", r"\1: ", " ".join(said.split()))
    said = re.sub(r"\S*/(data|dump)\b/?", r"", said)
    return said[:160]


def tool_of(copy: Copy, program: str, *words: str, on: Path) -> None:
    """A program that works on the files of a copy, as the user who must own them; what it changed comes back."""
    site = copy.vault.scratch
    data = site.host.disk / "worked-on"
    brought(copy, data)
    site.host.run([site.program(program), *words, "-D", str(data)], deadline=60)
    _exchange(on, Path(data))
    site.host.run(["rm", "-rf", str(data)], deadline=60)


def _exchange(folder: Path, other: Path) -> None:
    subprocess.run(["rm", "-rf", str(folder)], check=True)
    subprocess.run(["cp", "-r", str(other), str(folder)], check=True)
