"""The users that an embedded drill's two sites run as when it is started by root, which PostgreSQL refuses."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drill.errors import CannotRun


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int


def account(site: str) -> Account:
    """Who a site runs as: its own account when root drills (made at first need), else whoever drills."""
    if os.getuid() != 0:
        return _found(os.getuid())
    name = f"drill-{site}"
    try:
        return _named(name)
    except KeyError:
        _create(name)
    return _named(name)


def _named(name: str) -> Account:
    entry = pwd.getpwnam(name)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _found(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as unknown:
        raise CannotRun(
            f"the user with number {uid} has no name on this machine, and initdb needs one",
            hint="add an entry for it to /etc/passwd, or drill as another user",
        ) from unknown
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _create(name: str) -> None:
    """A system account that nobody can log in to. It stays, as the machine's own, for the next drill."""
    useradd = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    hint = "drill as an ordinary user, or create the accounts drill-home and drill-embassy"
    if useradd is None:
        raise CannotRun(f"PostgreSQL does not run as root, and useradd is missing to create {name}", hint=hint)
    options = [
        "--system",
        "--user-group",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
    ]
    made = subprocess.run([useradd, *options, name], capture_output=True, text=True, timeout=60, check=False)
    if made.returncode not in (0, 9):  # 9: another drill was faster
        raise CannotRun(f"cannot create the account {name}: {made.stderr.strip()}", hint=hint)


def can_read(account: Account, path: Path) -> bool:
    """Whether that user can open the file or list the folder, tried as that user."""
    test = 'if [ -d "$1" ]; then ls "$1"; else : < "$1"; fi'
    return run_as(account, ["/bin/sh", "-c", test, "sh", str(path)]).returncode == 0


def run_as(account: Account, argv: list[str]) -> subprocess.CompletedProcess[str]:
    """A short program as that user, its output captured."""
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, cwd="/", **identity(account))


def identity(account: Account) -> dict[str, Any]:
    """The arguments of subprocess that make a child that user; none where it already is."""
    if os.getuid() != 0:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}
