"""Where a site's programs run. Hosts know nothing of PostgreSQL's meaning."""

import socket
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens: a name or number of a host, or the folder of its Unix socket, and the port."""

    host: str
    port: int

    @property
    def path(self) -> str | None:
        """The path of the Unix socket; None for TCP."""
        return f"{self.host}/.s.PGSQL.{self.port}" if self.host.startswith("/") else None

    def reach(self, timeout: float) -> socket.socket:
        """A connection to it, made within `timeout` seconds; raises OSError."""
        if self.path is None:
            connection = socket.create_connection((self.host, self.port), timeout=timeout)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        else:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(timeout)
            try:
                connection.connect(self.path)
            except OSError:
                connection.close()
                raise
        connection.settimeout(None)
        return connection

    def answers(self, timeout: float) -> bool:
        """Whether anybody accepts a connection there."""
        try:
            self.reach(timeout).close()
        except OSError:
            return False
        return True


class Host(Protocol):
    """A machine of one site: runs programs as the site's own user; its power can be taken and given back."""

    name: str  # home | embassy

    @property
    def programs(self) -> PurePosixPath:
        """The folder of the PostgreSQL programs, as this host sees it."""
        ...

    @property
    def disk(self) -> PurePosixPath:
        """The folder that is this host's own disk, as its programs see it: private to its user."""
        ...

    @property
    def listens(self) -> Mapping[str, str]:
        """The PostgreSQL settings with which a server on this host is reachable at `address` and nowhere else."""
        ...

    @property
    def gateway(self) -> str:
        """The address at which this host's programs find the cable."""
        ...

    def open(self) -> AbstractContextManager[None]:
        """Bring the machine up, with an empty disk; undone: nothing of it is left."""
        ...

    def run(self, argv: Sequence[str], *, deadline: float, env: Mapping[str, str] | None = None) -> str:
        """Run a program to its end and return its output; StepFailed with what it said, or at the deadline."""
        ...

    def start(self, argv: Sequence[str], *, log: PurePosixPath, env: Mapping[str, str] | None = None) -> None:
        """Start a program that goes on by itself, its output appended to the file `log`."""
        ...

    def write(self, path: PurePosixPath, text: str) -> None:
        """Write a file that only the site's user can read; folders are made."""
        ...

    def bring(self, source: Path, to: PurePosixPath, *, without: Collection[Path] = frozenset()) -> None:
        """Copy a file or a folder of the drill's own machine to that path, for the site's user only; folders are made.

        What is named in `without`, as it lies below the source, is left out. Links are not followed: CannotRun for
        them, and for what cannot be read.
        """
        ...

    def read(self, path: PurePosixPath) -> str:
        """The text of a file; empty when it does not exist."""
        ...

    def running(self) -> Sequence[str]:
        """What still runs on this host besides the machine itself: one line for each process (`pid name`)."""
        ...

    def power_off(self) -> None:
        """Kill everything on this host at once; nothing can be run on it until `power_on`."""
        ...

    def power_on(self) -> None:
        """Bring the machine back with the disk as it was; starts no program."""
        ...

    def freeze(self) -> None:
        """Stop every program where it is: all are still there and none does anything, nor can any be run, until `thaw`.

        StepFailed where the power is off, NotInTime when some cannot be stopped.
        """
        ...

    def thaw(self) -> None:
        """Let them go on where they were stopped; nothing happens on a host that is not frozen."""
        ...

    def is_frozen(self) -> bool:
        """Whether something is there and stands still as a whole; looked at, not remembered."""
        ...

    def erase_disk(self) -> None:
        """Destroy what is on the disk of a host whose power is off: removed, with no descriptor left open."""
        ...

    def disk_is_gone(self) -> bool:
        """Whether nothing is left of what was on the disk."""
        ...

    def address(self) -> Address:
        """Where a server of this host is found by the drill's machine now; asked anew after every start."""
        ...


class Premises(Protocol):
    """What the two hosts of a drill stand on: chosen when a drill is run, not by the scenario."""

    @property
    def kind(self) -> str:
        """Embedded or docker."""
        ...

    @property
    def why(self) -> str:
        """Why this one was chosen, for the report."""
        ...

    @property
    def postgres(self) -> str:
        """Its PostgreSQL, as "18.6"."""
        ...

    @property
    def apart(self) -> str:
        """How the embassy is kept from what is home's, as far as it was proven once the hosts are open."""
        ...

    def room(self) -> tuple[int, str]:
        """Free bytes where both disks will lie, and where that is."""
        ...

    def hosts(self, run_id: str) -> AbstractContextManager[tuple[Host, Host]]:
        """Home and embassy of one run, not yet open; undone: nothing that carries the run's mark is left."""
        ...
