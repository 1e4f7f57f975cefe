"""What citizens pay for being measured: transactions a second with and without the watch, the cable and receipts."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from drill.citizens.watch import Watch
from drill.digest import Column
from drill.evidence import Structure
from drill.hosts import Address
from drill.registers.transaction import StateTransaction, Step
from drill.sites.site import OFFICER, Site
from tests.bench.ground import Ground, filled
from tests.bench.stopwatch import Figure, in_turns

_SECONDS = 3  # of each run
_FINE = 4  # times as many rounds where a few percent are to be told from noise
_CLIENTS = 16
_ROWS = 100_000
_TABLES = f"""
create table bench (id int primary key, amount int not null, said text not null) with (autovacuum_enabled = off);
insert into bench select i, 0, 'row ' || i from generate_series(1, {_ROWS}) i;
create table bench_log (id int not null, at timestamptz not null default now()) with (autovacuum_enabled = off);
"""
_SAME_AGAIN = ("truncate bench_log, drill.receipt", "vacuum bench", "checkpoint")
_STRUCTURE = Structure(
    {
        "public.bench": (Column("id", "integer"), Column("amount", "integer"), Column("said", "text")),
        "public.bench_log": (Column("id", "integer"), Column("at", "timestamp with time zone")),
    }
)
_UPDATE = "update public.bench set amount = amount + 1 where id = :id"
_INSERT = "insert into public.bench_log (id) values (:id)"
_WORK = f"with work as ({_UPDATE} returning 1) {_INSERT}"
_BUSINESS = StateTransaction(
    "bench", (Step("work", "bench", _UPDATE), Step("note", "bench_log", _INSERT)), parameters=lambda *_: ()
)
_TPS = re.compile(r"tps = ([0-9.]+)")


@dataclass(frozen=True)
class Load:
    """pgbench over one way in."""

    home: Site
    address: Address
    statement: str

    def tps(self) -> float:
        """Transactions a second, of one statement each, from the same state of the tables."""
        self._lay_out()
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(f"\\set id random(1, {_ROWS})\nbegin;\n{self.statement};\ncommit;\n")
            file.flush()
            argv = [self.home.program("pgbench"), "-n", "-f", file.name, "-c", str(_CLIENTS), "-j", "2"]
            where = ["-T", str(_SECONDS), "-h", self.address.host, "-p", str(self.address.port), "-U", OFFICER]
            env = {**os.environ, "PGPASSWORD": self.home.officers_password, "PGSSLMODE": "disable"}
            said = subprocess.run(
                [*argv, *where, "population"], env=env, check=True, capture_output=True, text=True, timeout=120
            ).stdout
        found = _TPS.search(said)
        assert found, said
        return float(found[1])

    def _lay_out(self) -> None:
        with self.home.console("population") as console:
            for statement in _SAME_AGAIN:
                console.execute(statement)


def citizens(rounds: int) -> Iterator[Figure]:
    """Each cost apart, in turns with the same load without it; it does not depend on how many people there are."""
    with filled(300) as ground:
        home = ground.home
        with home.console("population") as console:
            console.execute(_TABLES)
        socket, cable = home.host.address(), home.reached_from("citizens")
        bare = Load(home, socket, _WORK)
        bare.tps()  # the first run makes the files of the log, which all later ones use again

        def watched() -> float:
            with _watch(ground):
                return bare.tps()

        yield _dearer("the watch", watched, bare, _FINE * rounds, ">= 0.97 x without")
        yield _dearer("the cable", Load(home, cable, _WORK).tps, bare, rounds)
        yield _dearer("receipts", Load(home, socket, _with_receipts()).tps, bare, rounds)


def _dearer(what: str, ours: Callable[[], float], bare: Load, rounds: int, target: str = "") -> Figure:
    return in_turns(f"with {what} / without", ours, bare.tps, rounds, unit="tps", target=target)


def _with_receipts() -> str:
    """The same work as a citizen of a drill does it."""
    return _BUSINESS.sql(_STRUCTURE).replace("$1::int", ":client_id").replace("$2::int", ":id")


@contextmanager
def _watch(ground: Ground) -> Iterator[None]:
    """As a scenario's: a new connection every 200 ms."""
    watch = Watch(ground.home, 0.2, 3, ground.timeline())
    watch.begin()
    try:
        yield
    finally:
        watch.end()
