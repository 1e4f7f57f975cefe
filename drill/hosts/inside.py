"""Running programs inside a container, with deadlines that end the program too."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING

from drill.errors import CannotRun, NotInTime, StepFailed, failure
from drill.hosts import engine

if TYPE_CHECKING:
    from docker import DockerClient

_TAIL = 2000  # characters of a program's errors that are told
_LAST_WORDS = 5.0  # seconds for the output to end after the program was killed

# The engine gives a program it executes a session of its own, so its pid is also that of the group to be killed.
_TELL_PID = 'umask 077; echo $$; exec "$@"'
_APPEND_TO_LOG = 'umask 077; log=$1; shift; exec "$@" >>"$log" 2>&1 </dev/null'
_KILL_GROUP = 'kill -9 "-$1" || kill -9 "$1"'


@dataclass(frozen=True)
class Inside:
    """The inside of one container, as one of its users sees it."""

    client: DockerClient
    container: str  # its id
    user: str
    folder: str

    def run(self, argv: Sequence[str], *, deadline: float, env: Mapping[str, str] | None = None) -> str:
        """The output of a program that runs to its end; StepFailed when it fails, or is killed at the deadline."""
        program, told = PurePath(argv[0]).name, _Told()
        made = self._made(["/bin/sh", "-c", _TELL_PID, "drill", *argv], env)
        listening = threading.Thread(target=told.listen, args=(self.client, made), daemon=True, name=f"exec {program}")
        listening.start()
        listening.join(deadline)
        if listening.is_alive():
            with suppress(StepFailed):  # nothing can be killed where the power is off, or all is frozen
                self._kill(told.pid)
            listening.join(_LAST_WORDS)
            raise NotInTime(
                f"{program}: not within {deadline:g} s; killed; it said: {told.tail() or 'nothing'}",
                hint="is the machine overloaded, or does the program wait for somebody?",
            )
        if told.broken is not None:
            raise self._broken_off(f"{program}: the engine broke off: {told.broken}")
        code = engine.ask(self.client, "exec_inspect", made)["ExitCode"]
        if code != 0:  # None when the power was taken
            said = f"{program} ended with {code}: {told.tail() or 'no message'}"
            raise failure(said, hint="see its message", disk="the disk of the Docker engine", code=code)
        return told.output()

    def _broken_off(self, message: str) -> StepFailed | CannotRun:
        """The power was taken, which is part of a drill; or the engine failed, which says nothing of a recovery."""
        if engine.ask(self.client, "inspect_container", self.container)["State"]["Running"]:
            return CannotRun(message, hint="is the engine well? see its log")
        return StepFailed(message, hint="the power was taken meanwhile")

    def start(self, argv: Sequence[str], *, log: str, env: Mapping[str, str] | None = None) -> None:
        """Start a program that goes on by itself, its output appended to the log."""
        made = self._made(["/bin/sh", "-c", _APPEND_TO_LOG, "drill", log, *argv], env)
        engine.ask(self.client, "exec_start", made, detach=True)

    def put(self, path: PurePosixPath, text: str, owner: tuple[int, int]) -> None:
        """Write a file that only its owner (user and group) can read; its folder must exist."""
        content, packed = text.encode(), io.BytesIO()
        entry = tarfile.TarInfo(path.name)
        entry.size, entry.mode, (entry.uid, entry.gid) = len(content), 0o600, owner
        with tarfile.open(fileobj=packed, mode="w") as tar:
            tar.addfile(entry, io.BytesIO(content))
        self.unpack(path.parent, packed.getvalue())

    def unpack(self, folder: PurePosixPath, tar: bytes | Iterator[bytes]) -> None:
        """Lay down what is in a tar, as it says; the folder must exist."""
        engine.ask(self.client, "put_archive", self.container, str(folder), tar)

    def get(self, path: PurePosixPath) -> str:
        """The text of a file, also of a container that does not run; empty when there is none."""
        try:
            stream, _ = engine.ask(self.client, "get_archive", self.container, str(path))
            with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
                member = tar.next()
                file = None if member is None else tar.extractfile(member)
                return "" if file is None else file.read().decode(errors="replace")
        except engine.Absent:
            return ""
        except (OSError, tarfile.TarError) as broken:  # the engine's answer broke off: errors of requests are OSErrors
            if self._lacks(path):  # it was removed while it was being read
                return ""
            raise StepFailed(f"{path} cannot be read: {broken}", hint="try again") from broken

    def _lacks(self, path: PurePosixPath) -> bool:
        try:
            stream, _ = engine.ask(self.client, "get_archive", self.container, str(path))
            stream.close()
        except engine.Absent:
            return True
        return False

    def _made(self, argv: Sequence[str], env: Mapping[str, str] | None) -> str:
        surroundings = {"LC_ALL": "C", "TZ": "UTC", "HOME": self.folder, **(env or {})}
        made = engine.ask(
            self.client,
            "exec_create",
            self.container,
            list(argv),
            user=self.user,
            environment=surroundings,
            workdir=self.folder,
        )
        return str(made["Id"])

    def _kill(self, pid: str) -> None:
        if pid:
            made = engine.ask(
                self.client, "exec_create", self.container, ["/bin/sh", "-c", _KILL_GROUP, "drill", pid], user="0"
            )
            engine.ask(self.client, "exec_start", made["Id"], detach=True)


@dataclass
class _Told:
    """What a program says: its pid on the first line of its output, then the rest."""

    _out: list[bytes] = field(default_factory=list)
    _err: list[bytes] = field(default_factory=list)
    broken: Exception | None = None

    def listen(self, client: DockerClient, made: str) -> None:
        try:
            said = client.api.exec_start(made, stream=True, demux=True)
            for out, err in said:
                self._out.extend(filter(None, [out]))
                self._err.extend(filter(None, [err]))
            with suppress(OSError):
                said._response.close()  # its own close() leaves the socket to the garbage collection
        except Exception as failed:  # noqa: BLE001 - handed over to the one who waits
            self.broken = failed

    @property
    def pid(self) -> str:
        first, _, _ = b"".join(self._out[:2]).partition(b"\n")
        return first.decode() if first.isdigit() else ""

    def output(self) -> str:
        return b"".join(self._out).partition(b"\n")[2].decode(errors="replace")

    def tail(self) -> str:
        return (b"".join(self._err).decode(errors="replace").strip() or self.output().strip())[-_TAIL:]
