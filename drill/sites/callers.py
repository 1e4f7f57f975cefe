"""Two people at the citizens' end of the cable, who listen for a sign of life: one was there before, one is new."""

from __future__ import annotations

import select
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from drill.errors import StepFailed
from drill.sites.site import WATCH, Site

_CALM = 10  # seconds for a session to be opened while the site is well
_CALL = 1.0  # seconds in which a call goes through, or is not heard at all
_MAY_I = struct.pack("!ii", 8, 80877103)  # the protocol's question for encryption: a server answers with one letter


@dataclass(frozen=True)
class Callers:
    """One is in a session as the watch's role; the other comes when they ask."""

    site: Site
    session: psycopg.Connection[Any]

    @contextmanager
    def asking(self) -> Iterator[Callable[[float], str]]:
        """Both ask now. Yields a question: who was answered within so many seconds, or empty for nobody.

        An end of the connection is an answer too.
        """
        try:
            self.session.pgconn.send_query(b"select 1")
            self.session.pgconn.flush()
        except psycopg.Error as ended:
            raise StepFailed(f"the open session has ended: {ended}", hint="who ended it?") from ended
        waiting = {self.session.fileno(): "an open session"}
        try:
            new = self.site.reached_from("citizens").reach(_CALL)
        except TimeoutError:  # so full of callers, or so silent, that not even the call went through
            yield lambda within: _answered(waiting, within)
            return
        except OSError as refused:
            raise StepFailed(f"a new caller was refused: {refused}", hint="who refuses there?") from refused
        with new:
            new.sendall(_MAY_I)
            waiting[new.fileno()] = "a new caller"
            yield lambda within: _answered(waiting, within)


def _answered(waiting: dict[int, str], within: float) -> str:
    readable, _, _ = select.select(list(waiting), [], [], within)
    return " and ".join(waiting[each] for each in readable)


def open_session(site: Site, place: str, patience: int) -> psycopg.Connection[Any]:
    """One as the watch's role, over the cable from that place; psycopg.Error where there is none in so many seconds."""
    at = site.reached_from(place)
    return psycopg.connect(
        host=at.host,
        port=at.port,
        dbname="postgres",
        user=WATCH,
        password=site.keys.password(WATCH),
        connect_timeout=patience,
        autocommit=True,
        sslmode="disable",
        gssencmode="disable",
    )


@contextmanager
def in_session(site: Site) -> Iterator[Callers]:
    """While the site is well: StepFailed when it does not take the session."""
    try:
        session = open_session(site, "citizens", _CALM)
    except psycopg.Error as refused:
        raise site.failed(f"no session can be opened over the cable: {refused}", refused) from refused
    with closing(session):
        yield Callers(site, session)
