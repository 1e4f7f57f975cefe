"""With what the log of a copy is damaged, and led astray."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from drill.sites.segments import SEGMENT
from tests.fix_home import stop_in_order
from tests.sabotage.copies import BANK, Copy
from tests.sabotage.damage import Act
from tests.sabotage.means import put
from tests.sabotage.restored import brought

Chosen = tuple[int, int]  # a timeline, and which of its segments


def segment(copy: Copy, chosen: Chosen) -> Path:
    return copy.segments(chosen[0])[chosen[1]]


def gone(*chosen: Chosen) -> Act:
    def done(copy: Copy) -> None:
        for path in [segment(copy, each) for each in chosen]:
            path.unlink()

    return done


def gone_from(chosen: Chosen) -> Act:
    """That one, and all later ones."""

    def done(copy: Copy) -> None:
        for path in copy.segments(chosen[0])[chosen[1] :]:
            path.unlink()

    return done


def in_segment(chosen: Chosen, change: Callable[[bytes], bytes]) -> Act:
    return lambda copy: put(segment(copy, chosen), change(segment(copy, chosen).read_bytes()))


def bit(at: int) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]


def part(length: int) -> Callable[[bytes], bytes]:
    """As a segment is that was still being received, under the name of a whole one."""
    return lambda whole: whole[:length] + bytes(SEGMENT - length)


def aimed(point: str) -> Act:
    """Replayed up to there; `{lsn}` is a place far behind all of the log."""

    def done(copy: Copy) -> None:
        copy.aim = point

    return done


@contextmanager
def on_trial(copy: Copy, until: Mapping[str, str]) -> Iterator[psycopg.Connection[Any]]:
    """A server of the copy, replayed and promoted, that archives what it writes beside what was there."""
    site, data = copy.vault.scratch, copy.vault.scratch.host.disk / "trial"
    wal = site.host.disk / "trial-wal"
    assert copy.wal is not None
    brought(copy, data)
    site.host.bring(copy.wal, wal)
    site.host.write(data / "recovery.signal", "")
    fetch = {"restore_command": "cp ../trial-wal/%f %p", "recovery_target_action": "promote", **until}
    push = {"archive_mode": "on", "archive_command": "cp %p ../trial-wal/%f"}
    quick = {"fsync": "off", "autovacuum": "off", "hot_standby": "off"}
    site.start(data, {**quick, **fetch, **push}, cluster_of="home")
    try:
        with site.console(BANK) as console:
            yield console
            console.execute("select pg_switch_wal()")
    finally:
        stop_in_order(site)
    shutil.rmtree(copy.wal)
    shutil.copytree(str(wal), copy.wal)
    site.host.run(["rm", "-rf", str(data), str(wal)], deadline=60)
