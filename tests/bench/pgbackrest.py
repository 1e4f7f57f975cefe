"""pgBackRest as its documentation sets it up: WAL archived by the server, backup and restore by several processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from drill.sites.site import OFFICER
from tests.bench.debian import DESK, Debian

_LIMIT = 7200.0  # seconds for a backup or a restore


@dataclass(frozen=True)
class PgBackRest:
    """A repository of its own, on the same disk, compressed in one way."""

    debian: Debian
    compression: str
    jobs: int

    @property
    def name(self) -> str:
        return f"pgBackRest {self.compression}"

    @property
    def folder(self) -> PurePosixPath:
        """All that it keeps, inside the tree."""
        return DESK / f"pgbackrest-{self.compression}"

    @property
    def asks_of_home(self) -> Mapping[str, str]:
        """Settings of the server that is copied: what it does with each full segment."""
        return {"archive_mode": "on", "archive_command": f"{' '.join(self._words)} archive-push %p"}

    def set_up(self, home: PurePosixPath, sockets: PurePosixPath) -> None:
        """Before that server starts."""
        text = (
            f"[global]\nrepo1-path={self.folder}/repo\nprocess-max={self.jobs}\ncompress-type={self.compression}\n"
            f"start-fast=y\nlog-path={self.folder}\nlock-path={self.folder}\nspool-path={self.folder}\n"
            f"[main]\npg1-path={home}\npg1-socket-path={sockets}\npg1-user={OFFICER}\n"
        )
        self.debian.write(self.folder / "conf", text)

    def back_up(self) -> None:
        """The server that runs, whole."""
        self._run("stanza-create")
        self._run("--type=full", "backup")

    def gather(self) -> None:
        """Nothing is to be done: the server hands in its last segment when it stops."""

    def restore(self, bed: PurePosixPath) -> None:
        """Into that empty folder, up to the end of the WAL once a server is started there."""
        self._run(f"--pg1-path={bed}", "--archive-mode=off", "restore")

    @property
    def _words(self) -> list[str]:
        return ["pgbackrest", f"--config={self.folder}/conf", "--stanza=main"]

    def _run(self, *words: str) -> None:
        self.debian.run([*self._words, "--log-level-console=warn", *words], deadline=_LIMIT)
