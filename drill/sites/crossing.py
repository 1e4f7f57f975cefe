"""The way from the embassy to home, measured over the line that every copy takes: a session there and back."""

from __future__ import annotations

import statistics
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from drill.link import Link
from drill.sites.callers import open_session

if TYPE_CHECKING:
    from drill.sites.site import Site

_TRIES = 7  # round trips, of which the median counts
_LASTING = 0.5  # seconds that what is sent should take
_LEAST, _MOST = 4 * 1024, 64 * 1024 * 1024  # bytes that are sent each way
_ROW = 256 * 1024  # bytes of one question, or of a row: a large message would be measured for its copies in memory
_PATIENCE = 30  # seconds for the session


@dataclass(frozen=True)
class Crossing:
    """Between the sites, as far apart as the link says."""

    link: Link

    @property
    def asked(self) -> dict[str, float | None]:
        """Seconds, and bits a second."""
        return self.link.facts

    def measure(self, home: Site, embassy: Site) -> dict[str, float | None]:
        """The same as it is: StepFailed where home cannot be asked. Takes a second, and some round trips."""
        try:
            with closing(open_session(home, embassy.name, _PATIENCE)) as session:
                return self._measured(session)
        except psycopg.Error as refused:
            raise home.failed(f"the way from the embassy cannot be measured: {refused}", refused) from refused

    def _measured(self, session: psycopg.Connection[Any]) -> dict[str, float | None]:
        rtt = statistics.median(_taken(lambda: session.execute("select 1")) for _ in range(_TRIES))
        rate = self.link.bandwidth
        if rate is None:
            return {"rtt_s": round(rtt, 6), "to_home_bit_s": None, "to_embassy_bit_s": None}
        size = _whole_rows(min(_MOST, max(_LEAST, rate / 8 * _LASTING)))
        there = _taken(lambda: _tell(session, size))
        back = _taken(lambda: _fetch(session, size))
        of_way = {"to_home_bit_s": there, "to_embassy_bit_s": back}
        return {
            "rtt_s": round(rtt, 6),
            **{way: round(size * 8 / max(took - rtt, 1e-9)) for way, took in of_way.items()},
        }


def _taken(step: Any) -> float:
    began = time.monotonic()
    step()
    return time.monotonic() - began


def _whole_rows(size: float) -> int:
    return int(size) if size < _ROW else int(size // _ROW) * _ROW


def _tell(session: psycopg.Connection[Any], size: int) -> None:
    """So many bytes in questions that do not wait for each other's answers."""
    row = bytes(min(_ROW, size))
    with session.pipeline():
        for _ in range(size // len(row)):
            session.execute("select octet_length(%b::bytea)", (row,))


def _fetch(session: psycopg.Connection[Any], size: int) -> None:
    """So many bytes in rows that nobody keeps."""
    row = min(_ROW, size)
    rows = "copy (select repeat('x', %s) from generate_series(1, %s)) to stdout"
    with session.cursor() as cursor, cursor.copy(rows, (row, size // row)) as copy:
        for _ in copy:
            pass
