"""The write-ahead log in a folder of a host: how its segments are called, and what pg_waldump says of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from uuid import uuid4

from drill.log_pages import PAGE
from drill.sites.segments import SEGMENT, damaged, held_segments, segment_name

if TYPE_CHECKING:
    from drill.sites.site import Site

_HEADER, _FIRST_HEADER = 24, 40  # bytes at the start of a page, and of a segment
_AT_A_TIME = 20_000  # records that are held in memory
_DEADLINE = 3600.0  # seconds for one look at the log

LSN = re.compile(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}")
_RECORD = re.compile(
    r"rmgr: (\w+) +len \(rec/tot\): *\d+/ *(\d+), tx: *(\d+), lsn: ([0-9A-F/]+), prev [0-9A-F/]+, desc: (.*)"
)
_ENDING = re.compile(r"(COMMIT|ABORT)(?:_PREPARED (\d+):)? ([^;]+)")
_GONE = re.compile(r"rels: ([^;]+)")
_STOPPED = re.compile(r"error in WAL record at ([0-9A-F]+/[0-9A-F]+): (.*)")

# Complete segments and one that is still being received, side by side under the names that pg_waldump knows; `cp` is
# told twice because the receiver may rename the last one meanwhile. Behind the last that is wanted one may lie that is
# blank: pg_waldump learns the size of segments from any.
_LAY_OUT = """
mkdir "$2" && cd "$2" && { cp -lf "$1"/* . 2>/dev/null || cp -lf "$1"/* . ; } || exit 1
for part in *.partial; do
  test -e "$part" || continue
  if test -e "${part%.partial}"; then rm -f "$part"; else mv "$part" "${part%.partial}"; fi
done
behind=
for each in *; do
  test -z "$behind" || rm -f "$each"
  test "$each" != "$3" || behind=yes
done
"""
# How large a file is in which anything but zeros stands: before it is written there is room for all of its segment.
_WRITTEN = r"""test "$(tr -d '\0' <"$1" | head -c 1 | wc -c)" -gt 0 && stat -c %s "$1"; true"""
_ALL = '"$@" 2>errors; cat errors'
_LAST = '"$@" 2>errors | tail -n "$most"; cat errors'
# Page by page, as long as anything but zeros is left in the segment: behind what was received there is nothing else.
_ANYWHERE = r"""
left() { tail -c "+$((at % size + 1))" "$file" | tr -d '\0' | head -c 1 | wc -c; }
while test "$at" -lt "$end" && test "$(left)" -gt 0; do
  "$@" -n 1 -s "$(printf '%X/%X' $((at >> 32)) $((at & 0xFFFFFFFF)))" 2>errors && exit
  at=$((at + page))
done
true
"""


# number of a segment -> places of those of its pages that belong there
Pages = Callable[[int], Iterable[int]]


def place_of(lsn: str) -> int:
    """0/5000028 or 0/05000028 -> bytes from the beginning of the log; ValueError for all else."""
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def lsn_of(place: int) -> str:
    """As PostgreSQL writes it."""
    return f"{place >> 32:X}/{place & 0xFFFFFFFF:X}"


def end_of(start: int, length: int, segment: int = SEGMENT) -> int:
    """Where a record of so many bytes ends that starts there: as PostgreSQL tells it, page headers stepped over."""
    here, left = start, (length + 7) // 8 * 8
    while left > (room := PAGE - here % PAGE):
        here, left = here + room, left - room
        here += _FIRST_HEADER if here % segment == 0 else _HEADER
    return here + left


@dataclass(frozen=True, slots=True)
class Record:
    """One record as pg_waldump shows it."""

    kind: str  # its resource manager: Heap, Transaction, ...
    transaction: int  # 0 for none
    start: int
    end: int
    says: str

    @property
    def gone(self) -> list[str]:
        """Of a commit: the paths of the files of tables that it dropped, emptied or rewrote."""
        found = _GONE.search(self.says)
        return found[1].split() if found else []


def record_of(line: str, segment: int = SEGMENT) -> Record | None:
    """One line of pg_waldump; None for a line that is no record."""
    found = _RECORD.match(line)
    if found is None:
        return None
    kind, length, transaction, lsn, says = found.groups()
    start = place_of(lsn)
    end = end_of(start, int(length), segment)
    if kind == "XLOG" and says.startswith("SWITCH"):
        end = -(-end // segment) * segment  # the rest of its segment is left empty
    return Record(kind, int(transaction), start, end, says)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a transaction ended, also one that was prepared before."""

    transaction: int
    committed: bool
    at: datetime  # by home's clock
    prepared: bool = False  # before


def ending_of(record: Record) -> Ending | None:
    """COMMIT 2026-11-24 04:49:44.420235 UTC; ABORT_PREPARED 875: 2026-...: its time; None for all other records."""
    if record.kind != "Transaction" or (found := _ENDING.match(record.says)) is None:
        return None
    verb, prepared, said = found.groups()
    at = datetime.strptime(said, "%Y-%m-%d %H:%M:%S.%f UTC").replace(tzinfo=UTC)
    return Ending(int(prepared or record.transaction), verb == "COMMIT", at, prepared is not None)


def prepares(record: Record) -> bool:
    """Whether a transaction was prepared by it."""
    return record.kind == "Transaction" and record.says.startswith("PREPARE ")


def complaint_in(said: Sequence[str]) -> str:
    """The first line in which pg_waldump complains, that of PostgreSQL 14 as fatal; nothing where it read all."""
    return next((line for line in said if line.startswith(("pg_waldump: error: ", "pg_waldump: fatal: "))), "")


def _files(site: Site, folder: PurePosixPath) -> dict[str, int]:
    """By name: the bytes. A segment for which the receiver is just making room holds nothing yet, and is left out."""
    listed = site.host.run(["ls", "-ln", str(folder)], deadline=30).splitlines()[1:]
    files = {row.split()[-1]: int(row.split()[4]) for row in listed}
    for name in [name for name in files if name.endswith(".partial")]:
        written = site.host.run(["/bin/sh", "-c", _WRITTEN, "sh", str(folder / name)], deadline=30)
        if written:
            files[name] = int(written)
        else:
            del files[name]
    return files


@dataclass(frozen=True)
class Wal:
    """The log that lies in a folder of a site's host: one timeline, without a hole, laid out to be read."""

    site: Site
    timeline: int
    segments: range
    scratch: PurePosixPath
    segment: int = SEGMENT  # bytes
    pages: Pages | None = None

    @classmethod
    @contextmanager
    def opened(
        cls,
        site: Site,
        folder: PurePosixPath,
        since: tuple[int, int],
        *,
        segment: int = SEGMENT,
        pages: Pages | None = None,
    ) -> Iterator[Wal]:
        """Look at the names from a timeline and a place on, then lay the segments out. StepFailed: damage.

        Undone, only what was laid out is gone.
        """
        timeline, _ = since
        segments = held_segments(_files(site, folder), *since, segment)
        scratch, last = folder.with_name(f"scratch-{uuid4().hex}"), segment_name(timeline, segments[-1], segment)
        try:
            site.host.run(["/bin/sh", "-c", _LAY_OUT, "sh", str(folder), str(scratch), last], deadline=120)
            yield cls(site, timeline, segments, scratch, segment, pages)
        finally:
            site.host.run(["rm", "-rf", str(scratch)], deadline=120)

    @cached_property
    def last(self) -> Record:
        """The last complete record. StepFailed when there is none, or when more follows behind what cannot be read."""
        record, complaint = self._last_seen()
        while (further := self._behind(record)) is not None:
            again, complaint = self._last_seen()
            if again.start < further.start:  # else it was only received meanwhile
                why = stopped[2] if (stopped := _STOPPED.search(complaint)) else complaint
                goes_on = f"and goes on at {lsn_of(further.start)}"
                raise damaged(f"it cannot be read at {lsn_of(again.end)} ({why}), {goes_on}")
            record = again
        return record

    def _last_seen(self) -> tuple[Record, str]:
        """With what pg_waldump complained of behind it: a home lost in the middle of a record leaves a part of one."""
        said: list[str] = []
        for number in reversed(self.segments):
            said = self._dumped(_LAST, number * self.segment, env={"most": "1"}).splitlines()
            if (record := self._record(said[0]) if said else None) is not None:
                return record, complaint_in(said)
        raise damaged(f"no complete record can be read in it: {complaint_in(said)}")

    def _behind(self, last: Record) -> Record | None:
        """A record that can be read on a later page than the last."""
        page, size = (last.end // PAGE + 1) * PAGE, self.segment
        for number in range(page // self.segment, self.segments.stop):
            first = max(page, number * size)
            found = self._in(number, first) if self.pages is None else self._on(self.pages(number), first)
            if (record := next(filter(None, map(self._record, found)), None)) is not None:
                return record
        return None

    def _in(self, number: int, first: int) -> Iterator[str]:
        """What pg_waldump says of each page of a segment in turn."""
        within = {"at": first, "end": (number + 1) * self.segment, "size": self.segment, "page": PAGE}
        env = {name: str(each) for name, each in within.items()}
        yield from self._shell(
            _ANYWHERE, [], {**env, "file": segment_name(self.timeline, number, self.segment)}
        ).splitlines()

    def _on(self, pages: Iterable[int], first: int) -> Iterator[str]:
        """And of these, so far as they are not before the first."""
        for page in pages:
            if page >= first:
                yield from self._dumped(_LAST, page, "-n", "1", env={"most": "1"}).splitlines()

    def last_commit(self, least: int) -> datetime | None:
        """When its last transaction was committed; None with none since the place `least`."""
        for number in reversed(self.segments):
            begin = max(number * self.segment, least)
            said = self._dumped(_LAST, begin, "-r", "Transaction", env={"most": "1000"}).splitlines()
            endings = [ending_of(record) for record in map(self._record, said) if record]
            if commits := [ending.at for ending in endings if ending and ending.committed]:
                return commits[-1]
            if begin == least:
                return None
        return None

    def records(self, since: int, kinds: Sequence[str], until: int | None = None) -> Iterator[Record]:
        """Every record of these kinds that starts at `since` or later, and ends at `until` at the latest.

        Only some at a time are held. StepFailed where one before the last cannot be read.
        """
        wanted = [word for kind in kinds for word in ("-r", kind)]
        wanted += [] if until is None else ["-e", lsn_of(until)]
        seen = since - 1
        while True:
            said = self._dumped(_ALL, max(seen, since), "-n", str(_AT_A_TIME), *wanted).splitlines()
            found = [record for record in map(self._record, said) if record is not None]
            yield from (record for record in found if record.start > seen)
            if len(found) < _AT_A_TIME:
                self._prove_read_to_the_end(complaint_in(said))
                return
            seen = found[-1].start

    def _prove_read_to_the_end(self, complaint: str) -> None:
        stopped = _STOPPED.search(complaint)
        if complaint and stopped is None:
            raise damaged(f"it cannot be read: {complaint}")
        if stopped is not None and place_of(stopped[1]) < self.last.start:
            raise damaged(f"it cannot be read behind {stopped[1]}: {stopped[2]}")

    def _record(self, line: str) -> Record | None:
        return record_of(line, self.segment)

    def _dumped(self, script: str, since: int, *more: str, env: Mapping[str, str] | None = None) -> str:
        return self._shell(script, ["-s", lsn_of(since), *more], env or {})

    def _shell(self, script: str, options: Sequence[str], env: Mapping[str, str]) -> str:
        """What pg_waldump says, and after that its complaint: that the log ends within a segment always is one.

        It is told where the last segment ends: for one more it would wait five seconds.
        """
        script = f'cd "$1" && shift || exit 1; {script}'
        whole = ["-p", ".", "-t", str(self.timeline), "-e", lsn_of(self.segments.stop * self.segment)]
        waldump = [self.site.program("pg_waldump"), *whole, *options]
        argv = ["/bin/sh", "-c", script, "sh", str(self.scratch), *waldump]
        return self.site.host.run(argv, deadline=_DEADLINE, env=env)
