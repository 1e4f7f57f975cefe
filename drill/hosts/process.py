"""A host that is a group of processes of this machine; a user of its own owns its files where root drills."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import psutil

from drill.clock import wait_until
from drill.errors import CannotRun, NotInTime, StepFailed, failure
from drill.hosts import Address, Host, cargo, mark, segments
from drill.hosts.accounts import Account, account, can_read, identity, run_as
from drill.hosts.binaries import Binaries
from drill.hosts.inhabitants import inhabitants, stand_still, stop, wake
from drill.hosts.watchdog import watched

_PORT = 5432  # only a part of the socket's name
_LONGEST_SOCKET = 103  # bytes, on the strictest platform
_OFF = "the power is off"
_GONE = 10  # seconds that killed processes may take to go
_CHUNK = 1024 * 1024  # bytes of a file that are copied at a time


@dataclass
class ProcessHost:
    """Everything of it lies below one private folder; what runs on it is known by the folder it works in."""

    name: str
    folder: Path
    binaries: Binaries
    user: Account
    gateway: str = "127.0.0.1"
    before: Sequence[str] = ()  # what every program is started through
    _why_not: str = field(default="", init=False)  # why nothing can be run now
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list, init=False)

    @property
    def programs(self) -> PurePosixPath:
        """Where the PostgreSQL programs are, readable by the site's user."""
        return PurePosixPath(self.binaries.folder)

    @property
    def disk(self) -> PurePosixPath:
        """The private folder."""
        return PurePosixPath(self.folder)

    @property
    def listens(self) -> Mapping[str, str]:
        """Only on a socket in the private folder: nobody reaches the server but through the cable."""
        return {"listen_addresses": "", "port": str(_PORT), "unix_socket_directories": str(self.folder / "s")}

    @contextmanager
    def open(self) -> Iterator[None]:
        """Make the folder; undone, every process in it is killed and it is removed."""
        self._lay_out()
        try:
            yield
        finally:
            self._kill_all()
            segments.release(self.folder)
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, argv: Sequence[str], *, deadline: float, env: Mapping[str, str] | None = None) -> str:
        """Run to the end as the site's user; its whole group is killed at the deadline."""
        process = self._launch(argv, subprocess.PIPE, env)
        try:
            out, err = process.communicate(timeout=deadline)
        except subprocess.TimeoutExpired as late:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate(timeout=_GONE)
            raise NotInTime(
                f"{self.name}: {Path(argv[0]).name} was not done within {deadline:g} s; it said: {_tail(err)}",
                hint="is the machine overloaded, or the far end silent?",
            ) from late
        if process.returncode != 0:
            raise failure(
                f"{self.name}: {Path(argv[0]).name} ended with {process.returncode}: {_tail(err or out)}",
                hint="the message is the program's own",
                disk=self.folder,
                seen=err.decode(errors="replace"),
                code=process.returncode,
            )
        return out.decode(errors="replace")

    def start(self, argv: Sequence[str], *, log: PurePosixPath, env: Mapping[str, str] | None = None) -> None:
        """Start and leave running, in a session of its own."""
        with Path(log).open("ab") as output:
            os.fchown(output.fileno(), self.user.uid, self.user.gid)
            self._children.append(self._launch(argv, output.fileno(), env))

    def write(self, path: PurePosixPath, text: str) -> None:
        """A file of mode 0600 that belongs to the site's user."""
        with self._private(Path(path)) as file:
            file.write(text.encode())

    def bring(self, source: Path, to: PurePosixPath, *, without: Collection[Path] = frozenset()) -> None:
        """Files of mode 0600 in folders of mode 0700."""
        for piece in cargo.pieces(source, without=without):
            place = Path(to, piece.within)
            if piece.size is None:
                self._make_folders(place)
                continue
            try:
                with piece.opened() as original, self._private(place) as file:
                    shutil.copyfileobj(original, file, _CHUNK)
            except OSError as failed:
                said = f"{self.name}: {piece.source} cannot be copied: {failed.strerror}"
                raise failure(said, hint=f"see what {place} is", disk=self.folder) from failed

    def _private(self, place: Path) -> BinaryIO:
        """A new file, to be written, that only the site's user can read."""
        self._make_folders(place.parent)
        file = os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb")
        os.fchmod(file.fileno(), 0o600)
        os.fchown(file.fileno(), self.user.uid, self.user.gid)
        return file

    def read(self, path: PurePosixPath) -> str:
        """The text of a file; empty when it does not exist."""
        try:
            return Path(path).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def running(self) -> Sequence[str]:
        """Every process that works in the folder, zombies left out."""
        return [each.told for each in inhabitants(self.folder)]

    def power_off(self) -> None:
        """SIGKILL to everything, again until nothing is left."""
        self._why_not = _OFF
        self._kill_all()
        segments.release(self.folder)

    def power_on(self) -> None:
        """Programs may run again; an erased disk comes back empty."""
        self._why_not = ""

    def freeze(self) -> None:
        """SIGSTOP to everything."""
        if self._why_not == _OFF:
            raise StepFailed(f"{self.name}: {_OFF}", hint="give the power back first")
        self._why_not = "it is frozen"
        stop(self.folder)

    def thaw(self) -> None:
        """SIGCONT to everything."""
        if self._why_not != _OFF:
            wake(self.folder)
            self._why_not = ""

    def is_frozen(self) -> bool:
        """Whether there are processes, and each of them is stopped."""
        return stand_still(self.folder)

    def erase_disk(self) -> None:
        """Remove the folder: no process is left that could hold a file of it open."""
        segments.release(self.folder)
        shutil.rmtree(self.folder)

    def disk_is_gone(self) -> bool:
        """Whether the folder is."""
        return not self.folder.exists()

    def address(self) -> Address:
        """The socket."""
        return Address(str(self.folder / "s"), _PORT)

    def _lay_out(self) -> None:
        if len(os.fsencode(Address(str(self.folder / "s"), _PORT).path or "")) > _LONGEST_SOCKET:
            raise CannotRun(f"{self.folder} is too long a name for a socket", hint="set DRILL_WORK to a shorter folder")
        self._make_folders(self.folder / "s")
        if not can_read(self.user, self.folder):
            raise CannotRun(
                f"the user {self.user.name} cannot reach {self.folder}",
                hint="set DRILL_WORK to a folder that every user may enter, such as /var/tmp",
            )

    def _make_folders(self, folder: Path) -> None:
        for part in reversed([folder, *folder.parents]):
            if part.is_relative_to(self.folder) and not part.exists():
                part.mkdir(mode=0o700)
                os.chown(part, self.user.uid, self.user.gid)

    def _launch(self, argv: Sequence[str], output: int, env: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
        if self._why_not:
            raise StepFailed(f"{self.name}: {self._why_not}", hint="nothing runs there until it is back")
        surroundings = {"PATH": f"{self.programs}:/usr/bin:/bin", "LANG": "C", "TZ": "UTC", "HOME": str(self.folder)}
        return subprocess.Popen(
            [*self.before, *argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE if output == subprocess.PIPE else output,
            cwd=self.folder,
            env={**surroundings, **(env or {})},
            start_new_session=True,
            **identity(self.user),
        )

    def _kill_all(self) -> None:
        def none_left() -> bool:
            alive = list(inhabitants(self.folder))
            for each in alive:
                with suppress(psutil.Error):
                    each.process.kill()
            unreaped = [child for child in self._children if child.poll() is None]
            return not alive and not unreaped

        hint = "look at them with ps; were they stopped in the kernel?"
        wait_until(f"{self.name}: its processes end", none_left, deadline=_GONE, every=0.005, hint=hint)
        self._children.clear()


def _tail(output: bytes, lines: int = 5) -> str:
    return " | ".join(output.decode(errors="replace").strip().splitlines()[-lines:]) or "(nothing)"


@dataclass
class ProcessPremises:
    """Both hosts on this machine, below the run's work folder."""

    binaries: Binaries
    why: str
    kind: str = "embedded"
    apart: str = "both sites run as the user who drills"  # how the embassy is kept from home's files

    @property
    def postgres(self) -> str:
        """The version of the programs."""
        return self.binaries.version

    def room(self) -> tuple[int, str]:
        """What is free below the parent of the work folders."""
        parent = mark.work_parent()
        try:
            return shutil.disk_usage(parent).free, str(parent)
        except OSError as absent:
            raise CannotRun(f"{parent}: {absent.strerror}", hint="set DRILL_WORK to a folder that exists") from absent

    @contextmanager
    def hosts(self, run_id: str) -> Iterator[tuple[Host, Host]]:
        """Two hosts, as two users where root drills; proves then that the embassy cannot open what is home's."""
        work = mark.work_folder(run_id)
        users = [account(site) for site in ("home", "embassy")]
        with watched(run_id, work, docker=False):  # after an error it removes what the undoing may have left
            self._make(work)
            mark.write_mark(work)
            binaries = self._readable(users, work)
            home, embassy = (
                ProcessHost(site, work / site, binaries, user)
                for site, user in zip(("home", "embassy"), users, strict=True)
            )
            if users[0].uid != users[1].uid:
                self.apart = self._prove_apart(home, embassy)
            yield home, embassy
            shutil.rmtree(work, ignore_errors=True)

    def _make(self, work: Path) -> None:
        try:
            work.mkdir(mode=0o711)
            work.chmod(0o711)
        except OSError as refused:
            raise CannotRun(
                f"cannot make {work}: {refused}", hint="set DRILL_WORK to a folder that you may write to"
            ) from refused

    def _readable(self, users: Sequence[Account], work: Path) -> Binaries:
        """The programs where both users can run them."""
        if all(self._runs(user) for user in users):
            return self.binaries
        copied = self.binaries.copied_below(work / "programs")
        subprocess.run(["/bin/chmod", "-R", "a+rX", str(work / "programs")], check=True, timeout=60)
        return copied

    def _runs(self, user: Account) -> bool:
        try:
            return run_as(user, [str(self.binaries.folder / "postgres"), "--version"]).returncode == 0
        except OSError:
            return False

    def _prove_apart(self, home: ProcessHost, embassy: ProcessHost) -> str:
        with home.open():
            secret = home.folder / "secret"
            home.write(PurePosixPath(secret), "home's own")
            if not can_read(home.user, secret) or can_read(embassy.user, secret):
                raise CannotRun(
                    f"{embassy.user.name} can open home's files below {home.folder}",
                    hint="does the file system keep owners and modes? set DRILL_WORK to one that does",
                )
        return f"two users: {embassy.user.name} was refused a file of {home.user.name}"
