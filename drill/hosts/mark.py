"""The mark of a run: what everything it starts carries, so that nothing else is ever touched.

A run is named by its id. Its folder is `<parent>/drill-<run id>` with `run.json` at its top; its containers, volumes
and networks carry labels; its child processes carry the run id as an argument.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import stat
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

LABEL_RUN = "drill.run"
LABEL_OWNER = "drill.owner"  # pid@boot
LABEL_STARTED = "drill.started"  # when that pid was started, since a pid is used again
LABEL_SITE = "drill.site"  # home | embassy

MARK_FILE = "run.json"
FOLDER_PREFIX = "drill-"

_RUN_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Mark:
    """Which run, and which process answers for it: a pid alone may by now be somebody else's."""

    run_id: str
    pid: int
    pid_started: str  # as `started` tells it
    boot_id: str  # as `boot_id` tells it
    machine: str  # its network name: a folder may lie on a disk that several machines share

    @property
    def owner(self) -> str:
        """The text of the owner label."""
        return f"{self.pid}@{self.boot_id}"

    def labels(self, site: str | None = None) -> dict[str, str]:
        """The labels of one object of the container engine."""
        labels = {LABEL_RUN: self.run_id, LABEL_OWNER: self.owner, LABEL_STARTED: self.pid_started}
        return labels if site is None else {**labels, LABEL_SITE: site}

    def owner_lives(self) -> bool:
        """Whether the run's process still runs; also True where it cannot be told from here."""
        if self.machine != socket.gethostname():
            return True
        kernel, _, namespace = self.boot_id.partition(".")
        here_kernel, _, here_namespace = boot_id().partition(".")
        if kernel != here_kernel:
            return False
        if namespace != here_namespace:
            return True
        now = started(self.pid)
        return _hidden(self.pid) if now is None else now == self.pid_started


def new_run_id() -> str:
    """`YYYYMMDD-HHMMSS-xxxxxx`, in UTC, so that runs sort by their time."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def is_run_id(text: str) -> bool:
    """Whether the text has the form of a run id."""
    return _RUN_ID.fullmatch(text) is not None


def begun_at(run_id: str) -> datetime:
    """When the run was named, from its id."""
    return datetime.strptime(run_id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)


def work_parent() -> Path:
    """The folder in which the work folders of all runs lie: DRILL_WORK, TMPDIR, or /var/tmp."""
    named = os.environ.get("DRILL_WORK") or os.environ.get("TMPDIR") or "/var/tmp"  # noqa: S108 - what is in it is private
    return Path(named).resolve()  # as the kernel tells the working folders of processes


def work_folder(run_id: str, parent: Path | None = None) -> Path:
    """Where the embedded sites of a run live; not made here."""
    return (parent or work_parent()) / f"{FOLDER_PREFIX}{run_id}"


def doors_parent() -> Path:
    """The private folder of this user in which every drill that stands still tells people the way in."""
    from platformdirs import user_state_path

    return user_state_path("drill") / "doors"


def doors_folder(run_id: str) -> Path:
    """Where a run does; not made here."""
    return doors_parent() / f"{FOLDER_PREFIX}{run_id}"


def mark_of(run_id: str) -> Mark:
    """The mark that this process gives to what it starts for the run."""
    own = os.getpid()
    return Mark(run_id, own, started(own) or "", boot_id(), socket.gethostname())


def write_mark(folder: Path, mark: Mark | None = None) -> Mark:
    """Put the mark at the top of a work folder, which must exist and be named after its run; returns the mark."""
    mark = mark or mark_of(folder.name.removeprefix(FOLDER_PREFIX))
    descriptor = os.open(folder / MARK_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(mark), file)
    return mark


def read_mark(folder: Path) -> Mark | None:
    """The mark of a work folder; None unless folder, name, owner and mark agree, so that it surely is a drill's."""
    run_id = folder.name.removeprefix(FOLDER_PREFIX)
    if not folder.name.startswith(FOLDER_PREFIX) or not is_run_id(run_id):
        return None
    try:
        top, file = folder.lstat(), (folder / MARK_FILE).lstat()
        ours = stat.S_ISDIR(top.st_mode) and stat.S_ISREG(file.st_mode) and {top.st_uid, file.st_uid} == {os.getuid()}
        mark = Mark(**json.loads((folder / MARK_FILE).read_text(encoding="utf-8"))) if ours else None
    except (OSError, ValueError, TypeError):
        return None
    return mark if mark is not None and mark.run_id == run_id else None


def boot_id() -> str:
    """Names this start of this machine, and where Linux has them its process namespace: pids mean nothing outside."""
    try:
        kernel = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{kernel}.{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        import psutil

        return f"{psutil.boot_time():.0f}.0"


def started(pid: int) -> str | None:
    """When a process was started, in a form that does not move with the wall clock; None when there is none."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return None


def _hidden(pid: int) -> bool:
    """Whether there is such a process, though /proc shows only one's own."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        pass
    return False
