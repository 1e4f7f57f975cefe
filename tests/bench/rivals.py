"""Set pgBackRest's and Barman's recovery beside our replay, in turns, on the same bytes. Needs root and debootstrap.

python -m tests.bench.rivals [--people N,N] [--rounds N] [--json FILE] [--tree FOLDER]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Protocol

from drill.clock import wait_until
from drill.copies.archive import Archive, Archiving
from drill.errors import CannotRun
from drill.hosts import mark
from drill.recoveries.replay import Replay
from drill.sites.settings import SETTINGS
from drill.sites.site import OFFICER
from tests.bench.barman import Barman
from tests.bench.debian import DESK, Debian
from tests.bench.ground import Ground, filled
from tests.bench.pgbackrest import PgBackRest
from tests.bench.recoveries import ROW, nothing_runs, write
from tests.bench.stopwatch import Figure, in_turns, quiet, seconds
from tests.bench.table import Measured, options, rounds_for, tell

_TREE = "rivals-of-drill"  # beside the work folders, where it is not said
_FASTER = 1.5  # times, than pgBackRest
_START = 120.0  # seconds until home runs in the tree
_RECOVERY = 3600.0  # seconds until the first row
_JOBS = 2  # processes that a rival may use
_HOME, _BED, _SOCKETS = DESK / "home", DESK / "restored", DESK / "s"
_SERVED = {
    **SETTINGS,
    "recovery_init_sync_method": "syncfs",  # as ours: it is the server's own, no rival's
    "listen_addresses": "",
    "unix_socket_directories": str(_SOCKETS),
}
_HBA = "local all all trust\nlocal replication all trust\n"  # only its user enters the folder of the socket
_RECEIPTS = "select count(*) from drill.receipt"
_NOT_TAKEN_OVER = ("postmaster.pid", "postmaster.opts", "postgresql.auto.conf", "pg_replslot")  # home's life, not bytes


class Rival(Protocol):
    """A tool that keeps a copy of a server in the tree and brings it back."""

    @property
    def name(self) -> str: ...

    @property
    def folder(self) -> PurePosixPath: ...

    @property
    def asks_of_home(self) -> Mapping[str, str]: ...

    def set_up(self, home: PurePosixPath, sockets: PurePosixPath) -> None: ...

    def back_up(self) -> None: ...

    def gather(self) -> None: ...

    def restore(self, bed: PurePosixPath) -> None: ...


@dataclass(frozen=True)
class Lost:
    """A home that is lost, but for what was kept of it; and what must be there again after any recovery."""

    ground: Ground
    kept: Archiving
    register: str  # in which one row was written at the end
    largest: tuple[str, str, int]  # register, table, rows

    @property
    def held(self) -> Path:
        return Path(self.kept.folder)


@contextmanager
def lost(people: int) -> Iterator[Lost]:
    """Home with so many people, its archive at the embassy, a row written after that, the power gone."""
    archive = Archive(kind="archive", name="archive")
    with filled(people) as ground:
        with archive.keep(ground.home, ground.embassy, ground.seals, ground.timeline()) as kept:
            write(ground.home, ground.registers[0])
            kept.wait_until_current(synchronous=False, hint=kept.receiver_says)
        ground.home.lose_power()
        sizes = [(r, t, digest.rows) for r, seal in ground.seals.items() for t, digest in seal.tables.items()]
        yield Lost(ground, kept, ground.registers[0], max(sizes, key=lambda size: size[2]))


@dataclass
class Server:
    """PostgreSQL in the tree, the same programs as ours."""

    debian: Debian
    folder: PurePosixPath | None = None

    def start(self, folder: PurePosixPath, settings: Mapping[str, str] | None = None) -> None:
        """Not waited for."""
        argv = [f"{self.debian.programs}/postgres", "-D", str(folder)]
        for name, setting in {**_SERVED, **(settings or {})}.items():
            argv += ["-c", f"{name}={setting}"]
        self.debian.start(argv, DESK / "server.log")
        self.folder = folder

    def stop(self, how: str) -> None:
        """End it, if one runs, and remove its folder."""
        if self.folder is None:
            return
        argv = [f"{self.debian.programs}/pg_ctl", "stop", "-D", str(self.folder), "-m", how, "-t", "600"]
        self.debian.run(argv, deadline=660)
        shutil.rmtree(self.debian.outside(self.folder))
        self.folder = None

    def ask(self, database: str, query: str) -> str:
        """One statement, over a new connection; StepFailed while nothing answers."""
        where = ["-h", str(_SOCKETS), "-U", OFFICER, "-d", database]
        argv = [f"{self.debian.programs}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *where, "-c", query]
        return self.debian.run(argv, deadline=600).strip()

    def wait_until_up(self) -> None:
        """Until it answers."""
        wait_until("it answers", lambda: self.ask("postgres", "select 1"), deadline=_START, hint=self._hint)

    def write_at_last(self, register: str) -> None:
        """As soon as it can be written."""

        def written() -> bool:
            self.ask(register, ROW)
            return True

        wait_until("the first row", written, deadline=_RECOVERY, every=0.01, hint=self._hint)

    @property
    def _hint(self) -> str:
        return f"see {self.debian.outside(DESK / 'server.log')}"


@dataclass(frozen=True)
class Contest:
    """Ours and a rival's, each from the same state: nothing runs, nothing is to be written, the copy is in memory."""

    lost: Lost
    server: Server

    def back_up(self, rival: Rival) -> None:
        """Home's own bytes served in the tree, copied by the rival, with one row written after that; then ended."""
        debian, server = self.server.debian, self.server
        debian.empty(_SOCKETS)
        self._bring_home()
        rival.set_up(_HOME, _SOCKETS)
        server.start(_HOME, rival.asks_of_home)
        server.wait_until_up()
        rival.back_up()
        server.write_at_last(self.lost.register)
        rival.gather()
        server.stop("fast")

    def _bring_home(self) -> None:
        """As the lost home left it on its disk."""
        debian, data = self.server.debian, self.lost.ground.home.data
        assert data is not None
        home = debian.outside(_HOME)
        subprocess.run(["cp", "-a", str(data), str(home)], check=True)
        for name in _NOT_TAKEN_OVER:
            subprocess.run(["rm", "-rf", str(home / name)], check=True)
        (home / "pg_replslot").mkdir(mode=0o700)
        debian.write(_HOME / "pg_hba.conf", _HBA)

    def ours(self) -> float:
        """Seconds of a replay as a drill does it, to the first row."""
        self._rest()
        ground, replay = self.lost.ground, Replay.model_validate({"kind": "replay", "from": "archive"})

        def recover() -> None:
            list(replay.bring_up(self.lost.kept, ground.embassy, ground.registers, ground.timeline()))
            write(ground.embassy, self.lost.register)

        quiet(self.lost.held)
        took = seconds(recover)
        self._prove(lambda register, query: str(ground.embassy.ask(query, database=register)[0][0]), rows=2)
        return took

    def theirs(self, rival: Rival) -> float:
        """Seconds of the rival's restore and of the server's start, to the first row."""
        self._rest()
        self.server.debian.empty(_BED)

        def recover() -> None:
            rival.restore(_BED)
            self.server.start(_BED)
            self.server.write_at_last(self.lost.register)

        quiet(self.server.debian.outside(rival.folder))
        took = seconds(recover)
        self._prove(self.server.ask, rows=3)
        return took

    def _rest(self) -> None:
        """The servers of the last round are gone, with their folders."""
        nothing_runs(self.lost.ground.embassy)
        self.server.stop("immediate")

    def forget(self, rival: Rival) -> None:
        """Make room for the next."""
        self._rest()
        shutil.rmtree(self.server.debian.outside(rival.folder))

    def _prove(self, ask: Callable[[str, str], str], *, rows: int) -> None:
        """Nobody was timed doing less: what was written last before the loss is there, and the largest table whole."""
        register, table, many = self.lost.largest
        assert ask(self.lost.register, _RECEIPTS) == str(rows), "those written before the loss, and the one since"
        assert ask(register, f"select count(*) from {table}") == str(many), f"{register}: {table}"


def rivals(people: int, debian: Debian, rounds: int) -> Iterator[Figure]:
    """Ours in turns with each of them; the ratio is ours to theirs."""
    all_of_them: list[Rival] = [PgBackRest(debian, how, _JOBS) for how in ("none", "lz4", "gz")]
    all_of_them.append(Barman(debian, _JOBS))
    with lost(people) as what:
        contest = Contest(what, Server(debian))
        for rival in all_of_them:
            contest.back_up(rival)
            target = f"<= {1 / _FASTER:.2f} x {rival.name}" if isinstance(rival, PgBackRest) else ""
            theirs = partial(contest.theirs, rival)
            yield in_turns(f"replay / {rival.name}", contest.ours, theirs, rounds, target=target)
            contest.forget(rival)


def measured(tree: Path, sizes: Sequence[int], rounds: int) -> Iterator[Measured]:
    """Each figure as it is measured."""
    with Debian.opened(tree) as debian:
        for people in sizes:
            yield from ((people, figure) for figure in rivals(people, debian, rounds_for(people, rounds)))


def main(arguments: Sequence[str]) -> None:
    """Measure against every rival; the tree with their programs is made once and kept."""
    asked = options(__doc__)
    asked.add_argument("--tree", type=Path, default=mark.work_parent() / _TREE, metavar="FOLDER")
    wanted = asked.parse_args(arguments)
    try:
        tell(measured(wanted.tree.resolve(), wanted.people, wanted.rounds), wanted.json)
    except CannotRun as cannot:
        sys.exit(f"{cannot}\nhint: {cannot.hint}")


if __name__ == "__main__":
    main(sys.argv[1:])
