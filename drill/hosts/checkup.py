"""Whether this machine can drill: each check looks at one thing, changes nothing, and knows the fix."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drill.errors import DrillError

_ROOM = 2 * 2**30  # bytes below which a drill over a large register may run out of disk
_SPARE = 2**30  # bytes of memory below which a usual drill may not begin
_FILES = 1024  # descriptors that the citizens' connections and the cable need at most in a usual drill
_WITH_PDF = "pip install 'drill[pdf]', and Pango (Debian: libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)"
_NO_LOOKUP = "see `drill doctor` again when it is mended"


@dataclass(frozen=True, slots=True)
class Check:
    """What one look at the machine gave."""

    name: str
    state: Literal["ok", "warn", "fail"]
    says: str
    fix: str = ""


def examine() -> list[Check]:
    """All checks, in the order in which a person would mend things; one that breaks is a failed one."""
    return [_looked(name, look) for name, look in _LOOKS.items()]


def _looked(name: str, look: Callable[[str], Check]) -> Check:
    try:
        return look(name)
    except DrillError as wrong:
        return Check(name, "fail", str(wrong), wrong.hint)
    except Exception as broken:  # noqa: BLE001 - the other checks are still worth knowing
        return Check(name, "fail", f"could not be looked at: {broken!r}", _NO_LOOKUP)


def _python(name: str) -> Check:
    if sys.platform not in ("linux", "darwin"):
        return Check(name, "fail", f"{sys.platform} is not supported", "drill on Linux or macOS")
    return Check(name, "ok", f"{'.'.join(map(str, sys.version_info[:3]))} on {sys.platform}")


def _programs(name: str) -> Check:
    from drill.hosts import binaries

    found = binaries.find()
    return Check(name, "ok", f"PostgreSQL {found.version} of {found.source}")


def _user(name: str) -> Check:
    from drill.hosts.accounts import account

    if os.getuid() == 0:
        if shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin"):
            return Check(name, "ok", "root: each site gets an unprivileged account of its own")
        return Check(name, "fail", "root, and no useradd to make accounts with", "drill as an ordinary user")
    return Check(name, "ok", f"{account('home').name}: both sites run as this user")


def _work(name: str) -> Check:
    from drill.hosts.mark import work_parent

    folder = work_parent()
    fix = "set DRILL_WORK to a folder on a disk with room"
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Check(name, "fail", f"{folder} cannot be written to", fix)
    free = shutil.disk_usage(folder).free
    says = f"{folder}: {free / 2**30:.1f} GiB free"
    return Check(name, "warn", says, fix) if free < _ROOM else Check(name, "ok", says)


def _memory(name: str) -> Check:
    from drill.hosts.limits import free_memory

    free, fix = free_memory(), f"see to it that {_SPARE / 2**30:.0f} GiB are free"
    if free is None:
        return Check(name, "warn", "the kernel does not say how much is left, so no drill looks first", fix)
    says = f"{free / 2**30:.1f} GiB available"
    return Check(name, "warn", says, fix) if free < _SPARE else Check(name, "ok", says)


def _loopback(name: str) -> Check:
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname(), timeout=5),
        ):
            return Check(name, "ok", "a connection to 127.0.0.1 works")
    except OSError as refused:
        return Check(name, "fail", f"no connection to 127.0.0.1: {refused}", "bring the interface lo up")


def _engine(name: str) -> Check:
    from drill.hosts import engine

    try:
        with closing(engine.connect(timeout=10)) as client:
            return Check(name, "ok", f"Docker {client.version()['Version']} on this machine")
    except DrillError as absent:
        return Check(name, "warn", f"{absent} (--on embedded works without)", absent.hint)


def _image(name: str) -> Check:
    from drill.hosts import engine, image

    try:
        with closing(engine.connect(timeout=10)) as client:
            known = image.images(client)
    except DrillError:
        return Check(name, "warn", "not looked for: no Docker engine of this machine", "see the engine above")
    present = [each.name for each in known if each.present]
    if present:
        return Check(name, "ok", f"{present[0]} is present")
    if len(known) > 1:
        return Check(name, "ok", f"none yet; {known[-1].name} is built at the first drill")
    return Check(name, "warn", "none, and none can be built", "docker pull postgres:18, or `drill image build`")


def _leftovers(name: str) -> Check:
    from drill.hosts import leftovers

    found = leftovers.find()
    if found:
        runs = ", ".join(sorted({each.run_id for each in found}))
        return Check(name, "warn", f"{len(found)} things of killed runs: {runs}", "drill clean")
    return Check(name, "ok", "none of killed runs")


def _clock(name: str) -> Check:
    """Durations come from the monotonic clock; a wall clock that is off only makes false labels."""
    year = time.gmtime().tm_year
    made = Path(__file__).stat().st_mtime
    if year < 2026 or time.time() + 86400 < made:
        return Check(name, "warn", f"it says {time.strftime('%Y-%m-%d %H:%M', time.gmtime())}", "set the clock (NTP)")
    if time.get_clock_info("monotonic").resolution > 1e-3:
        return Check(name, "warn", "the monotonic clock is coarser than a millisecond", "drill on another machine")
    return Check(name, "ok", f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, monotonic")


def _files(name: str) -> Check:
    import resource

    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != resource.RLIM_INFINITY and limit < _FILES:
        return Check(name, "warn", f"{limit} open files", f"ulimit -n {_FILES} (at most {most} here)")
    return Check(name, "ok", "no limit of open files" if limit == resource.RLIM_INFINITY else f"{limit} open files")


def _pdf(name: str) -> Check:
    try:
        import weasyprint
    except ImportError:
        return Check(name, "warn", "WeasyPrint is not installed (every other report works)", _WITH_PDF)
    except OSError as absent:
        return Check(name, "warn", f"WeasyPrint lacks a library of the system: {absent}", _WITH_PDF)
    return Check(name, "ok", f"WeasyPrint {weasyprint.__version__}")


_LOOKS: dict[str, Callable[[str], Check]] = {
    "python": _python,
    "postgresql": _programs,
    "user": _user,
    "work folder": _work,
    "memory": _memory,
    "loopback": _loopback,
    "docker engine": _engine,
    "docker image": _image,
    "leftovers": _leftovers,
    "clock": _clock,
    "open files": _files,
    "pdf reports": _pdf,
}
