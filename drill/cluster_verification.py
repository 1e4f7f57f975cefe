"""Bringing up a physical copy of a server in a sandbox, and holding it against the server's seal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import LiteralString

from drill.cluster_findings import (
    NO_LOG,
    RESTORED,
    WHOLE_LOG,
    Nonce,
    as_its_manifest_says,
    begins,
    freshness,
    honest,
    honest_inside,
    leads_elsewhere,
    of_copy,
    of_one_moment,
    of_the_sealed_server,
    on_timeline,
    replayed,
    unfinished_as_sealed,
    unread,
    unreadable,
)
from drill.clusters import HIDING, LABEL, Cluster
from drill.digest import Digest
from drill.errors import StepFailed, Unloadable
from drill.evidence import Holdings, Seal
from drill.hosts import Premises
from drill.hosts.scratch import scratch
from drill.looking import Looking, absent, doubted, of_databases
from drill.moment import Doubts, Layout, doubts, since_when
from drill.packed_backup import PackedBackup
from drill.probes.survey import DATABASES
from drill.seals import Sealed
from drill.sites.aim import Aim
from drill.sites.control import Control
from drill.sites.marks import MESSAGE, holds
from drill.sites.physical import Arrival, Physical
from drill.sites.site import Site
from drill.sites.trail import Way, further_back, trail
from drill.sites.wal import Record, Wal, lsn_of, place_of
from drill.unlogged import UNLOGGED, unlogged, wholly_unlogged
from drill.verdict import Finding, Verdict
from drill.verified import Verified

_HIDING_INSIDE: LiteralString = """
select concat_ws(' in ', coalesce(r.rolname, 'all roles'), d.datname), x
from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase
cross join unnest(s.setconfig) x where x ~* %s order by 1, 2
"""


@dataclass(frozen=True)
class ClusterVerification:
    """What is to be verified, up to where, against what, where."""

    copy: Cluster | PackedBackup
    aim: Aim
    sealed: Sealed | None
    premises: Premises
    expect_after: datetime | None = None
    jobs: int = 2
    allowed: frozenset[str] = frozenset()

    def run(self, tell: Callable[[str], None]) -> Verified:
        """Bring up, look, judge. What the copy cannot do is a finding; what this machine cannot do is an error."""
        looking = Looking(self.sealed, self.premises, self.jobs)
        with ExitStack() as opened:
            cluster, broken = self._unpacked(opened, tell)

            def find(site: Site) -> Iterator[Finding]:
                yield from broken
                yield from self._found(cluster, site, tell) if cluster else self._nothing()

            return looking.judged(self.copy, find, tuple(_unchecked(cluster, self.sealed)))

    def _unpacked(self, opened: ExitStack, tell: Callable[[str], None]) -> tuple[Cluster | None, list[Finding]]:
        """As a folder; none, and why, where it is damaged."""
        if isinstance(self.copy, Cluster) and not self.copy.packed_log:
            return self.copy, []
        tell("unpacking it")
        try:
            folder = opened.enter_context(scratch())
            cluster = self.copy if isinstance(self.copy, Cluster) else self.copy.unpack(folder)
            return cluster.with_log_unpacked(folder), []
        except Unloadable as broken:
            return None, [of_copy("restored", Verdict.MISSED, RESTORED, f"{broken}; {broken.hint}")]

    def _nothing(self) -> Iterator[Finding]:
        """What is known of the databases of a copy that cannot be brought up."""
        yield from of_databases(self.sealed.databases if self.sealed else {}, {})

    def _found(self, cluster: Cluster, site: Site, tell: Callable[[str], None]) -> Iterator[Finding]:
        major, ours = cluster.major, self.premises.postgres.partition(".")[0]
        if major != ours:
            says = f"it is of PostgreSQL {major}, and the sandbox of {ours}: name the right programs with --pg-bin"
            yield of_copy("restored", Verdict.UNKNOWN, RESTORED, says)
            return
        tell("copying it into the sandbox")
        physical = Physical(cluster, self.aim, site)
        physical.bring()
        try:
            control = Control.read(site, physical.data)
        except StepFailed as damaged:
            yield unreadable("restored", RESTORED, damaged)
            return
        yield from self._of_the_files(physical, control)
        with ExitStack() as opened:
            yield from self._brought_up(physical, control, opened, tell)

    def _of_the_files(self, physical: Physical, control: Control) -> Iterator[Finding]:
        """As they lie in the sandbox, before a server has touched them."""
        cluster = physical.cluster
        if cluster.manifested:
            yield as_its_manifest_says(physical.against_its_manifest())
        if self.sealed is not None:
            yield of_the_sealed_server(control, self.sealed)
        yield honest(cluster.hiding, cluster.unread)
        yield of_one_moment(control, labelled=cluster.labelled)

    def _brought_up(
        self, physical: Physical, control: Control, opened: ExitStack, tell: Callable[[str], None]
    ) -> Iterator[Finding]:
        log: tuple[Way, Wal] | None = None
        start = begins(physical.site.host.read(physical.data / LABEL), control)
        try:
            log = opened.enter_context(trail(physical, start, control.segment))
            end, abroad = lsn_of(log[1].last.end), leads_elsewhere(_spaces(log[1], start[1]), self.aim)
            yield of_copy("log", Verdict.MET, WHOLE_LOG, f"whole up to {end}")
        except StepFailed as damaged:
            log = abroad = None
            yield unreadable("log", WHOLE_LOG, damaged)
        if self.sealed is not None and (nonce := Nonce.of(self.sealed)) is not None:
            yield nonce.judged(NO_LOG if log is None else _holds(physical, log, nonce), start)
        if abroad is not None:
            yield abroad
            yield from self._nothing()
            return
        tell("replaying")
        try:
            arrival = physical.start(control)
        except Unloadable as refused:
            verdict = Verdict.UNKNOWN if refused.lacking else Verdict.MISSED
            yield of_copy("restored", verdict, RESTORED, str(refused))
            yield from self._nothing()
            return
        yield of_copy("restored", Verdict.MET, RESTORED, "brought up, and it takes writes")
        yield from self._reached(arrival, control, log)
        if log is not None:
            log = self._back_to_the_seal(physical, log, opened)
        yield from self._inside(physical.site, (arrival, control, log), tell)

    def _back_to_the_seal(self, physical: Physical, log: tuple[Way, Wal], opened: ExitStack) -> tuple[Way, Wal]:
        """The log from the seal on, where the copy needs less of it and there is more; else as it is."""
        way, wal = log
        if self.sealed is None or self.sealed.timeline != way.timeline:
            return log
        since = (way.timeline, place_of(since_when(self.sealed).lsn))
        if since[1] >= wal.segments[0] * wal.segment:
            return log
        try:
            return way, opened.enter_context(further_back(physical, wal, since))
        except StepFailed:  # then nothing tells what was written, which is said of each thing that differs
            return log

    def _reached(self, arrival: Arrival, control: Control, log: tuple[Way, Wal] | None) -> Iterator[Finding]:
        if log is not None and self.aim.latest:
            yield replayed(arrival, control, log[1].last)
        if log is not None and self.sealed is not None:
            yield on_timeline(arrival, control, log[0], self.sealed)
        if self.expect_after is not None:
            yield freshness(arrival, control, self.expect_after)

    def _inside(
        self, site: Site, came: tuple[Arrival, Control, tuple[Way, Wal] | None], tell: Callable[[str], None]
    ) -> Iterator[Finding]:
        there = [str(name) for (name,) in site.ask(DATABASES, database="template1")]
        sealed, loose = None, Doubts()
        if self.sealed is not None:
            layouts = {name: layout for name in there if (layout := Layout.of(site, name)) is not None}
            sealed = _with_views(self.sealed)
            loose = doubts(sealed, *came, layouts)
            sealed = _loosened(sealed, loose)
        if (left := unfinished_as_sealed(self.sealed, came[0], loose.unfinished)) is not None:
            yield left
        looking = Looking(sealed, self.premises, self.jobs, physical=True)
        expected, holdings = dict(looking.expected(there)), dict[str, Holdings]()
        for name in sorted(expected.keys() & set(there)):
            tell(f"looking at {name}")
            try:
                holdings[name] = looking.at(name, site)
            except StepFailed as broken:
                yield unread(name, broken)
                continue
            if UNLOGGED in self.allowed and sealed is not None:
                expected[name], empty = _without_unlogged(expected[name], holdings[name])
                yield from _accepted(name, empty)
        if (hidden := honest_inside(_hiding_inside(site))) is not None:
            yield hidden
        yield from absent(expected.keys() - set(there), RESTORED, "the copy has no such database", loose.shared)
        yield from of_databases(expected, holdings)
        for finding in looking.of_shared(site):
            yield doubted(finding, loose.shared)


def _spaces(wal: Wal, since: int) -> Iterator[Record]:
    """What the log says of tablespaces from that place on."""
    return wal.records(max(since, wal.segments[0] * wal.segment), ["Tablespace"])


def _holds(physical: Physical, log: tuple[Way, Wal], nonce: Nonce) -> bool | str:
    """Whether the log holds it; why that is not known where it does not cover the place, or cannot be read there."""
    way, wal = log
    if (why := nonce.out_of_reach(way, wal.last.end)) is not None:
        return why
    try:
        with further_back(physical, wal, nonce.begun) as longer:
            place = nonce.begun[1]
            since = place - place % longer.segment  # in another server's log no record need begin where the seal ended
            return nonce.cut_off(longer.last.end) or holds(longer.records(since, [MESSAGE], nonce.end), nonce.word)
    except StepFailed as damaged:
        return nonce.unread(damaged)


def _hiding_inside(site: Site) -> list[tuple[str, str]]:
    """What is set for a role or a database there, which every session of theirs would pass over damage by."""
    found = site.ask(_HIDING_INSIDE, (rf"^({'|'.join(HIDING)})=(on|true|yes|1|t|y)",), database="template1")
    return [(str(where), str(setting)) for where, setting in found]


def _with_views(sealed: Sealed) -> Sealed:
    return replace(sealed, databases={name: seal.with_views for name, seal in sealed.databases.items()})


def _loosened(sealed: Sealed, loose: Doubts) -> Sealed:
    """The seal, with what this copy need not hold as it is sealed marked as such."""
    known = sealed.loosened(None, sealed.major)
    databases = {name: replace(seal, loose={**seal.loose, **unlogged(seal)}) for name, seal in known.databases.items()}
    return loose.marked(replace(known, databases=databases))


def _without_unlogged(seal: Seal, held: Holdings) -> tuple[Seal, list[str]]:
    """What a recovered copy must hold: each unlogged table that is empty now is due to be; with their names."""
    empty = [
        table for table in sorted(wholly_unlogged(seal)) if held.tables.get(table) == Digest() != seal.tables[table]
    ]
    return replace(seal, tables={**seal.tables, **dict.fromkeys(empty, Digest())}), empty


def _accepted(name: str, empty: list[str]) -> Iterator[Finding]:
    if empty:
        actual = f"empty, as --allow {UNLOGGED} accepts: {', '.join(empty)}"
        says = f"Unlogged tables of {name} are {actual}."
        yield Finding("unlogged", name, Verdict.MET, "as after every recovery", actual, says)


def _unchecked(cluster: Cluster | None, sealed: Sealed | None) -> Iterator[str]:
    if cluster is not None and not cluster.manifested:
        yield "its files one by one: there is no backup_manifest"
    yield "its own configuration: the sandbox obeys none of it"
    yield "entries too many in hash and GIN indexes: nobody looks for them"
    if sealed is not None and sealed.prepared is None:
        yield "whether transactions that were prepared are all there: the seal does not tell of any, as of a standby"
