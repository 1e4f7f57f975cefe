"""Waiting for a server, for as long as it lives: one that has ended will not do later what it has not done yet."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from drill.clock import wait_until
from drill.errors import NotInTime, StepFailed

if TYPE_CHECKING:
    from drill.hosts import Host
    from drill.sites.site import Site

TAIL = 10  # lines of a log that are told
_GRACE = 3.0  # seconds from a start until a process of the server must have been seen
_CUT = re.compile("server closed the connection unexpectedly|connection to server was lost")
_A_MOMENT = 1.0  # seconds until a server has written why a part of it is gone
_LAST_RESTART = 30  # lines of its log, which also tell why it started anew
_PART_GONE = re.compile(r"was terminated by signal|exited with exit code")
_DYING = re.compile(r"\[\d+\] (?:FATAL|PANIC):  (.*)")  # of the server itself: a session's line names its user first


class _Ended(Exception):
    """Out of a wait: no process of the server is left."""


def serves(host: Host) -> bool:
    """Whether a PostgreSQL server runs there, whatever else does."""
    return any(line.split()[1:] == ["postgres"] for line in host.running())


def wait_for(site: Site, what: str, ask: Callable[[], bool], deadline: float) -> None:
    """As `wait_until`; StepFailed with the server's last words, and at once, when its processes are gone."""
    seen, began = False, time.monotonic()

    def look() -> bool:
        nonlocal seen
        try:
            return ask()
        except StepFailed:
            here = serves(site.host)
            if not here and (seen or time.monotonic() - began > _GRACE):
                raise _Ended from None
            seen = seen or here
            raise

    try:
        wait_until(f"{site.name}: {what}", look, deadline=deadline, hint=lambda: f"its log ends: {site.log_tail()}")
    except _Ended:
        raise site.failed(f"{what}: the server has ended: {_last_words(site)}") from None


def _last_words(site: Site) -> str:
    """Why, as its log tells it, beginning with its last start."""
    log = site.host.read(site.log)
    found = _DYING.findall(log[log.rfind("starting PostgreSQL") :])
    return found[-1] if found else "its log does not say why"


def heard_out(site: Site, says: str) -> list[str]:
    """The last lines of its log. Who was cut off is told why only a moment later, by a server that lives on."""

    def told() -> bool:
        return any(map(_PART_GONE.search, site.log_lines(_LAST_RESTART))) or not serves(site.host)

    if _CUT.search(says):
        with suppress(NotInTime):
            wait_until("its server says why", told, deadline=_A_MOMENT, hint=site.log_tail)
    return site.log_lines(_LAST_RESTART)
