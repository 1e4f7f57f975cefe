"""Barman as its documentation sets it up: backup and WAL over PostgreSQL's own streaming protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from drill.clock import wait_until
from drill.sites.site import OFFICER
from tests.bench.debian import DESK, Debian

_LIMIT = 7200.0  # seconds for a backup or a restore
_RECEIVED = 120  # seconds for a segment to be received


@dataclass(frozen=True)
class Barman:
    """Its home is on the same disk; nothing is compressed."""

    debian: Debian
    jobs: int
    name: str = "Barman"
    folder: PurePosixPath = DESK / "barman"

    @property
    def asks_of_home(self) -> Mapping[str, str]:
        """Settings of the server that is copied: none, its log is streamed."""
        return {}

    def set_up(self, home: PurePosixPath, sockets: PurePosixPath) -> None:
        """Before that server starts."""
        where = f"host={sockets} user={OFFICER} dbname=postgres"
        text = (
            f"[barman]\nbarman_user=rival\nbarman_home={self.folder}/home\nlog_file={self.folder}/log\n"
            f"configuration_files_directory={self.folder}/none\n"
            f"[main]\ndescription={home}\nconninfo={where}\nstreaming_conninfo={where}\npath_prefix={self.debian.programs}\n"
            f"backup_method=postgres\nstreaming_archiver=on\nslot_name=barman\nimmediate_checkpoint=true\n"
        )
        self.debian.write(self.folder / "conf", text)
        self.debian.empty(self.folder / "home")

    def back_up(self) -> None:
        """The server that runs, whole; its WAL is received from then on, until it stops."""
        self._run("receive-wal", "--create-slot", "main")
        self.debian.start([*self._words, "receive-wal", "main"], self.folder / "receiver.log")
        received = self.debian.outside(self.folder / "home" / "main" / "streaming")
        wait_until("Barman receives", lambda: any(received.glob("*.partial")), deadline=_RECEIVED, hint="see its log")
        self.gather()
        self._run("backup", "--wait", "main")

    def gather(self) -> None:
        """What the server, which still runs, has written by now goes into the archive."""
        self._run("switch-wal", "--force", "--archive", "--archive-timeout", str(_RECEIVED), "main")

    def restore(self, bed: PurePosixPath) -> None:
        """Into that empty folder, up to the end of the WAL once a server is started there."""
        self._run("restore", "--jobs", str(self.jobs), "main", "latest", str(bed))

    @property
    def _words(self) -> list[str]:
        return ["barman", "--quiet", "--config", f"{self.folder}/conf"]

    def _run(self, *words: str) -> None:
        self.debian.run([*self._words, *words], deadline=_LIMIT)
